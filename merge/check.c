/* check.c - checks every page of a file against its footer and its headers. */
#include "merge/check.h"

#include "lib/base/program.h"
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/plain.h"
#include "lib/parquet/statistics.h"
#include "merge/check_index.h"
#include "merge/check_order.h"
#include "merge/file.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PATH_BYTES = 512 };

/* ---- a chunk ---- */

/* The state of reading a chunk's pages. */
struct checker {
	const struct parquet_file *file;
	struct chunk_reader reader;
	struct index_check index;
	struct page_values values; /* of the page read last */
	struct statistics statistics, page_statistics;
	uint64_t rows, nulls;
	struct nest_error *error;
};

static bool
take_values(struct checker *checker)
{
	struct statistics *statistics = &checker->page_statistics;
	const struct page_values *values = &checker->values;
	statistics_clear(statistics);
	if (!page_values_take(&checker->values, &checker->reader, checker->error))
		return false;
	plain_look(values->values, values->count, schema_value_bytes(checker->reader.leaf), statistics);
	/* Values of a dictionary were taken only once. */
	if (statistics->nan_count > 0)
		statistics->nan_count = page_values_nans(values, statistics->order);
	return statistics_own(statistics, checker->error);
}

/* What a footer or a page's header, called WHERE, says about values, and the values. */
struct told {
	const char *where;
	const struct value_range *range;
	const struct statistics *statistics;
	uint64_t nulls;
};

/* Writers differ on nulls in lists: an empty list may or may not be one. */
static bool
check_range(const struct told *told, bool is_list, struct nest_error *error)
{
	const struct value_range *range = told->range;
	const struct statistics *statistics = told->statistics;
	bool is_low;
	if (range->has_null_count && !is_list && range->null_count != told->nulls)
		return nest_error_set(error, NEST_INVALID,
		    "the %s tells of %" PRIu64 " nulls, and there are %" PRIu64, told->where,
		    range->null_count, told->nulls);
	if (range->has_nan_count && range->nan_count != statistics->nan_count)
		return nest_error_set(error, NEST_INVALID,
		    "the %s tells of %" PRIu64 " NaNs, and there are %" PRIu64, told->where, range->nan_count,
		    statistics->nan_count);
	if (!statistics_holds(statistics, range, &is_low))
		return nest_error_set(error, NEST_INVALID, "the %s in the %s is %s than a value",
		    is_low ? "minimum" : "maximum", told->where, is_low ? "greater" : "less");
	return statistics_is_exact(statistics, range, &is_low) ||
	       nest_error_set(error, NEST_INVALID, "the %s in the %s is told to be a value, and is none",
		   is_low ? "minimum" : "maximum", told->where);
}

/* Checks the page's header, which has the same statistics as the footer has of the chunk. */
static bool
check_header(const struct checker *checker)
{
	const struct page_content *content = &checker->reader.content;
	const struct told told = {"header", &checker->reader.header.range, &checker->page_statistics,
	    content->entries - content->value_count};
	if (check_range(&told, checker->reader.leaf->max_rep > 0, checker->error))
		return true;
	return nest_error_prefix(checker->error, "page at byte %" PRIu64 ": ", checker->reader.page_at);
}

static bool
take_page(struct checker *checker)
{
	const struct page_content *content = &checker->reader.content;
	bool is_first = checker->rows == 0;
	if (is_first && content->rep.size > 0 && content->rep.data[0] != 0)
		return nest_error_set(checker->error, NEST_INVALID,
		    "page at byte %" PRIu64 ": a row begins within a list", checker->reader.page_at);
	checker->rows += content->rows;
	checker->nulls += content->entries - content->value_count;
	return take_values(checker) && check_header(checker) &&
	       index_check_page(&checker->index, &checker->reader, &checker->values,
		   &checker->page_statistics, checker->error) &&
	       statistics_merge(&checker->statistics, &checker->page_statistics, checker->error);
}

/* Checks the chunk after its last page. */
static bool
check_end(const struct checker *checker, const struct column_chunk *chunk)
{
	const struct told told = {"footer", &chunk->range, &checker->statistics, checker->nulls};
	return check_range(&told, checker->reader.leaf->max_rep > 0, checker->error) &&
	       index_check_end(&checker->index, checker->error);
}

static bool
check_pages(struct checker *checker, const struct row_group *group, const struct column_chunk *chunk)
{
	struct chunk_reader *reader = &checker->reader;
	bool found;
	checker->rows = checker->nulls = 0;
	while (chunk_reader_next(reader, &found, checker->error)) {
		if (found && program_interrupted())
			return program_interrupt_error(checker->error);
		if (found)
			index_check_count(&checker->index, reader);
		if (found && chunk_reader_is_data(reader) && !take_page(checker))
			return false;
		if (found)
			continue;
		if (checker->rows != group->num_rows)
			return nest_error_set(checker->error, NEST_INVALID,
			    "its pages have %" PRIu64 " rows, and its row group %" PRIu64, checker->rows,
			    group->num_rows);
		/* A chunk without entries need not be read. */
		if (chunk->num_values > 0 && reader->at != reader->end)
			return nest_error_set(checker->error, NEST_INVALID,
			    "its pages end at byte %" PRIu64 ", and its chunk at byte %" PRIu64, reader->at,
			    reader->end);
		return check_end(checker, chunk);
	}
	return false;
}

/* ---- a file ---- */

static bool
check_chunk(struct checker *checker, size_t group, uint32_t leaf)
{
	const struct file_metadata *metadata = &checker->file->metadata;
	const struct schema *schema = metadata->schema;
	const struct row_group *from = &metadata->row_groups[group];
	const struct schema_node *node = &schema->nodes[schema->leaves[leaf]];
	char path[PATH_BYTES];
	chunk_reader_open(&checker->reader, &checker->file->source, &from->columns[leaf], node);
	statistics_init(&checker->statistics, statistics_order(node));
	statistics_init(&checker->page_statistics, statistics_order(node));
	if (index_check_open(
		&checker->index, &checker->file->source, &from->columns[leaf], node, checker->error) &&
	    check_pages(checker, from, &from->columns[leaf]))
		return true;
	return checker->error->status == NEST_INVALID
	           ? nest_error_prefix(checker->error, "row group %zu, column %s: ", group,
			 schema_path(schema, schema->leaves[leaf], path, sizeof path))
	           : false;
}

/* Where a chunk's pages are. */
struct extent {
	uint64_t start, end;
};

static int
compare_extents(const void *left, const void *right)
{
	const struct extent *a = left, *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

static bool
check_overlaps(const struct file_metadata *metadata, struct nest_error *error)
{
	size_t count = 0, most = metadata->row_group_count * metadata->schema->leaf_count;
	struct extent *extents = calloc(most + 1, sizeof *extents);
	if (extents == NULL)
		return nest_error_memory(error, most * sizeof *extents, "the places of chunks");
	for (size_t i = 0; i < metadata->row_group_count; i++)
		for (uint32_t leaf = 0; leaf < metadata->schema->leaf_count; leaf++) {
			const struct column_chunk *chunk = &metadata->row_groups[i].columns[leaf];
			uint64_t start = column_chunk_start(chunk);
			if (chunk->total_compressed_bytes > 0)
				extents[count++] =
				    (struct extent){start, start + chunk->total_compressed_bytes};
		}
	qsort(extents, count, sizeof *extents, compare_extents);
	bool fine = true;
	for (size_t i = 1; i < count && fine; i++)
		if (extents[i].start < extents[i - 1].end)
			fine = nest_error_set(error, NEST_INVALID,
			    "two chunks overlap: one ends at byte %" PRIu64 ", another begins at %" PRIu64,
			    extents[i - 1].end, extents[i].start);
	free(extents);
	return fine;
}

/* Some writers say that a file has no rows, and mean that they did not count them. */
static bool
check_rows(const struct file_metadata *metadata, struct nest_error *error)
{
	return metadata->num_rows == 0 || metadata->num_rows == metadata->group_rows ||
	       nest_error_set(error, NEST_INVALID,
		   "the file tells of %" PRIu64 " rows, and its row groups of %" PRIu64, metadata->num_rows,
		   metadata->group_rows);
}

static bool
check_open(const struct parquet_file *file, struct nest_error *error)
{
	const struct file_metadata *metadata = &file->metadata;
	struct checker checker = {
	    .file = file, .reader.checks_crc = true, .reader.keeps_indices = true, .error = error};
	bool fine = check_rows(metadata, error) && check_overlaps(metadata, error);
	for (size_t i = 0; fine && i < metadata->row_group_count; i++) {
		for (uint32_t leaf = 0; fine && leaf < metadata->schema->leaf_count; leaf++)
			fine = check_chunk(&checker, i, leaf);
		fine = fine && check_order(&file->source, metadata, i, error);
	}
	chunk_reader_free(&checker.reader);
	index_check_free(&checker.index);
	page_values_free(&checker.values);
	statistics_free(&checker.statistics);
	statistics_free(&checker.page_statistics);
	return fine;
}

bool
check_file(const char *path, struct nest_error *error)
{
	struct parquet_file file;
	if (!parquet_file_open(&file, path, error))
		return false;
	bool fine = check_open(&file, error);
	parquet_file_close(&file);
	return fine || error->status != NEST_INVALID ? fine : nest_error_prefix(error, "%s: ", path);
}
