/* part.c - writes rows as row groups of a file. */
#include "encode/part.h"
#include "encode/footer.h"
#include "encode/sorting.h"
#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/parquet/levels.h"

#include <inttypes.h>
#include <stdlib.h>

const struct part_options PART_OPTIONS_DEFAULT = {
    .row_group_rows = 1 << 17,
    .row_group_bytes = 64 << 20,
    .page_rows = COLUMN_PAGE_ROWS,
    .page_bytes = COLUMN_PAGE_BYTES,
    .page_index = true,
    .dictionary = true,
    .dictionary_page_bytes = COLUMN_DICTIONARY_BYTES,
};

/* The place in a leaf of the slice that is being appended. */
struct progress {
	const uint8_t *rep, *def;
	uint64_t entries; /* left */
	uint64_t run_entries;
	struct plain_cursor cursor;
};

struct part {
	struct part *next; /* of the idle ones */
	struct part_pool *pool;
	struct part_position position;
	struct part_options options;
	struct schema schema;
	struct attempt attempt;
	uint64_t start; /* where the part begins in its file */
	struct leaf *leaves;
	struct column *columns;
	struct column_options *chosen;
	struct progress *progress;
	uint32_t column_capacity; /* of the four arrays */
	struct page_scratch scratch;
	struct buffer pieces; /* struct iovec */
	struct buffer blooms; /* of the row group that is written */
	uint64_t rows;        /* of closed row groups */
	uint64_t group_rows;  /* of the open one */
	struct footer footer;
	struct sorter sorter;
};

static void
destroy(struct part *part)
{
	for (uint32_t i = 0; i < part->column_capacity; i++)
		column_free(&part->columns[i]);
	free(part->leaves);
	free(part->columns);
	free(part->chosen);
	free(part->progress);
	attempt_free(&part->attempt);
	codec_free(&part->scratch.codec);
	buffer_free(&part->scratch.body);
	buffer_free(&part->scratch.lengths);
	buffer_free(&part->pieces);
	buffer_free(&part->blooms);
	footer_free(&part->footer);
	sorter_free(&part->sorter);
	free(part);
}

static void
give_back(struct part *part)
{
	schema_free(&part->schema);
	part->next = part->pool->idle;
	part->pool->idle = part;
}

void
part_pool_free(struct part_pool *pool)
{
	while (pool->idle != NULL) {
		struct part *part = pool->idle;
		pool->idle = part->next;
		destroy(part);
	}
}

static struct part *
take_idle(struct part_pool *pool)
{
	struct part *part = pool->idle;
	if (part == NULL)
		return calloc(1, sizeof *part);
	pool->idle = part->next;
	part->rows = part->group_rows = 0;
	return part;
}

static bool
reserve_columns(struct part *part, uint32_t count, struct nest_error *error)
{
	if (count <= part->column_capacity)
		return true;
	struct leaf *leaves = realloc(part->leaves, count * sizeof *leaves);
	if (leaves != NULL)
		part->leaves = leaves;
	struct progress *progress = realloc(part->progress, count * sizeof *progress);
	if (progress != NULL)
		part->progress = progress;
	struct column *columns = realloc(part->columns, count * sizeof *columns);
	if (columns != NULL)
		part->columns = columns;
	struct column_options *chosen = realloc(part->chosen, count * sizeof *chosen);
	if (chosen != NULL)
		part->chosen = chosen;
	if (leaves == NULL || progress == NULL || columns == NULL || chosen == NULL)
		return nest_error_memory(error, count * sizeof *columns, "columns");
	memset(columns + part->column_capacity, 0, (count - part->column_capacity) * sizeof *columns);
	part->column_capacity = count;
	return true;
}

/* The rules of a column: OPTIONS, and its OWN. */
static struct column_rules
rules_of(const struct part_options *options, const struct column_options *own)
{
	struct column_rules rules = {
	    .compression = options->compression,
	    .page_type = options->page_type,
	    .page_checksum = options->page_checksum,
	    .page_index = options->page_index,
	    .page_rows = options->page_rows,
	    .page_bytes = options->page_bytes,
	    .chunk_rows = options->row_group_rows,
	    .is_told = column_options_has(own, COLUMN_ENCODING),
	    .dictionary = options->dictionary,
	    .dictionary_bytes = options->dictionary_page_bytes,
	    .encoding = ENCODING_PLAIN,
	    .preset = options->preset,
	};
	if (column_options_has(own, COLUMN_COMPRESSION))
		rules.compression = own->compression;
	if (column_options_has(own, COLUMN_BLOOM))
		rules.bloom_rate = own->bloom_rate;
	if (rules.is_told)
		rules.dictionary = own->encoding == ENCODING_RLE_DICTIONARY;
	if (rules.is_told && !rules.dictionary)
		rules.encoding = own->encoding;
	return rules;
}

static bool
prepare(struct part *part, const struct schema *schema, const struct key_value *meta, size_t meta_count,
    struct nest_error *error)
{
	if (!schema_parse(
		&part->schema, (struct view){(const uint8_t *)schema->text, schema->text_size}, error) ||
	    !reserve_columns(part, part->schema.leaf_count, error) ||
	    !columns_options_choose(part->options.columns, &part->schema, part->chosen, error) ||
	    !sorter_begin(&part->sorter, part->options.sorting, &part->schema, error) ||
	    !footer_init(&part->footer, meta, meta_count, error))
		return false;
	slice_leaves(part->leaves, &part->schema);
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		const struct column_rules rules = rules_of(&part->options, &part->chosen[i]);
		const struct schema_node *leaf = &part->schema.nodes[part->schema.leaves[i]];
		if (!column_init(&part->columns[i], leaf, &rules, error))
			return false;
	}
	return true;
}

/* The part's own attempt, or the one that it is written into. */
static struct attempt *
attempt_of(struct part *part)
{
	struct attempt *bundle = part->position.bundle;
	return bundle != NULL ? bundle : &part->attempt;
}

static bool
write_pieces(struct part *part, const struct iovec *pieces, size_t count, struct nest_error *error)
{
	struct draft *draft = part->position.draft;
	return draft != NULL ? draft_write(draft, pieces, count, error)
	                     : attempt_write(attempt_of(part), pieces, count, error);
}

/* The bytes written so far. */
static uint64_t
written_bytes(struct part *part)
{
	const struct draft *draft = part->position.draft;
	return (draft != NULL ? draft_bytes(draft) : attempt_of(part)->size_bytes) - part->start;
}

static bool
create(struct part *part, const struct place *place, struct nest_error *error)
{
	if (part_has_file(&part->position) &&
	    !attempt_open(&part->attempt, place, part->position.number, error))
		return false;
	part->start = 0;
	part->start = written_bytes(part);
	char magic[] = "PAR1";
	if (write_pieces(part, &(struct iovec){magic, METADATA_MAGIC_BYTES}, 1, error))
		return true;
	attempt_abandon(&part->attempt);
	return false;
}

bool
part_open(struct part **out, struct part_pool *pool, const struct place *place,
    const struct part_position *position, const struct schema *schema, const struct key_value *meta,
    size_t meta_count, const struct part_options *options, struct nest_error *error)
{
	*out = NULL;
	if (position->number >= PART_NUMBER_LIMIT || position->first_row > INT64_MAX)
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 " at row %" PRIu64 " is out of range", position->number,
		    position->first_row);
	struct part *part = take_idle(pool);
	if (part == NULL)
		return nest_error_memory(error, sizeof *part, "a part");
	part->pool = pool;
	part->position = *position;
	part->options = *options;
	if (!prepare(part, schema, meta, meta_count, error) || !create(part, place, error)) {
		give_back(part);
		return false;
	}
	*out = part;
	return true;
}

const struct schema *
part_schema(const struct part *part)
{
	return &part->schema;
}

/* Closes all chunks of the open row group, and sets its sizes in GROUP. */
static bool
finish_columns(struct part *part, struct row_group *group, struct nest_error *error)
{
	buffer_clear(&part->pieces);
	buffer_clear(&part->blooms);
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		struct column *column = &part->columns[i];
		if (!column_finish(column, &part->scratch, error) ||
		    !chunk_pieces(&column->chunk, &part->pieces, error))
			return false;
		group->total_uncompressed_bytes += column->chunk.uncompressed_bytes;
		group->total_compressed_bytes += column->chunk.compressed_bytes;
	}
	return true;
}

/* Puts the filter of COLUMN, if it has one, after the others, which begin at byte START of the file. */
static bool
add_bloom(struct part *part, const struct column *column, uint64_t start, struct column_chunk *chunk,
    struct nest_error *error)
{
	size_t at = part->blooms.size;
	if (column->rules.bloom_rate == 0)
		return true;
	if (!bloom_encode(&part->blooms, &column->bloom, error))
		return false;
	chunk->bloom_offset = start + at;
	chunk->bloom_bytes = part->blooms.size - at;
	return true;
}

/* The filters follow the row group's pages. */
static bool
add_blooms_piece(struct part *part, struct nest_error *error)
{
	struct iovec piece = {part->blooms.data, part->blooms.size};
	return piece.iov_len == 0 || buffer_append(&part->pieces, &piece, sizeof piece, error);
}

/* Writes the open row group. */
static bool
close_group(struct part *part, struct nest_error *error)
{
	uint32_t count = part->schema.leaf_count;
	struct row_group group = {.num_rows = part->group_rows, .file_offset = written_bytes(part)};
	uint64_t offset = group.file_offset;
	if (part->group_rows == 0)
		return true;
	NEST_SCOPE("parquet_encode.group");
	if (!finish_columns(part, &group, error))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		struct column *column = &part->columns[i];
		struct column_chunk chunk = column_describe(column, offset);
		offset += chunk.total_compressed_bytes;
		if (!add_bloom(
			part, column, group.file_offset + group.total_compressed_bytes, &chunk, error) ||
		    !footer_add_chunk(&part->footer, chunk, &column->index, column->shape, error))
			return false;
	}
	if (!add_blooms_piece(part, error) || !footer_add_group(&part->footer, &group, error) ||
	    !write_pieces(part, (const struct iovec *)(const void *)part->pieces.data,
		part->pieces.size / sizeof(struct iovec), error))
		return false;
	for (uint32_t i = 0; i < count; i++)
		column_clear(&part->columns[i]);
	part->rows += part->group_rows;
	part->group_rows = 0;
	return true;
}

/* To be called at the end of a stride. */
static bool
decide(struct part *part, struct nest_error *error)
{
	uint64_t raw_bytes = 0;
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		if (!column_decide(&part->columns[i], &part->scratch, error))
			return false;
		raw_bytes += part->columns[i].raw_bytes;
	}
	if (part->group_rows < part->options.row_group_rows && raw_bytes < part->options.row_group_bytes)
		return true;
	return close_group(part, error);
}

/* The bytes, not encoded, that a leaf has left in the slice. */
static uint64_t
raw_bytes_left(const struct leaf *leaf, const struct progress *progress)
{
	uint64_t levels = (uint64_t)(leaf->max_rep > 0) + (uint64_t)(leaf->max_def > 0);
	return (uint64_t)(progress->cursor.end - progress->cursor.at) + levels * progress->entries;
}

/*
 * How many of ROWS rows can be appended at once: up to where there may be something
 * to decide, which is the end of this stride unless it is clear that there is
 * nothing before a later one.
 */
static uint64_t
run_rows(const struct part *part, uint64_t rows)
{
	const struct part_options *options = &part->options;
	uint64_t stride = PART_STRIDE - part->group_rows % PART_STRIDE;
	uint64_t strides = (options->row_group_rows + PART_STRIDE - 1) / PART_STRIDE;
	uint64_t most = (strides > 0 ? strides : 1) * PART_STRIDE - part->group_rows, raw_bytes = 0;
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		const struct column *column = &part->columns[i];
		uint64_t left = raw_bytes_left(&part->leaves[i], &part->progress[i]);
		uint64_t rows_left = column_rows_left(column);
		if (!column_is_free(column, left))
			most = stride;
		most = most < rows_left ? most : rows_left;
		raw_bytes += column->raw_bytes + left;
	}
	if (raw_bytes >= options->row_group_bytes)
		most = stride;
	return rows < most ? rows : most;
}

/* Finds where the next ROWS rows end in each leaf; leaves that repeat together end together. */
static void
find_entries(struct part *part, uint64_t rows, bool is_all)
{
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		const struct leaf *leaf = &part->leaves[i];
		struct progress *progress = &part->progress[i];
		if (is_all)
			progress->run_entries = progress->entries;
		else if (leaf->max_rep == 0)
			progress->run_entries = rows;
		else if (leaf->has_twin)
			progress->run_entries = part->progress[leaf->twin].run_entries;
		else
			progress->run_entries = levels_rows_end(progress->rep, progress->entries, rows);
	}
}

static bool
check_page(const struct part *part, uint32_t leaf, struct nest_error *error)
{
	const struct column *column = &part->columns[leaf];
	return column->page_raw_bytes <= PART_PAGE_LIMIT ||
	       nest_error_set(error, NEST_INVALID,
		   "column %s has %" PRIu64 " bytes in %" PRIu64 " rows, more than a page can hold",
		   part->leaves[leaf].path, column->page_raw_bytes, column->page_rows);
}

static bool
append_run(struct part *part, uint64_t rows, struct nest_error *error, uint32_t *failed)
{
	NEST_SCOPE("parquet_encode.append");
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		const struct leaf *leaf = &part->leaves[i];
		struct progress *progress = &part->progress[i];
		struct column_run run = {progress->rep, progress->def, rows, progress->run_entries, 0};
		run.value_count =
		    leaf->max_def == 0 ? run.entries : levels_count(run.def, run.entries, leaf->max_def);
		*failed = i;
		if (!column_append(&part->columns[i], &run, &progress->cursor, error) ||
		    !check_page(part, i, error))
			return false;
		progress->entries -= run.entries;
		progress->rep = leaf->max_rep > 0 ? progress->rep + run.entries : NULL;
		progress->def = leaf->max_def > 0 ? progress->def + run.entries : NULL;
	}
	part->group_rows += rows;
	return true;
}

/* Refuses a value that is not as it should be. */
static bool
refuse_value(const struct part *part, uint32_t leaf, uint64_t first_row, const struct leaf_slice *slice,
    struct nest_error *error)
{
	const struct plain_cursor *cursor = &part->progress[leaf].cursor;
	if (cursor->problem == NULL)
		return false;
	return nest_error_set(error, NEST_INVALID, "column %s, row %" PRIu64 ": %s", part->leaves[leaf].path,
	    first_row + slice_row_of_value(&part->leaves[leaf], slice, cursor->taken), cursor->problem);
}

static bool
check_ends(const struct part *part, uint64_t first_row, struct nest_error *error)
{
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		const struct plain_cursor *cursor = &part->progress[i].cursor;
		if (cursor->at != cursor->end)
			return nest_error_set(error, NEST_INVALID,
			    "column %s has %td bytes behind the last value of the slice at row %" PRIu64,
			    part->leaves[i].path, cursor->end - cursor->at, first_row);
	}
	return true;
}

bool
part_append(struct part *part, uint64_t rows, const struct leaf_slice *leaves, struct nest_error *error)
{
	uint64_t first_row = part->position.first_row + part->rows + part->group_rows, total = rows;
	if (rows > INT32_MAX || rows > INT64_MAX - first_row)
		return nest_error_set(error, NEST_INVALID, "a slice of %" PRIu64 " rows is too large", rows);
	if (!slice_check(part->leaves, part->schema.leaf_count, first_row, rows, leaves, error))
		return false;
	for (uint32_t i = 0; i < part->schema.leaf_count; i++) {
		static const uint8_t nothing[PLAIN_SLACK];
		const struct leaf_slice *leaf = &leaves[i];
		const uint8_t *values = leaf->value_bytes > 0 ? leaf->values : nothing;
		part->progress[i] = (struct progress){
		    leaf->rep, leaf->def, leaf->entries, 0, {values, values + leaf->value_bytes, 0, NULL}};
	}
	while (rows > 0) {
		uint32_t failed = 0;
		uint64_t run = run_rows(part, rows);
		find_entries(part, run, run == rows);
		if (!append_run(part, run, error, &failed)) {
			refuse_value(part, failed, first_row, &leaves[failed], error);
			return false;
		}
		if (part->group_rows % PART_STRIDE == 0 && !decide(part, error))
			return false;
		rows -= run;
	}
	return check_ends(part, first_row, error) &&
	       sorter_take(&part->sorter, part->leaves, leaves, first_row, total, error);
}

/* Ordinals of row groups have 16 bits; warns that later groups lack one, which encryption needs. */
static void
warn_of_ordinals(const struct part *part)
{
	size_t groups = part->footer.groups.size / sizeof(struct row_group);
	if (groups > INT16_MAX + 1)
		program_warn("part %" PRIu64
			     " has %zu row groups, and those from %d on have no ordinal; give "
			     "larger --row-group-rows or --row-group-bytes",
		    part->position.number, groups, INT16_MAX + 1);
}

static bool
write_footer(struct part *part, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.footer");
	warn_of_ordinals(part);
	part->footer.sorting = (struct view){part->sorter.columns.data, part->sorter.columns.size};
	if (!footer_encode(
		&part->footer, &part->schema, &part->position, part->rows, written_bytes(part), error))
		return false;
	struct iovec piece = {part->footer.bytes.data, part->footer.bytes.size};
	return write_pieces(part, &piece, 1, error);
}

bool
part_finish(struct part *part, uint64_t *rows, struct attempt_result *result, struct nest_error *error)
{
	if (!close_group(part, error) || !write_footer(part, error)) {
		part_abort(part);
		return false;
	}
	*rows = part->rows;
	bool fine = !part_has_file(&part->position) || attempt_complete(&part->attempt, result, error);
	give_back(part);
	return fine;
}

void
part_abort(struct part *part)
{
	if (part == NULL)
		return;
	attempt_abandon(&part->attempt);
	give_back(part);
}
