/* page_index.c - converts ColumnIndex and OffsetIndex to thrift and back. */
#include "lib/parquet/page_index.h"

#include "lib/parquet/thrift.h"
#include "lib/parquet/value_range.h"

void
page_index_free(struct page_index *index)
{
	buffer_free(&index->own_pages);
	buffer_free(&index->own_bounds);
	buffer_free(&index->own_reps);
	buffer_free(&index->own_defs);
	*index = (struct page_index){0};
}

void
page_index_clear(struct page_index *index)
{
	buffer_clear(&index->own_pages);
	buffer_clear(&index->own_bounds);
	buffer_clear(&index->own_reps);
	buffer_clear(&index->own_defs);
	*index = (struct page_index){
	    .own_pages = index->own_pages,
	    .own_bounds = index->own_bounds,
	    .own_reps = index->own_reps,
	    .own_defs = index->own_defs,
	};
}

/* Sets pointers into buffers, which no longer grow. */
static void
settle(struct page_index *index)
{
	index->pages = (struct indexed_page *)(void *)index->own_pages.data;
	index->count = index->own_pages.size / sizeof *index->pages;
	index->reps = index->own_reps.size > 0 ? (const uint64_t *)(const void *)index->own_reps.data : NULL;
	index->defs = index->own_defs.size > 0 ? (const uint64_t *)(const void *)index->own_defs.data : NULL;
}

/* ---- building ---- */

bool
page_index_add(struct page_index *index, const struct indexed_page *page, const struct value_range *range,
    const struct level_counts *counts, struct level_shape shape, struct nest_error *error)
{
	struct indexed_page own = *page;
	bool has_values = counts->def[shape.max_def] > 0;
	size_t reps = level_counts_reps(shape), defs = level_counts_defs(shape);
	own.is_null = !has_values;
	own.null_count = range->null_count;
	own.nan_count = range->nan_count;
	own.value_bytes = counts->value_bytes;
	own.min = own.max = (struct view){NULL, 0};
	if (has_values && range->has_min_max) {
		own.min.size = range->min.size;
		own.max.size = range->max.size;
		if (!buffer_append(&index->own_bounds, range->min.data, range->min.size, error) ||
		    !buffer_append(&index->own_bounds, range->max.data, range->max.size, error))
			return false;
	}
	index->lacks_bounds = index->lacks_bounds || (has_values && !range->has_min_max);
	index->has_nan_counts = range->has_nan_count;
	return buffer_append(&index->own_pages, &own, sizeof own, error) &&
	       buffer_append(&index->own_reps, counts->rep, reps * sizeof *counts->rep, error) &&
	       buffer_append(&index->own_defs, counts->def, defs * sizeof *counts->def, error);
}

/* The order of the bounds, over all pages that have them. */
static enum boundary_order
find_boundaries(const struct page_index *index, enum value_order order)
{
	bool ascending = true, descending = true;
	const struct indexed_page *before = NULL;
	for (size_t i = 0; i < index->count; i++) {
		const struct indexed_page *page = &index->pages[i];
		if (page->is_null)
			continue;
		if (before != NULL) {
			int min = value_order_compare(order, before->min, page->min);
			int max = value_order_compare(order, before->max, page->max);
			ascending = ascending && min <= 0 && max <= 0;
			descending = descending && min >= 0 && max >= 0;
		}
		before = page;
	}
	return ascending ? BOUNDARY_ASCENDING : descending ? BOUNDARY_DESCENDING : BOUNDARY_UNORDERED;
}

void
page_index_finish(struct page_index *index, uint64_t start, enum value_order order)
{
	/* Bounds may all be empty. */
	const uint8_t *bound = index->own_bounds.size > 0 ? index->own_bounds.data : (const uint8_t *)"";
	settle(index);
	for (size_t i = 0; i < index->count; i++) {
		struct indexed_page *page = &index->pages[i];
		page->offset += start;
		if (page->is_null || index->lacks_bounds)
			continue;
		page->min.data = bound;
		page->max.data = bound + page->min.size;
		bound += page->min.size + page->max.size;
	}
	index->has_bounds = !index->lacks_bounds && order != ORDER_NONE;
	index->has_null_counts = index->has_value_bytes = true;
	if (index->has_bounds)
		index->boundaries = find_boundaries(index, order);
}

/* ---- writing ---- */

bool
page_index_encode_offsets(
    struct buffer *out, const struct page_index *index, struct level_shape shape, struct nest_error *error)
{
	struct thrift_writer writer;
	thrift_writer_init(&writer, out, error);
	thrift_field_list(&writer, 1, THRIFT_STRUCT, index->count);
	for (size_t i = 0; i < index->count; i++) {
		const struct indexed_page *page = &index->pages[i];
		thrift_element_struct(&writer);
		thrift_field_i64(&writer, 1, metadata_signed(page->offset));
		thrift_field_i32(&writer, 2, (int32_t)page->size_bytes);
		thrift_field_i64(&writer, 3, metadata_signed(page->first_row));
		thrift_struct_end(&writer);
	}
	if (shape.is_binary) {
		thrift_field_list(&writer, 2, THRIFT_I64, index->count);
		for (size_t i = 0; i < index->count; i++)
			thrift_element_i64(&writer, metadata_signed(index->pages[i].value_bytes));
	}
	thrift_struct_end(&writer);
	return !writer.failed;
}

static void
put_counts(struct thrift_writer *writer, int16_t id, const uint64_t *counts, size_t count)
{
	if (counts == NULL)
		return;
	thrift_field_list(writer, id, THRIFT_I64, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_i64(writer, metadata_signed(counts[i]));
}

bool
page_index_encode_bounds(
    struct buffer *out, const struct page_index *index, struct level_shape shape, struct nest_error *error)
{
	struct thrift_writer writer;
	size_t count = index->count;
	thrift_writer_init(&writer, out, error);
	thrift_field_list(&writer, 1, THRIFT_TRUE, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_bool(&writer, index->pages[i].is_null);
	thrift_field_list(&writer, 2, THRIFT_BINARY, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_binary(&writer, index->pages[i].min);
	thrift_field_list(&writer, 3, THRIFT_BINARY, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_binary(&writer, index->pages[i].max);
	thrift_field_i32(&writer, 4, (int32_t)index->boundaries);
	thrift_field_list(&writer, 5, THRIFT_I64, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_i64(&writer, metadata_signed(index->pages[i].null_count));
	put_counts(&writer, 6, index->reps, count * level_counts_reps(shape));
	put_counts(&writer, 7, index->defs, count * level_counts_defs(shape));
	if (index->has_nan_counts) {
		thrift_field_list(&writer, 8, THRIFT_I64, count);
		for (size_t i = 0; i < count; i++)
			thrift_element_i64(&writer, metadata_signed(index->pages[i].nan_count));
	}
	thrift_struct_end(&writer);
	return !writer.failed;
}

/* ---- reading ---- */

/* An index that is being read; lack of memory fails the reader, too. */
struct decoder {
	struct thrift_reader reader;
	struct page_index *index;
	struct nest_error *error;
	bool failed; /* ERROR is set */
};

static bool
append(struct decoder *decoder, struct buffer *array, const void *element, size_t size)
{
	if (decoder->reader.problem != NULL || decoder->failed)
		return false;
	decoder->failed = !buffer_append(array, element, size, decoder->error);
	return !decoder->failed;
}

static void
take_location(struct thrift_reader *reader, struct indexed_page *page)
{
	unsigned seen = 0;
	*page = (struct indexed_page){0};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	for (struct thrift_field field = {0}; thrift_next(reader, &field);) {
		if (field.id == 1) {
			page->offset = metadata_unsigned(reader, field);
		} else if (field.id == 2) {
			int32_t size = thrift_i32(reader, field);
			if (size < 0)
				thrift_fail(reader, "a size, count or offset is negative");
			page->size_bytes = size < 0 ? 0 : (uint64_t)size;
		} else if (field.id == 3) {
			page->first_row = metadata_unsigned(reader, field);
		} else {
			thrift_skip(reader, field);
		}
		if (field.id > 0 && field.id < 4)
			seen |= 1u << field.id;
	}
	if (seen != 0xe)
		thrift_fail(reader, "a page lacks its place");
}

static void
take_locations(struct decoder *decoder, struct thrift_field field)
{
	struct indexed_page page;
	buffer_clear(&decoder->index->own_pages);
	for (size_t count = thrift_list(&decoder->reader, field, THRIFT_STRUCT); count > 0; count--) {
		take_location(&decoder->reader, &page);
		if (!append(decoder, &decoder->index->own_pages, &page, sizeof page))
			break;
	}
	settle(decoder->index);
}

/* The length of a list, which must have an element for each page; 0 if it does not. */
static size_t
expect_pages(struct decoder *decoder, size_t count)
{
	if (count != decoder->index->count)
		thrift_fail(&decoder->reader, "a list has not one element for each page");
	return decoder->reader.problem == NULL ? count : 0;
}

/* Reads a number for each page into the field of struct indexed_page at OFFSET. */
static void
take_numbers(struct decoder *decoder, struct thrift_field field, size_t offset)
{
	struct thrift_reader *reader = &decoder->reader;
	size_t count = expect_pages(decoder, thrift_list(reader, field, THRIFT_I64));
	for (size_t i = 0; i < count; i++) {
		uint64_t value = metadata_unsigned(reader, thrift_element(THRIFT_I64));
		memcpy((uint8_t *)&decoder->index->pages[i] + offset, &value, sizeof value);
	}
}

static void
take_null_counts(struct decoder *decoder, struct thrift_field field)
{
	struct thrift_reader *reader = &decoder->reader;
	size_t count = expect_pages(decoder, thrift_list(reader, field, THRIFT_I64));
	for (size_t i = 0; i < count; i++) {
		struct indexed_page *page = &decoder->index->pages[i];
		int64_t nulls = thrift_i64(reader, thrift_element(THRIFT_I64));
		if (nulls < -1)
			thrift_fail(reader, "a size, count or offset is negative");
		page->is_unknown = nulls == -1;
		page->null_count = nulls < 0 ? 0 : (uint64_t)nulls;
	}
}

static void
take_bounds(struct decoder *decoder, struct thrift_field field, size_t offset)
{
	struct thrift_reader *reader = &decoder->reader;
	size_t count = expect_pages(decoder, thrift_list(reader, field, THRIFT_BINARY));
	for (size_t i = 0; i < count; i++) {
		struct view bound = thrift_binary(reader, thrift_element(THRIFT_BINARY));
		memcpy((uint8_t *)&decoder->index->pages[i] + offset, &bound, sizeof bound);
	}
}

static void
take_null_pages(struct decoder *decoder, struct thrift_field field)
{
	size_t count = expect_pages(decoder, thrift_bool_list(&decoder->reader, field));
	for (size_t i = 0; i < count; i++)
		decoder->index->pages[i].is_null = thrift_bool_element(&decoder->reader);
}

/* Reads a count for each page and each level up to MOST; or none at all. */
static void
take_counts(struct decoder *decoder, struct thrift_field field, uint8_t most, struct buffer *counts)
{
	struct thrift_reader *reader = &decoder->reader;
	size_t count = thrift_list(reader, field, THRIFT_I64);
	if (count > 0 && count != decoder->index->count * (most + 1u))
		thrift_fail(reader, "counts of levels are not one for each level of each page");
	buffer_clear(counts);
	for (; count > 0; count--) {
		uint64_t value = metadata_unsigned(reader, thrift_element(THRIFT_I64));
		if (!append(decoder, counts, &value, sizeof value))
			return;
	}
}

/* Says what was wrong with the struct NAME. */
static bool
end(const struct decoder *decoder, const char *name)
{
	if (decoder->failed)
		return false;
	return decoder->reader.problem == NULL ||
	       nest_error_set(decoder->error, NEST_INVALID, "the %s index is invalid: %s", name,
		   decoder->reader.problem);
}

bool
page_index_decode_offsets(struct page_index *index, struct view bytes, struct nest_error *error)
{
	struct decoder decoder = {.index = index, .error = error};
	bool has_pages = false;
	page_index_clear(index);
	thrift_reader_init(&decoder.reader, bytes);
	for (struct thrift_field field = {0}; thrift_next(&decoder.reader, &field);) {
		if (field.id == 1) {
			take_locations(&decoder, field);
			has_pages = true;
		} else if (field.id == 2) {
			take_numbers(&decoder, field, offsetof(struct indexed_page, value_bytes));
			index->has_value_bytes = true;
		} else {
			thrift_skip(&decoder.reader, field);
		}
		if (decoder.failed)
			break;
	}
	if (!has_pages)
		thrift_fail(&decoder.reader, "it has no pages");
	return end(&decoder, "offset");
}

static void
take_column_index(struct decoder *decoder, struct level_shape shape)
{
	struct thrift_reader *reader = &decoder->reader;
	struct page_index *index = decoder->index;
	unsigned seen = 0;
	for (struct thrift_field field = {0}; !decoder->failed && thrift_next(reader, &field);) {
		if (field.id > 0 && field.id < 16)
			seen |= 1u << field.id;
		if (field.id == 1) {
			take_null_pages(decoder, field);
		} else if (field.id == 2) {
			take_bounds(decoder, field, offsetof(struct indexed_page, min));
		} else if (field.id == 3) {
			take_bounds(decoder, field, offsetof(struct indexed_page, max));
		} else if (field.id == 4) {
			int32_t order = thrift_i32(reader, field);
			if (order < BOUNDARY_UNORDERED || order > BOUNDARY_DESCENDING)
				thrift_fail(reader, "its order of boundaries is unknown");
			index->boundaries = (enum boundary_order)order;
		} else if (field.id == 5) {
			take_null_counts(decoder, field);
			index->has_null_counts = true;
		} else if (field.id == 6) {
			take_counts(decoder, field, shape.max_rep, &index->own_reps);
		} else if (field.id == 7) {
			take_counts(decoder, field, shape.max_def, &index->own_defs);
		} else if (field.id == 8) {
			take_numbers(decoder, field, offsetof(struct indexed_page, nan_count));
			index->has_nan_counts = true;
		} else {
			thrift_skip(reader, field);
		}
	}
	if ((seen & 0x1e) != 0x1e)
		thrift_fail(reader, "a required field is missing");
}

bool
page_index_decode_bounds(
    struct page_index *index, struct view bytes, struct level_shape shape, struct nest_error *error)
{
	struct decoder decoder = {.index = index, .error = error};
	thrift_reader_init(&decoder.reader, bytes);
	take_column_index(&decoder, shape);
	settle(index);
	index->has_bounds = true;
	return end(&decoder, "column");
}
