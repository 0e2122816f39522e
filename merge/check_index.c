/* check_index.c - indexes and filters must not make readers skip values that are there. */
#include "merge/check_index.h"

#include "lib/parquet/encoding.h"
#include "lib/parquet/plain.h"

#include <inttypes.h>

enum { BLOOM_HEADER_BYTES = 256 }; /* more than a header has */

void
index_check_free(struct index_check *check)
{
	buffer_free(&check->offsets);
	buffer_free(&check->bounds);
	page_index_free(&check->index);
	bloom_free(&check->bloom);
}

/* ---- reading ---- */

/* Fills OUT with the SIZE bytes at OFFSET, which are called WHAT. */
static bool
load(struct index_check *check, struct buffer *out, uint64_t offset, uint64_t size, const char *what,
    struct nest_error *error)
{
	const struct metadata_source *source = check->source;
	buffer_clear(out);
	if (offset > source->size_bytes || size > source->size_bytes - offset)
		return nest_error_set(error, NEST_INVALID,
		    "the %s, %" PRIu64 " bytes at byte %" PRIu64 ", lies outside the file", what, size,
		    offset);
	if (!buffer_reserve(out, (size_t)size + 1, error) ||
	    !source->read_at(source->context, out->data, (size_t)size, offset, error))
		return false;
	out->size = (size_t)size;
	return true;
}

static struct view
view_of(const struct buffer *buffer)
{
	return (struct view){buffer->data, buffer->size};
}

/* Some writers give offsets without sizes, or sizes of 0, if they wrote no index. */
static bool
open_index(struct index_check *check, struct nest_error *error)
{
	const struct column_chunk *chunk = check->chunk;
	check->has_index = chunk->offset_index_offset > 0 && chunk->offset_index_bytes > 0;
	bool has_bounds = chunk->column_index_offset > 0 && chunk->column_index_bytes > 0;
	if (has_bounds && !check->has_index)
		return nest_error_set(error, NEST_INVALID, "it has a column index and no offset index");
	if (!check->has_index)
		return true;
	if (!load(check, &check->offsets, chunk->offset_index_offset, chunk->offset_index_bytes,
		"offset index", error) ||
	    !page_index_decode_offsets(&check->index, view_of(&check->offsets), error))
		return false;
	return !has_bounds ||
	       (load(check, &check->bounds, chunk->column_index_offset, chunk->column_index_bytes,
		    "column index", error) &&
		   page_index_decode_bounds(&check->index, view_of(&check->bounds), check->shape, error));
}

static bool
open_bloom(struct index_check *check, struct nest_error *error)
{
	const struct column_chunk *chunk = check->chunk;
	struct buffer *bits = &check->bloom.bits;
	uint64_t offset = chunk->bloom_offset, size = check->source->size_bytes;
	size_t header_bytes, bits_bytes;
	bool is_short;
	check->has_bloom = offset > 0;
	if (!check->has_bloom)
		return true;
	if (offset >= size)
		return nest_error_set(error, NEST_INVALID,
		    "the bloom filter at byte %" PRIu64 " lies outside the file", offset);
	uint64_t left = size - offset;
	if (!load(check, bits, offset, left < BLOOM_HEADER_BYTES ? left : BLOOM_HEADER_BYTES, "bloom filter",
		error) ||
	    !bloom_header_decode(view_of(bits), &header_bytes, &bits_bytes, &is_short, error))
		return false;
	if (chunk->bloom_bytes > 0 && chunk->bloom_bytes != header_bytes + bits_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "the bloom filter has %zu bytes, and the footer tells of %" PRIu64,
		    header_bytes + bits_bytes, chunk->bloom_bytes);
	return load(check, bits, offset + header_bytes, bits_bytes, "bloom filter", error);
}

bool
index_check_open(struct index_check *check, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf, struct nest_error *error)
{
	check->source = source;
	check->chunk = chunk;
	check->leaf = leaf;
	check->shape = level_shape(leaf);
	check->order = statistics_order(leaf);
	check->pages = check->rows = 0;
	check->counts = (struct level_counts){0};
	check->found_count = 0;
	return open_index(check, error) && open_bloom(check, error);
}

/* ---- pages ---- */

/* Arrow counts data pages of both versions under one type. */
static enum page_type
kind_of(enum page_type type)
{
	return type == PAGE_DATA_V2 ? PAGE_DATA : type;
}

void
index_check_count(struct index_check *check, const struct chunk_reader *reader)
{
	const struct page_header *header = &reader->header;
	enum page_type type = kind_of(header->type);
	int32_t encoding = (int32_t)header->encoding;
	size_t i = 0;
	while (
	    i < check->found_count && (check->found[i].page != type || check->found[i].encoding != encoding))
		i++;
	if (i == ENCODING_COUNTS)
		return;
	if (i == check->found_count)
		check->found[check->found_count++] = (struct encoding_count){type, encoding, 0};
	check->found[i].count++;
}

/* Refuses the page that was read last. */
static bool
refuse(const struct chunk_reader *reader, const char *problem, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "page at byte %" PRIu64 ": %s", reader->page_at, problem);
}

/* Checks a number that is TOLD of the page against the true one. */
static bool
check_number(const struct chunk_reader *reader, const char *where, const char *what, uint64_t told,
    uint64_t found, struct nest_error *error)
{
	return told == found ||
	       nest_error_set(error, NEST_INVALID,
		   "page at byte %" PRIu64 ": the %s index tells of %s %" PRIu64 ", but it is %" PRIu64,
		   reader->page_at, where, what, told, found);
}

static bool
check_place(const struct index_check *check, const struct chunk_reader *reader,
    const struct indexed_page *page, uint64_t value_bytes, struct nest_error *error)
{
	uint64_t size = reader->header_bytes + reader->header.compressed_bytes;
	bool tells_bytes = check->index.has_value_bytes && check->shape.is_binary;
	return check_number(reader, "offset", "offset", page->offset, reader->page_at, error) &&
	       check_number(reader, "offset", "size", page->size_bytes, size, error) &&
	       check_number(reader, "offset", "first row", page->first_row, check->rows, error) &&
	       (!tells_bytes ||
		   check_number(reader, "offset", "bytes of values", page->value_bytes, value_bytes, error));
}

/* Checks the counts of levels, TOLD one page after another; NULL: none. */
static bool
check_levels(const struct index_check *check, const struct chunk_reader *reader, const char *what,
    const uint64_t *told, const uint64_t *found, uint8_t most, struct nest_error *error)
{
	for (size_t level = 0; told != NULL && level <= most; level++)
		if (!check_number(reader, "column", what, told[check->pages * (most + 1u) + level],
			found[level], error))
			return false;
	return true;
}

/* Whether the index's bounds are values of the order, and no value of the page is beyond them. */
static bool
check_page_bounds(const struct index_check *check, const struct chunk_reader *reader,
    const struct indexed_page *page, const struct statistics *statistics, struct nest_error *error)
{
	const struct value_range range = {.has_min_max = true, .min = page->min, .max = page->max};
	size_t size = value_order_bytes(check->order);
	bool is_low;
	if (size > 0 && (page->min.size != size || page->max.size != size))
		return refuse(reader, "the column index has a bound that is no value", error);
	if (statistics_holds(statistics, &range, &is_low))
		return true;
	return refuse(reader,
	    is_low ? "the minimum in the column index is greater than a value"
		   : "the maximum in the column index is less than a value",
	    error);
}

/* Writers differ on nulls in lists: an empty list may or may not be one. */
static bool
check_facts(const struct index_check *check, const struct chunk_reader *reader,
    const struct indexed_page *page, const struct statistics *statistics, const struct level_counts *counts,
    struct nest_error *error)
{
	const struct page_index *index = &check->index;
	const struct page_content *content = &reader->content;
	uint64_t nulls = content->entries - content->value_count;
	if (page->is_unknown)
		return true;
	if (page->is_null && content->value_count > 0)
		return refuse(reader, "the column index tells of nulls alone, but it has values", error);
	if (!page->is_null && content->value_count > 0 &&
	    !check_page_bounds(check, reader, page, statistics, error))
		return false;
	return (!index->has_null_counts || check->shape.max_rep > 0 ||
		   check_number(reader, "column", "nulls", page->null_count, nulls, error)) &&
	       (!index->has_nan_counts ||
		   check_number(reader, "column", "NaNs", page->nan_count, statistics->nan_count, error)) &&
	       check_levels(check, reader, "repetition levels", index->reps, counts->rep,
		   check->shape.max_rep, error) &&
	       check_levels(
		   check, reader, "definition levels", index->defs, counts->def, check->shape.max_def, error);
}

static bool
check_page(const struct index_check *check, const struct chunk_reader *reader,
    const struct statistics *statistics, const struct level_counts *counts, struct nest_error *error)
{
	if (!check->has_index)
		return true;
	if (check->pages == check->index.count)
		return refuse(reader, "the offset index has no such page", error);
	const struct indexed_page *page = &check->index.pages[check->pages];
	return check_place(check, reader, page, counts->value_bytes, error) &&
	       (!check->index.has_bounds || check_facts(check, reader, page, statistics, counts, error));
}

static bool
check_bloom(const struct index_check *check, const struct chunk_reader *reader,
    const struct page_values *values, struct nest_error *error)
{
	const uint8_t *at = values->values.data;
	size_t fixed = schema_value_bytes(check->leaf);
	for (uint64_t i = 0; check->has_bloom && i < values->count; i++) {
		size_t size = fixed;
		if (fixed == 0) {
			size = plain_length(at);
			at += sizeof(uint32_t);
		}
		if (!bloom_has(&check->bloom, bloom_hash((struct view){at, size})))
			return nest_error_set(error, NEST_INVALID,
			    "page at byte %" PRIu64 ": the bloom filter has not its value %" PRIu64,
			    reader->page_at, page_values_first(values, i));
		at += size;
	}
	return true;
}

bool
index_check_page(struct index_check *check, const struct chunk_reader *reader,
    const struct page_values *values, const struct statistics *statistics, struct nest_error *error)
{
	const struct page_content *content = &reader->content;
	const struct level_run run = {
	    content->rep.data, content->def.data, content->rows, content->entries, content->value_count};
	struct level_counts counts = {0};
	level_counts_take(&counts, check->shape, &run);
	if (check->shape.is_binary)
		counts.value_bytes = values->string_bytes;
	if (!check_page(check, reader, statistics, &counts, error) ||
	    !check_bloom(check, reader, values, error))
		return false;
	level_counts_add(&check->counts, check->shape, &counts);
	check->rows += content->rows;
	check->pages++;
	return true;
}

/* ---- the end ---- */

/* Whether the bounds, of all pages that have them, are in the order that the index says. */
static bool
check_boundaries(const struct index_check *check, struct nest_error *error)
{
	const struct page_index *index = &check->index;
	const struct indexed_page *before = NULL;
	size_t size = value_order_bytes(check->order);
	int sign = index->boundaries == BOUNDARY_ASCENDING ? 1 : -1;
	if (!check->has_index || !index->has_bounds || index->boundaries == BOUNDARY_UNORDERED)
		return true;
	for (size_t i = 0; i < index->count; i++) {
		const struct indexed_page *page = &index->pages[i];
		/* For a page without values anything may be said. */
		if (page->is_null || (size > 0 && (page->min.size != size || page->max.size != size)))
			continue;
		if (before != NULL &&
		    (sign * value_order_compare(check->order, before->min, page->min) > 0 ||
			sign * value_order_compare(check->order, before->max, page->max) > 0))
			return nest_error_set(error, NEST_INVALID,
			    "page at byte %" PRIu64 ": its bounds in the column index are not in %s order",
			    page->offset, sign > 0 ? "ascending" : "descending");
		before = page;
	}
	return true;
}

static bool
check_sum(const char *what, uint64_t told, uint64_t found, struct nest_error *error)
{
	return told == found ||
	       nest_error_set(error, NEST_INVALID,
		   "its size statistics tell of %" PRIu64 " %s, but there are %" PRIu64, told, what, found);
}

static bool
check_sizes(const struct index_check *check, struct nest_error *error)
{
	struct size_statistics sizes;
	if (check->chunk->size_statistics.size == 0)
		return true;
	if (!size_statistics_decode(&sizes, check->chunk->size_statistics, check->shape, error))
		return false;
	if (sizes.has_value_bytes && check->shape.is_binary &&
	    !check_sum("bytes of values", sizes.counts.value_bytes, check->counts.value_bytes, error))
		return false;
	for (size_t level = 0; sizes.has_reps && level <= check->shape.max_rep; level++)
		if (!check_sum("repetition levels of a kind", sizes.counts.rep[level],
			check->counts.rep[level], error))
			return false;
	for (size_t level = 0; sizes.has_defs && level <= check->shape.max_def; level++)
		if (!check_sum("definition levels of a kind", sizes.counts.def[level],
			check->counts.def[level], error))
			return false;
	return true;
}

/* How many pages of a type and an encoding there are, according to the footer. */
static uint64_t
told_count(const struct column_chunk *chunk, const struct encoding_count *kind)
{
	uint64_t count = 0;
	for (size_t i = 0; i < chunk->count_count; i++)
		if (kind_of(chunk->counts[i].page) == kind->page &&
		    chunk->counts[i].encoding == kind->encoding)
			count += chunk->counts[i].count;
	return count;
}

/* Pages of a chunk without entries are not read. */
static bool
check_encodings(const struct index_check *check, struct nest_error *error)
{
	const struct column_chunk *chunk = check->chunk;
	uint64_t told = 0, found = 0;
	if (chunk->num_values == 0 || chunk->count_count == 0 || chunk->count_count == ENCODING_COUNTS)
		return true;
	for (size_t i = 0; i < chunk->count_count; i++)
		told += chunk->counts[i].count;
	for (size_t i = 0; i < check->found_count; i++) {
		const struct encoding_count *kind = &check->found[i];
		uint64_t count = told_count(chunk, kind);
		if (count != kind->count)
			return nest_error_set(error, NEST_INVALID,
			    "its encoding statistics tell of %" PRIu64
			    " %s pages in %s, but there are %" PRIu32,
			    count, kind->page == PAGE_DICTIONARY ? "dictionary" : "data",
			    encoding_name((enum encoding)kind->encoding), kind->count);
		found += count;
	}
	return told == found ||
	       nest_error_set(error, NEST_INVALID,
		   "its encoding statistics tell of %" PRIu64 " pages, but there are %" PRIu64, told, found);
}

bool
index_check_end(const struct index_check *check, struct nest_error *error)
{
	if (check->has_index && check->pages != check->index.count)
		return nest_error_set(error, NEST_INVALID,
		    "its offset index has %zu pages, but there are %" PRIu64, check->index.count,
		    check->pages);
	return check_boundaries(check, error) && check_sizes(check, error) && check_encodings(check, error);
}
