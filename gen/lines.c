#include "gen/lines.h"

#include "gen/choices.h"
#include "gen/put_json.h"
#include "gen/rows.h"
#include "gen/sheets.h"
#include "lib/base/scan.h"
#include "lib/base/utf8.h"
#include "lib/meter/probe.h"
#include "lib/print/jsonl_leaf.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS_OF_FIELD = 6 }; /* at most, but for those of its key and its pieces */

/* Who makes a vector: a step that puts letters, or other characters that JSON does not escape; or any. */
enum maker { MAKER_NONE, MAKER_OF_LETTERS, MAKER_ANY };

/* Texts that may need escapes, and reals that may be no floats. */
struct doubt {
	uint32_t vector;
	bool is_float;
};

struct lines {
	struct sheets sheets;
	struct jsonl *jsonl;
	const struct jsonl_step **steps; /* of each field */
	uint8_t *makers;                 /* of each vector: enum maker */
	struct doubt *doubts;
	uint32_t doubt_count;
	struct choices choices;
	bool has_columns; /* else all goes by way of rows */
	bool is_direct;   /* the last batch did not */
	struct rows *rows;
	struct buffer packed; /* rows */
};

/* ---- what needs no escape ---- */

static bool
is_plain(struct text text)
{
	size_t i = 0;
	uint32_t odd = 0, special = 0;
	for (; i + SCAN_BYTES <= text.size; i += SCAN_BYTES) {
		odd |= scan_odd(text.data + i);
		special |= scan_special(text.data + i);
	}
	uint32_t last = ((uint32_t)1 << (text.size - i)) - 1;
	odd |= scan_odd(text.data + i) & last;
	if (odd == 0)
		return true;
	special |= scan_special(text.data + i) & last;
	return special == 0 && utf8_valid(text.data, text.size);
}

static bool
is_settled(const struct vector *vector, bool is_float, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (vector->nulls != NULL && vector->nulls[i] != 0)
			continue;
		if (is_float ? isinf((float)vector->reals[i]) && !isinf(vector->reals[i])
			     : !is_plain(vector->texts[i]))
			return false;
	}
	return true;
}

/* Whether the batch at hand leaves no doubt. */
static bool
are_settled(const struct lines *lines)
{
	const struct batch *batch = &lines->sheets.compiled->batch;
	for (uint32_t i = 0; i < lines->doubt_count; i++) {
		const struct vector *vector = &batch->vectors[lines->doubts[i].vector];
		if (!is_settled(vector, lines->doubts[i].is_float, batch->scopes[vector->scope].count))
			return false;
	}
	return true;
}

static void
doubt(struct lines *lines, uint32_t vector, bool is_float)
{
	if (lines->makers[vector] == MAKER_OF_LETTERS)
		return;
	lines->doubts[lines->doubt_count++] = (struct doubt){vector, is_float};
}

static bool
has_letters(const struct step *step)
{
	int64_t first = step->number, end = first + step->other;
	return step->run == step_random_bytes && first > '"' && end <= 0x7f && !(first <= '\\' && end > '\\');
}

static void
find_makers(struct lines *lines)
{
	const struct batch *batch = &lines->sheets.compiled->batch;
	for (uint32_t i = 0; i < batch->step_count; i++) {
		uint8_t *maker = &lines->makers[batch->steps[i].out];
		*maker = *maker <= MAKER_OF_LETTERS && has_letters(&batch->steps[i]) ? MAKER_OF_LETTERS
		                                                                     : MAKER_ANY;
	}
}

/* ---- what has columns ---- */

/* The field I has STEP, and those in it what is below. */
static void
set_steps(struct lines *lines, uint32_t i, const struct jsonl_step *step)
{
	const struct field *fields = lines->sheets.compiled->fields, *field = &fields[i];
	const struct jsonl_step *child = step + 1;
	lines->steps[i] = step;
	if (field->form == FIELD_LIST)
		set_steps(lines, i + 1, step->element);
	if (field->form == FIELD_MAP)
		child = step->element + 1;
	/* A set has a field for its values, which are null, and no step. */
	const struct jsonl_step *end = field->form == FIELD_MAP ? step->element->end : step->end;
	if (field->form == FIELD_MAP || field->form == FIELD_STRUCT)
		for (uint32_t k = i + 1; child < end; k = fields[k].end, child = child->end)
			set_steps(lines, k, child);
}

/* Keys that are texts or whole numbers, which get quotes; sets, which have no values, are written as rows. */
static bool
has_columns_of_map(const struct jsonl_step *map)
{
	const struct jsonl_step *key = map->element + 1;
	return map->has_text_keys && key->end < map->element->end &&
	       (key->leaf == LEAF_TEXT || key->leaf == LEAF_INTEGER);
}

/* Pieces that stand in every row, or are one of a few, are looked at once. */
static bool
has_columns_of_pieces(struct lines *lines, const struct field *field)
{
	const struct piece *piece = &lines->sheets.compiled->pieces[field->first_piece];
	for (uint32_t i = 0; i < field->piece_count; i++, piece++) {
		uint8_t lead[PIECE_LEAD_BYTES + TEXT_SLACK] = {0};
		bool has_slots = piece->form == PIECE_SLOT;
		memcpy(lead, piece->lead, piece->lead_size);
		if (!is_plain((struct text){lead, piece->lead_size}) ||
		    (has_slots && !choices_may_look(&lines->choices, &piece->slots)))
			return false;
		/* The last is of null. */
		for (uint32_t k = 0; has_slots && k + 1 < piece->slots.count; k++) {
			const uint8_t *slot = piece->slots.bytes + (size_t)k * piece->slots.slot_bytes;
			if (!is_plain((struct text){slot, slot[-1]}))
				return false;
		}
	}
	return true;
}

static bool
has_columns_of(struct lines *lines, uint32_t i)
{
	const struct field *field = &lines->sheets.compiled->fields[i];
	const struct jsonl_step *step = lines->steps[i];
	switch (field->form) {
	case FIELD_MAP:
		return has_columns_of_map(step);
	case FIELD_PIECES:
		return step->leaf == LEAF_TEXT && has_columns_of_pieces(lines, field);
	case FIELD_TEXT:
		return step->leaf == LEAF_TEXT;
	case FIELD_BYTES:
		return step->leaf == LEAF_UUID || step->leaf == LEAF_DECIMAL ||
		       (step->leaf == LEAF_BYTES && lines->jsonl->binary != JSONL_BASE64);
	default:
		return true;
	}
}

/* A map without values has a field that the schema has not. */
static bool
has_columns(struct lines *lines)
{
	const struct compiled *compiled = lines->sheets.compiled;
	for (uint32_t i = 0; i < compiled->field_count; i++)
		if (!has_columns_of(lines, i))
			return false;
	return true;
}

/* ---- columns ---- */

/* What stands in every line, however long it is. */
static void
add_text(struct sheets *sheets, const uint8_t *text, size_t size)
{
	while (size > 0) {
		size_t room = LEAD_BYTES - sheets->lead_size % LEAD_BYTES, part = size < room ? size : room;
		sheets_add_constant(sheets, text, part);
		text += part;
		size -= part;
	}
}

static void
add_byte(struct sheets *sheets, char byte)
{
	sheets_add_constant(sheets, (const uint8_t *)&byte, 1);
}

/* A number, or nothing but nulls, which numbers are. */
static enum column_form
form_of_number(const struct jsonl_step *step)
{
	switch (step->leaf) {
	case LEAF_DATE:
		return COLUMN_DATE;
	case LEAF_TIME:
		return COLUMN_TIME;
	case LEAF_TIMESTAMP:
		return COLUMN_TIMESTAMP;
	case LEAF_SMALL_DECIMAL:
		return COLUMN_DECIMAL;
	default:
		return COLUMN_NUMBER;
	}
}

/* A text, or bytes: EACH is what one of them takes. */
static void
set_text(struct lines *lines, uint32_t vector, unsigned each, struct column *column, struct origin *origin)
{
	size_t most = lines->sheets.compiled->batch.vectors[vector].text_most;
	bool is_long = most > SHORT_TEXT_ROOM;
	column->form = each > 1 ? COLUMN_BYTES : most < PUT_SHORT_TEXT ? COLUMN_SHORT_TEXT : COLUMN_TEXT;
	origin->room_bytes = PUT_NULL_BYTES + (is_long ? 0 : each * most);
	origin->room_varies = is_long;
	origin->each = is_long ? each : 0;
	if (each == 1)
		doubt(lines, vector, false);
}

static void
set_bytes(struct lines *lines, uint32_t vector, const struct jsonl_step *step, struct column *column,
    struct origin *origin)
{
	column->form = step->leaf == LEAF_UUID ? COLUMN_UUID : COLUMN_LONG_DECIMAL;
	origin->room_bytes = step->leaf == LEAF_UUID ? PUT_UUID_BYTES : PUT_NUMBER_BYTES;
	if (step->leaf == LEAF_BYTES)
		set_text(lines, vector, lines->jsonl->binary == JSONL_HEX ? 2 : 1, column, origin);
}

/* A field that one column writes. */
static bool
add_plain(struct lines *lines, uint32_t i, struct nest_error *error)
{
	const struct compiled *compiled = lines->sheets.compiled;
	const struct field *field = &compiled->fields[i];
	const struct jsonl_step *step = lines->steps[i];
	struct column column = {.form = COLUMN_TRUTH, .logical = &step->node->logical};
	struct origin origin = {.values = field->vector,
	    .nulls = field->vector,
	    .inner = field->inner,
	    .room_bytes = PUT_NUMBER_BYTES};
	switch (field->form) {
	case FIELD_NUMBER:
		column.form = form_of_number(step);
		if (column.form == COLUMN_TIME || column.form == COLUMN_TIMESTAMP)
			origin.room_bytes = PUT_MOMENT_BYTES;
		break;
	case FIELD_REAL:
		column.form = step->leaf == LEAF_FLOAT ? COLUMN_FLOAT : COLUMN_REAL;
		origin.room_bytes = PUT_REAL_BYTES;
		if (step->leaf == LEAF_FLOAT)
			doubt(lines, field->vector, true);
		break;
	case FIELD_TEXT:
		set_text(lines, field->vector, 1, &column, &origin);
		break;
	case FIELD_BYTES:
		set_bytes(lines, field->vector, step, &column, &origin);
		break;
	case FIELD_CHOICE:
		column.form = COLUMN_CHOICE;
		origin.values = compiled->pieces[field->first_piece].vector;
		if (!choices_print(&lines->choices, &compiled->pieces[field->first_piece].slots,
			(uint32_t)(step - lines->jsonl->steps), &column.slots, error))
			return false;
		origin.room_bytes = column.slots.slot_bytes;
		break;
	case FIELD_LIST:
	case FIELD_MAP:
		column.form = field->form == FIELD_LIST ? COLUMN_LIST : COLUMN_MAP;
		origin.room_bytes = PUT_NULL_BYTES;
		origin.room_varies = true;
		break;
	default:
		break;
	}
	sheets_add_column(&lines->sheets, &column, &origin, origin.room_bytes);
	return true;
}

static void
add_pieces(struct lines *lines, const struct field *field, uint32_t depth)
{
	const struct piece *pieces = &lines->sheets.compiled->pieces[field->first_piece];
	sheets_add_pieces(&lines->sheets, field, depth, '"', PUT_NULL_BYTES - 1);
	for (uint32_t i = 0; i < field->piece_count; i++)
		if (pieces[i].form == PIECE_TEXT)
			doubt(lines, pieces[i].vector, false);
}

/* The field I; DEPTH counts groups around it that may be null. */
static bool
add_value(struct lines *lines, uint32_t i, uint32_t depth, struct nest_error *error)
{
	const struct field *fields = lines->sheets.compiled->fields, *field = &fields[i];
	struct sheets *sheets = &lines->sheets;
	if (field->form == FIELD_PIECES)
		add_pieces(lines, field, depth);
	if (field->form == FIELD_PIECES)
		return true;
	if (field->form != FIELD_STRUCT)
		return add_plain(lines, i, error);
	bool may_be_null = field->vector != FIELD_ALWAYS;
	if (may_be_null)
		sheets_begin_group(sheets, field, depth, PUT_NULL_BYTES);
	for (uint32_t k = i + 1; k < field->end; k = fields[k].end) {
		add_text(sheets, lines->steps[k]->key, lines->steps[k]->key_size);
		if (!add_value(lines, k, depth + may_be_null, error))
			return false;
	}
	add_byte(sheets, '}');
	if (may_be_null)
		sheets_end_group(sheets, field, depth);
	return true;
}

/* What repeats in the list or map I, after a comma. */
static bool
add_elements(struct lines *lines, uint32_t i, struct nest_error *error)
{
	const struct field *field = &lines->sheets.compiled->fields[i];
	struct sheets *sheets = &lines->sheets;
	add_byte(sheets, ',');
	if (field->form == FIELD_LIST)
		return add_value(lines, i + 1, 0, error);
	bool is_number = lines->steps[i + 1]->leaf == LEAF_INTEGER;
	if (is_number)
		add_byte(sheets, '"');
	if (!add_value(lines, i + 1, 0, error))
		return false;
	if (is_number)
		add_byte(sheets, '"');
	add_byte(sheets, ':');
	return add_value(lines, field[1].end, 0, error);
}

static bool
add_instance(void *notation, uint32_t i, struct nest_error *error)
{
	struct lines *lines = notation;
	if (i > 0)
		return add_elements(lines, i, error);
	if (!add_value(lines, i, 0, error))
		return false;
	add_byte(&lines->sheets, '\n');
	return true;
}

/* ---- opening ---- */

static size_t
columns_most(const struct lines *lines)
{
	const struct compiled *compiled = lines->sheets.compiled;
	size_t count = 2 * (size_t)compiled->piece_count;
	for (uint32_t i = 0; i < compiled->field_count; i++)
		count += COLUMNS_OF_FIELD + lines->steps[i]->key_size / LEAD_BYTES;
	return count;
}

static bool
open_columns(struct lines *lines, struct compiled *compiled, struct nest_error *error)
{
	size_t fields = compiled->field_count, most = fields + compiled->piece_count;
	lines->sheets.compiled = compiled;
	lines->steps = calloc(fields, sizeof *lines->steps);
	lines->doubts = calloc(most, sizeof *lines->doubts);
	lines->makers = calloc(compiled->batch.vector_count, sizeof *lines->makers);
	if (lines->steps == NULL || lines->doubts == NULL || lines->makers == NULL)
		return nest_error_memory(error, most * sizeof *lines->doubts, "the fields of a recipe");
	if (!choices_open(&lines->choices, lines->jsonl, compiled->field_count, error))
		return false;
	find_makers(lines);
	set_steps(lines, 0, lines->jsonl->steps);
	if (!has_columns(lines))
		return true;
	if (!sheets_open(&lines->sheets, compiled, column_put_json, columns_most(lines), error))
		return false;
	lines->has_columns = sheets_add(&lines->sheets, add_instance, lines, error);
	/* A text that JSON cannot have is met again where it is drawn. */
	return lines->has_columns || error->status == NEST_INVALID;
}

bool
lines_open(struct lines **lines, struct compiled *compiled, const struct schema *schema,
    enum jsonl_binary binary, struct nest_error *error)
{
	struct lines *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the fields of a recipe");
	if (!jsonl_open(&made->jsonl, schema, binary, error) || !rows_open(&made->rows, compiled, error) ||
	    !open_columns(made, compiled, error)) {
		lines_close(made);
		return false;
	}
	*lines = made;
	return true;
}

void
lines_close(struct lines *lines)
{
	if (lines == NULL)
		return;
	choices_close(&lines->choices);
	sheets_close(&lines->sheets);
	jsonl_close(lines->jsonl);
	rows_close(lines->rows);
	buffer_free(&lines->packed);
	free(lines->steps);
	free(lines->doubts);
	free(lines->makers);
	free(lines);
}

/* ---- lines ---- */

static bool
write_lines(void *writer, struct buffer *out, struct nest_error *error)
{
	struct lines *lines = writer;
	NEST_SCOPE("nest_gen.jsonl");
	lines->is_direct =
	    lines->has_columns && are_settled(lines) && sheets_bytes_most(&lines->sheets) <= BATCH_BYTES_MOST;
	if (lines->is_direct)
		return sheets_write(&lines->sheets, out, error);
	buffer_clear(&lines->packed);
	return rows_write(lines->rows, &lines->packed, error) &&
	       jsonl_append(lines->jsonl, (struct view){lines->packed.data, lines->packed.size}, out, error);
}

bool
lines_append(
    struct lines *lines, uint64_t first, uint64_t count, struct buffer *out, struct nest_error *error)
{
	return sheets_append(&lines->sheets, first, count, write_lines, lines, out, error);
}

bool
lines_are_direct(const struct lines *lines)
{
	return lines->is_direct;
}
