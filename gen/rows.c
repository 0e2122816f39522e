#include "gen/rows.h"

#include "gen/put.h"
#include "gen/sheets.h"

#include <stdlib.h>

enum { COLUMNS_OF_FIELD = 4 }; /* at most: a group has a begin and an end, each with a lead that overflows */

struct rows {
	struct sheets sheets;
};

static void
add_head(struct sheets *sheets, const struct field *group)
{
	uint8_t head[PUT_HEAD_BYTES + PUT_SLACK];
	size_t size = (size_t)(put_array(head, group->child_count) - head);
	sheets_add_constant(sheets, head, size);
}

/* A field that one column writes. */
static void
add_plain(struct sheets *sheets, const struct field *field)
{
	static const enum column_form forms[] = {[FIELD_NUMBER] = COLUMN_NUMBER,
	    [FIELD_TRUTH] = COLUMN_TRUTH,
	    [FIELD_REAL] = COLUMN_REAL,
	    [FIELD_TEXT] = COLUMN_TEXT,
	    [FIELD_BYTES] = COLUMN_BYTES,
	    [FIELD_CHOICE] = COLUMN_CHOICE,
	    [FIELD_LIST] = COLUMN_LIST,
	    [FIELD_MAP] = COLUMN_MAP};
	const struct vector *vector = &sheets->compiled->batch.vectors[field->vector];
	struct column column = {.form = forms[field->form]};
	struct origin origin = {.values = field->vector, .nulls = field->vector, .inner = field->inner};
	size_t room = PACK_SCALAR_BYTES;
	if (field->form == FIELD_CHOICE) {
		const struct piece *piece = &sheets->compiled->pieces[field->first_piece];
		column.slots = piece->slots;
		origin.values = piece->vector;
		room = piece->slots.slot_bytes - 1;
	} else if (vector->type == VECTOR_TEXT) {
		bool is_long = vector->text_most > SHORT_TEXT_ROOM;
		if (field->form == FIELD_TEXT && vector->text_most < PUT_SHORT_TEXT)
			column.form = COLUMN_SHORT_TEXT;
		room = PUT_HEAD_BYTES + (is_long ? 0 : vector->text_most);
		origin.room_varies = is_long;
		origin.each = is_long;
	}
	origin.room_varies |= field->form == FIELD_LIST || field->form == FIELD_MAP;
	sheets_add_column(sheets, &column, &origin, room);
}

/* The fields from FIRST up to END, and those in the groups among them; DEPTH counts groups that may be null.
 */
static void
add_fields(struct sheets *sheets, uint32_t first, uint32_t end, uint32_t depth)
{
	const struct field *fields = sheets->compiled->fields;
	for (uint32_t i = first; i < end; i = fields[i].end) {
		const struct field *field = &fields[i];
		if (field->form == FIELD_PIECES) {
			sheets_add_pieces(sheets, field, depth, 0, 1);
		} else if (field->form != FIELD_STRUCT) {
			add_plain(sheets, field);
		} else if (field->vector == FIELD_ALWAYS) {
			add_head(sheets, field);
			add_fields(sheets, i + 1, field->end, depth);
		} else {
			sheets_begin_group(sheets, field, depth, 1);
			add_head(sheets, field);
			add_fields(sheets, i + 1, field->end, depth + 1);
			sheets_end_group(sheets, field, depth);
		}
	}
}

static bool
add_instance(void *notation, uint32_t i, struct nest_error *error)
{
	(void)error;
	struct sheets *sheets = notation;
	const struct field *field = &sheets->compiled->fields[i];
	bool is_list = field->form == FIELD_LIST || field->form == FIELD_MAP;
	add_fields(sheets, is_list ? i + 1 : i, field->end, 0);
	return true;
}

bool
rows_open(struct rows **rows, struct compiled *compiled, struct nest_error *error)
{
	size_t columns = COLUMNS_OF_FIELD * (size_t)compiled->field_count + 2 * (size_t)compiled->piece_count;
	struct rows *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the fields of a recipe");
	if (!sheets_open(&made->sheets, compiled, column_put_of(compiled->width), columns, error) ||
	    !sheets_add(&made->sheets, add_instance, &made->sheets, error)) {
		rows_close(made);
		return false;
	}
	*rows = made;
	return true;
}

void
rows_close(struct rows *rows)
{
	if (rows == NULL)
		return;
	sheets_close(&rows->sheets);
	free(rows);
}

/* Bytes that the values of a field take at most. */
static size_t
bytes_of(const struct batch *batch, const struct field *field)
{
	if (field->form == FIELD_STRUCT)
		return batch->scopes[field->inner].count * PUT_HEAD_BYTES;
	const struct vector *vector = &batch->vectors[field->vector];
	size_t count = batch->scopes[vector->scope].count, bytes = 0;
	if (vector->type != VECTOR_TEXT)
		return count * PACK_SCALAR_BYTES;
	if (vector->text_most <= SHORT_TEXT_ROOM || field->piece_count > 0)
		return count * (PUT_HEAD_BYTES + vector->text_most);
	for (size_t i = 0; i < count; i++)
		bytes += PUT_HEAD_BYTES + vector->texts[i].size;
	return bytes;
}

static size_t
bytes_of_all(const struct compiled *compiled)
{
	size_t bytes = PACK_SCALAR_BYTES + PUT_SLACK;
	for (uint32_t i = 0; i < compiled->field_count; i++)
		bytes += bytes_of(&compiled->batch, &compiled->fields[i]);
	return bytes;
}

bool
rows_write(struct rows *rows, struct buffer *out, struct nest_error *error)
{
	struct batch *batch = &rows->sheets.compiled->batch;
	batch->spent = 0;
	return batch_spend(batch, bytes_of_all(rows->sheets.compiled), 1, error) &&
	       sheets_write(&rows->sheets, out, error);
}

static bool
write_drawn(void *rows, struct buffer *out, struct nest_error *error)
{
	return rows_write(rows, out, error);
}

bool
rows_append(struct rows *rows, uint64_t first, uint64_t count, struct buffer *out, struct nest_error *error)
{
	return sheets_append(&rows->sheets, first, count, write_drawn, rows, out, error);
}
