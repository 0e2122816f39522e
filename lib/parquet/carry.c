/* carry.c - copies structs of thrift field by field, except those that must change. */
#include "lib/parquet/carry.h"

#include "lib/parquet/thrift.h"

#include <inttypes.h>

enum { ORDERS = 7 }; /* the field of FileMetaData */

struct carrier {
	struct thrift_reader reader;
	struct thrift_writer writer;
	const struct carried_footer *footer;
	const struct carried_group *group; /* the one to copy */
	const struct carried_chunk *chunk;
	struct buffer views; /* struct view: the chunks of the row group, as they are in their file */
	size_t groups;       /* copied so far */
	/* struct view: how the values of each column compare, in the new file and in the present one. */
	struct buffer orders, own_orders; /* empty: unknown */
	bool drops_bounds;                /* of the chunk, whose values compare otherwise */
	/* For an offset index. */
	int64_t shift_bytes;
	const struct page_place *pages;
	size_t page, page_count;
};

/* Takes FIELD and writes its replacement; false if it is to stay as it is. */
typedef bool editor(struct carrier *carrier, struct thrift_field field);

/* Copies the fields of the struct that was entered in the reader and begun in the writer. */
static void
copy_fields(struct carrier *carrier, editor *edit)
{
	for (struct thrift_field field = {0}; thrift_next(&carrier->reader, &field);)
		if (!edit(carrier, field))
			thrift_field_raw(
			    &carrier->writer, field.id, field.type, thrift_raw(&carrier->reader, field));
}

static void
copy_struct(struct carrier *carrier, editor *edit)
{
	copy_fields(carrier, edit);
	thrift_struct_end(&carrier->writer);
}

static bool
keep(struct carrier *carrier, struct thrift_field field)
{
	(void)carrier;
	(void)field;
	return false;
}

/* Copies COUNT structs of a list, whose length was written already. */
static void
copy_elements(struct carrier *carrier, size_t count, editor *edit)
{
	for (; count > 0 && thrift_enter(&carrier->reader, thrift_element(THRIFT_STRUCT)); count--) {
		thrift_element_struct(&carrier->writer);
		copy_struct(carrier, edit);
	}
}

static void
copy_list(struct carrier *carrier, struct thrift_field field, editor *edit)
{
	size_t count = thrift_list(&carrier->reader, field, THRIFT_STRUCT);
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, count);
	copy_elements(carrier, count, edit);
}

/* Copies an element of a list, which is BYTES. */
static void
put_element(struct carrier *carrier, struct view bytes, editor *edit)
{
	struct thrift_reader kept = carrier->reader;
	thrift_reader_init(&carrier->reader, bytes);
	thrift_element_struct(&carrier->writer);
	copy_struct(carrier, edit);
	if (carrier->reader.problem != NULL)
		thrift_fail(&kept, carrier->reader.problem);
	carrier->reader = kept;
}

/* Writes a number of bytes or a place, plus MORE. */
static void
put_more(struct carrier *carrier, struct thrift_field field, int64_t more)
{
	int64_t value = thrift_i64(&carrier->reader, field);
	if (__builtin_add_overflow(value, more, &value) || value < 0)
		thrift_fail(&carrier->reader, "an offset or a size is out of range");
	thrift_field_i64(&carrier->writer, field.id, value);
}

/* Writes a place in the file, moved; 0 is none. */
static bool
move(struct carrier *carrier, struct thrift_field field, int64_t shift_bytes)
{
	struct thrift_reader ahead = carrier->reader;
	put_more(carrier, field, thrift_i64(&ahead, field) > 0 ? shift_bytes : 0);
	return true;
}

static bool
replace(struct carrier *carrier, struct thrift_field field, uint64_t value)
{
	thrift_skip(&carrier->reader, field);
	thrift_field_i64(&carrier->writer, field.id, (int64_t)value);
	return true;
}

static bool
leave_out(struct carrier *carrier, struct thrift_field field)
{
	thrift_skip(&carrier->reader, field);
	return true;
}

/* Makes VIEWS of the structs of the list FIELD. */
static void
take_views(
    struct carrier *carrier, struct buffer *views, struct thrift_reader *reader, struct thrift_field field)
{
	buffer_clear(views);
	for (size_t count = thrift_list(reader, field, THRIFT_STRUCT); count > 0; count--) {
		struct view view = thrift_raw(reader, thrift_element(THRIFT_STRUCT));
		if (!buffer_append(views, &view, sizeof view, carrier->writer.error))
			carrier->writer.failed = true;
	}
}

/* Element AT of VIEWS; no bytes if there is none. */
static struct view
view_at(const struct buffer *views, size_t at)
{
	const struct view *list = (const struct view *)(const void *)views->data;
	return at < views->size / sizeof *list ? list[at] : (struct view){NULL, 0};
}

static struct view
taken(struct carrier *carrier, size_t at)
{
	struct view view = view_at(&carrier->views, at);
	if (view.size == 0)
		thrift_fail(&carrier->reader, "a list of the footer is too short");
	return view;
}

/* ---- chunks ---- */

/* Edits what changes with the pages. */
static bool
edit_pages(struct carrier *carrier, struct thrift_field field)
{
	const struct carried_pages *pages = carrier->chunk->pages;
	if (field.id == 4) {
		thrift_skip(&carrier->reader, field);
		thrift_field_i32(&carrier->writer, field.id, pages->codec);
		return true;
	}
	if (field.id == 6)
		return replace(carrier, field, pages->uncompressed_bytes);
	if (field.id == 7)
		return replace(carrier, field, pages->compressed_bytes);
	if (field.id == 9)
		return replace(carrier, field, pages->data_page_offset);
	if (field.id == 11 && pages->dictionary_page_offset > 0)
		return replace(carrier, field, pages->dictionary_page_offset);
	return (field.id == 10 || field.id == 11) && leave_out(carrier, field);
}

/* Drops min_value and max_value, which follow the order of the column. */
static bool
edit_statistics(struct carrier *carrier, struct thrift_field field)
{
	return field.id >= 5 && field.id <= 8 && leave_out(carrier, field);
}

/* Places of pages and of the bloom filter. */
static bool
edit_chunk_metadata(struct carrier *carrier, struct thrift_field field)
{
	const struct carried_chunk *chunk = carrier->chunk;
	if (field.id == 12 && carrier->drops_bounds && thrift_enter(&carrier->reader, field)) {
		thrift_field_struct(&carrier->writer, field.id);
		copy_struct(carrier, edit_statistics);
		return true;
	}
	if (field.id == 14 && chunk->places.bloom.at > 0)
		return replace(carrier, field, chunk->places.bloom.at);
	if (field.id == 14 || (field.id == 15 && field.type == THRIFT_I32))
		return chunk->places.bloom.at == 0 && leave_out(carrier, field);
	if (chunk->pages != NULL)
		return edit_pages(carrier, field);
	bool is_place = field.id == 9 || field.id == 10 || field.id == 11;
	return is_place && move(carrier, field, chunk->shift_bytes);
}

static bool
edit_chunk(struct carrier *carrier, struct thrift_field field)
{
	if (field.id == 1 || (field.id >= 4 && field.id <= 7))
		return leave_out(carrier, field);
	if (field.id == 2)
		return move(carrier, field, carrier->chunk->shift_bytes);
	if (field.id == 8)
		thrift_fail(&carrier->reader, "a column is encrypted, which binds its pages to their places");
	if (field.id != 3 || !thrift_enter(&carrier->reader, field))
		return false;
	thrift_field_struct(&carrier->writer, field.id);
	copy_struct(carrier, edit_chunk_metadata);
	return true;
}

static void
put_index(struct carrier *carrier, int16_t id, struct place_span span)
{
	if (span.bytes == 0)
		return;
	thrift_field_i64(&carrier->writer, id, (int64_t)span.at);
	thrift_field_i32(&carrier->writer, (int16_t)(id + 1), (int32_t)span.bytes);
}

/* Whether values of CHUNK, column LEAF of the new file, compare as the new footer says. */
static bool
keeps_order(const struct carrier *carrier, size_t leaf, const struct carried_chunk *chunk)
{
	/* As their type defines it. */
	static const uint8_t by_type[] = {0x1c, 0, 0};
	struct view made = {by_type, sizeof by_type};
	struct view own = chunk->made.data != NULL ? made : view_at(&carrier->own_orders, chunk->leaf);
	return carrier->orders.size == 0 || view_equal(view_at(&carrier->orders, leaf), own);
}

static void
put_chunk(struct carrier *carrier, size_t leaf)
{
	const struct carried_chunk *chunk = &carrier->group->chunks[leaf];
	struct view bytes = chunk->made.data != NULL ? chunk->made : taken(carrier, chunk->leaf);
	struct thrift_reader kept = carrier->reader;
	carrier->chunk = chunk;
	carrier->drops_bounds = !keeps_order(carrier, leaf, chunk);
	thrift_reader_init(&carrier->reader, bytes);
	thrift_element_struct(&carrier->writer);
	if (carrier->group->file_path != NULL)
		thrift_field_binary(&carrier->writer, 1, view_of_text(carrier->group->file_path));
	copy_fields(carrier, edit_chunk);
	put_index(carrier, 4, chunk->places.offset_index);
	if (!carrier->drops_bounds)
		put_index(carrier, 6, chunk->places.column_index);
	thrift_struct_end(&carrier->writer);
	if (carrier->reader.problem != NULL)
		thrift_fail(&kept, carrier->reader.problem);
	carrier->reader = kept;
}

/* ---- row groups ---- */

static bool
put_chunks(struct carrier *carrier, struct thrift_field field)
{
	take_views(carrier, &carrier->views, &carrier->reader, field);
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, carrier->footer->leaf_count);
	for (size_t i = 0; i < carrier->footer->leaf_count && !carrier->writer.failed; i++)
		put_chunk(carrier, i);
	return true;
}

/* Edits a column that a row group is sorted by, since columns may have other numbers now. */
static bool
edit_sorting(struct carrier *carrier, struct thrift_field field)
{
	if (field.id != 1)
		return false;
	const struct carried_chunk *chunks = carrier->group->chunks;
	int32_t leaf = thrift_i32(&carrier->reader, field), now = -1;
	for (size_t i = 0; i < carrier->footer->leaf_count && now < 0; i++)
		if ((int64_t)chunks[i].leaf == leaf)
			now = (int32_t)i;
	if (now < 0)
		thrift_fail(&carrier->reader, "a row group is sorted by a column that there is not");
	thrift_field_i32(&carrier->writer, field.id, now);
	return true;
}

static bool
edit_group(struct carrier *carrier, struct thrift_field field)
{
	const struct carried_group *group = carrier->group;
	switch (field.id) {
	case 1:
		return put_chunks(carrier, field);
	case 2:
		put_more(carrier, field, group->more_uncompressed);
		return true;
	case 4:
		copy_list(carrier, field, edit_sorting);
		return true;
	case 5:
		return group->file_offset > 0 && replace(carrier, field, group->file_offset);
	case 6:
		put_more(carrier, field, group->more_compressed);
		return true;
	case 7:
		/* A number that does not fit is left out. */
		thrift_skip(&carrier->reader, field);
		if (carrier->groups <= INT16_MAX)
			thrift_field_i16(&carrier->writer, field.id, (int16_t)carrier->groups);
		return true;
	default:
		return false;
	}
}

static void
put_made_group(struct carrier *carrier, const struct carried_group *group)
{
	struct thrift_writer *writer = &carrier->writer;
	carrier->group = group;
	thrift_element_struct(writer);
	thrift_field_list(writer, 1, THRIFT_STRUCT, carrier->footer->leaf_count);
	for (size_t i = 0; i < carrier->footer->leaf_count; i++)
		put_chunk(carrier, i);
	thrift_field_i64(writer, 2, (int64_t)group->made->uncompressed_bytes);
	thrift_field_i64(writer, 3, (int64_t)group->made->rows);
	thrift_field_i64(writer, 5, (int64_t)group->file_offset);
	thrift_field_i64(writer, 6, (int64_t)group->made->compressed_bytes);
	if (carrier->groups <= INT16_MAX)
		thrift_field_i16(writer, 7, (int16_t)carrier->groups);
	thrift_struct_end(writer);
	carrier->groups++;
}

/* Sets READER to the value of field ID of the footer; *FIELD is zero if it has none. */
static void
find(struct thrift_reader *reader, const struct file_metadata *metadata, int16_t id,
    struct thrift_field *field)
{
	thrift_reader_init(reader, (struct view){metadata->own_bytes.data, metadata->own_bytes.size});
	*field = (struct thrift_field){0};
	while (thrift_next(reader, field)) {
		if (field->id == id)
			return;
		thrift_skip(reader, *field);
	}
	*field = (struct thrift_field){0};
}

/* Appends the elements of list ID of the footer of file NUMBER to VIEWS; none if it has no such list. */
static void
collect(struct carrier *carrier, struct buffer *views, size_t number, int16_t id)
{
	struct thrift_reader reader;
	struct thrift_field field;
	find(&reader, carrier->footer->files[number], id, &field);
	buffer_clear(views);
	if (field.id == 0)
		return;
	take_views(carrier, views, &reader, field);
	if (reader.problem != NULL)
		thrift_fail(&carrier->reader, reader.problem);
}

/* Copies the row groups of file NUMBER from FIRST on, to which the reader is set and back; their number. */
static size_t
put_groups_of(struct carrier *carrier, size_t number, size_t first)
{
	const struct carried_footer *footer = carrier->footer;
	struct thrift_reader kept = carrier->reader;
	struct thrift_field field;
	size_t at = first;
	collect(carrier, &carrier->own_orders, number, ORDERS);
	find(&carrier->reader, footer->files[number], 4, &field);
	size_t count = thrift_list(&carrier->reader, field, THRIFT_STRUCT);
	for (size_t i = 0; i < count && at < footer->group_count && footer->groups[at].made == NULL &&
			   footer->groups[at].file == number;
	     i++) {
		if (footer->groups[at].group != i) {
			thrift_skip(&carrier->reader, thrift_element(THRIFT_STRUCT));
			continue;
		}
		carrier->group = &footer->groups[at++];
		copy_elements(carrier, 1, edit_group);
		carrier->groups++;
	}
	if (carrier->reader.problem != NULL)
		thrift_fail(&kept, carrier->reader.problem);
	carrier->reader = kept;
	return at - first;
}

static void
put_groups(struct carrier *carrier, int16_t id)
{
	const struct carried_footer *footer = carrier->footer;
	thrift_field_list(&carrier->writer, id, THRIFT_STRUCT, footer->group_count);
	for (size_t at = 0; at < footer->group_count && carrier->reader.problem == NULL;) {
		if (footer->groups[at].made != NULL) {
			put_made_group(carrier, &footer->groups[at++]);
			continue;
		}
		size_t done = put_groups_of(carrier, footer->groups[at].file, at);
		if (done == 0)
			thrift_fail(&carrier->reader, "a row group is missing");
		at += done;
	}
}

static void
put_rows(struct carrier *carrier, int16_t id)
{
	const struct carried_footer *footer = carrier->footer;
	uint64_t rows = 0;
	for (size_t i = 0; i < footer->group_count; i++) {
		const struct carried_group *group = &footer->groups[i];
		uint64_t more = group->made != NULL
		                    ? group->made->rows
		                    : footer->files[group->file]->row_groups[group->group].num_rows;
		if (more > INT64_MAX - rows)
			thrift_fail(&carrier->reader, "the files have too many rows");
		else
			rows += more;
	}
	thrift_field_i64(&carrier->writer, id, (int64_t)rows);
}

/* ---- what comes from one file, except its columns ---- */

/* A group is written with its new number of fields; a leaf has none. */
static bool
edit_count(struct carrier *carrier, struct thrift_field field)
{
	return field.id == 5 && leave_out(carrier, field);
}

static void
put_field(struct carrier *carrier, const struct carried_field *wanted)
{
	struct view bytes = taken(carrier, wanted->node);
	struct thrift_reader kept = carrier->reader;
	thrift_reader_init(&carrier->reader, bytes);
	thrift_element_struct(&carrier->writer);
	copy_fields(carrier, edit_count);
	if (wanted->child_count > 0)
		thrift_field_i32(&carrier->writer, 5, (int32_t)wanted->child_count);
	thrift_struct_end(&carrier->writer);
	if (carrier->reader.problem != NULL)
		thrift_fail(&kept, carrier->reader.problem);
	carrier->reader = kept;
}

static bool
put_schema(struct carrier *carrier, struct thrift_field field)
{
	const struct carried_footer *footer = carrier->footer;
	if (footer->fields == NULL)
		return false;
	thrift_skip(&carrier->reader, field);
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, footer->field_count);
	for (size_t i = 0; i < footer->field_count && carrier->reader.problem == NULL; i++) {
		const struct carried_field *wanted = &footer->fields[i];
		if (i == 0 || wanted->file != wanted[-1].file)
			collect(carrier, &carrier->views, wanted->file, 2);
		put_field(carrier, wanted);
	}
	return true;
}

static bool
is_dropped(const struct carried_footer *footer, struct view key)
{
	for (size_t i = 0; i < footer->dropped_count; i++)
		if (view_equal(key, view_of_text(footer->dropped_keys[i])))
			return true;
	return false;
}

static bool
put_key_values(struct carrier *carrier, struct thrift_field field)
{
	const struct carried_footer *footer = carrier->footer;
	const struct file_metadata *first = footer->files[footer->base];
	size_t kept = 0;
	for (size_t i = 0; i < first->key_value_count; i++)
		kept += !is_dropped(footer, first->key_values[i].key);
	if (kept == first->key_value_count)
		return false;
	thrift_skip(&carrier->reader, field);
	if (kept == 0)
		return true;
	collect(carrier, &carrier->views, footer->base, field.id);
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, kept);
	for (size_t i = 0; i < first->key_value_count; i++)
		if (!is_dropped(footer, first->key_values[i].key))
			put_element(carrier, taken(carrier, i), keep);
	return true;
}

/* How values of each column compare in the new file: as in the file where it was first seen, if all say. */
static void
find_orders(struct carrier *carrier)
{
	const struct carried_footer *footer = carrier->footer;
	if (footer->fields == NULL)
		collect(carrier, &carrier->orders, footer->base, ORDERS);
	for (size_t i = 0; footer->fields != NULL && i < footer->field_count; i++) {
		const struct carried_field *wanted = &footer->fields[i];
		if (i == 0 || wanted->file != wanted[-1].file)
			collect(carrier, &carrier->own_orders, wanted->file, ORDERS);
		if (wanted->child_count > 0)
			continue;
		struct view order = view_at(&carrier->own_orders,
		    footer->files[wanted->file]->schema->nodes[wanted->node].first_leaf);
		if (order.size == 0) {
			buffer_clear(&carrier->orders);
			return;
		}
		if (!buffer_append(&carrier->orders, &order, sizeof order, carrier->writer.error))
			carrier->writer.failed = true;
	}
}

static bool
put_orders(struct carrier *carrier, struct thrift_field field)
{
	size_t count = carrier->orders.size / sizeof(struct view);
	if (carrier->footer->fields == NULL)
		return false;
	thrift_skip(&carrier->reader, field);
	if (count == 0)
		return true;
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, count);
	for (size_t i = 0; i < count; i++)
		put_element(carrier, view_at(&carrier->orders, i), keep);
	return true;
}

/* ---- the footer ---- */

static bool
edit_file(struct carrier *carrier, struct thrift_field field)
{
	switch (field.id) {
	case 2:
		return put_schema(carrier, field);
	case 3:
		thrift_skip(&carrier->reader, field);
		put_rows(carrier, field.id);
		return true;
	case 4:
		thrift_skip(&carrier->reader, field);
		put_groups(carrier, field.id);
		return true;
	case 5:
		return put_key_values(carrier, field);
	case ORDERS:
		return put_orders(carrier, field);
	default:
		return false;
	}
}

static bool
finish(struct carrier *carrier, struct buffer *out, size_t start, struct nest_error *error)
{
	buffer_free(&carrier->views);
	buffer_free(&carrier->orders);
	buffer_free(&carrier->own_orders);
	if (carrier->writer.failed)
		return false;
	if (carrier->reader.problem != NULL)
		return nest_error_set(
		    error, NEST_INVALID, "a footer cannot be carried over: %s", carrier->reader.problem);
	return metadata_end(out, start, error);
}

bool
carry_footer(struct buffer *out, const struct carried_footer *footer, struct nest_error *error)
{
	struct carrier carrier = {.footer = footer};
	const struct buffer *bytes = &footer->files[footer->base]->own_bytes;
	size_t start = out->size;
	thrift_reader_init(&carrier.reader, (struct view){bytes->data, bytes->size});
	thrift_writer_init(&carrier.writer, out, error);
	find_orders(&carrier);
	copy_struct(&carrier, edit_file);
	return finish(&carrier, out, start, error);
}

/* ---- offset indexes ---- */

static bool
edit_location(struct carrier *carrier, struct thrift_field field)
{
	if (carrier->pages == NULL)
		return field.id == 1 && move(carrier, field, carrier->shift_bytes);
	if (carrier->page == carrier->page_count || (field.id != 1 && field.id != 2))
		return false;
	const struct page_place *page = &carrier->pages[carrier->page];
	if (field.id == 1)
		return replace(carrier, field, page->at);
	thrift_skip(&carrier->reader, field);
	thrift_field_i32(&carrier->writer, field.id, (int32_t)page->bytes);
	return true;
}

static bool
edit_offset_index(struct carrier *carrier, struct thrift_field field)
{
	if (field.id != 1)
		return false;
	size_t count = thrift_list(&carrier->reader, field, THRIFT_STRUCT);
	if (carrier->pages != NULL && count != carrier->page_count)
		thrift_fail(&carrier->reader, "it has not the chunk's pages");
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, count);
	for (; carrier->page < count && carrier->reader.problem == NULL; carrier->page++)
		copy_elements(carrier, 1, edit_location);
	return true;
}

bool
carry_offset_index(struct buffer *out, struct view index, int64_t shift_bytes, const struct page_place *pages,
    size_t page_count, struct nest_error *error)
{
	struct carrier carrier = {.shift_bytes = shift_bytes, .pages = pages, .page_count = page_count};
	thrift_reader_init(&carrier.reader, index);
	thrift_writer_init(&carrier.writer, out, error);
	copy_struct(&carrier, edit_offset_index);
	return !carrier.writer.failed && (carrier.reader.problem == NULL ||
					     nest_error_set(error, NEST_INVALID,
						 "its offset index is invalid: %s", carrier.reader.problem));
}
