#include "gen/rows.h"

#include "gen/columns.h"
#include "gen/put.h"

#include <stdlib.h>

/*
 * The instances of a scope are written to a sheet, one after the other; those of
 * the rows are the rows.  Inner scopes come first: what a list has is copied from
 * the sheet of its elements.  A block of instances is written a column at a time,
 * each instance where it has room for all that it can take, and then moved
 * together; a last column of choices or lists, the tail, is put meanwhile.  What
 * has one column, but for the tail, is put together at once.
 */
struct sheet {
	uint32_t first_column, rooms_end, end_column; /* up to the second are columns in rooms, if any are */
	bool has_tail;                                /* the last is put where instances go together */
	size_t room_bytes; /* of an instance, but for what ROOM_VARIES says; 0 if there are no rooms */
	bool room_varies;  /* there are lists and long texts */
	size_t end_bytes;  /* of what is in no room, but for these */
	struct buffer bytes;
	uint32_t *ends; /* of each instance, after a 0; END_CAPACITY of them */
	size_t end_capacity;
};

enum {
	LINE_BYTES = 64, /* of the cache: each instance begins a line, and neighbours lie in different sets */
	BLOCK_BYTES = 1 << 16, /* of which those that are written stay in the cache */
	SHORT_TEXT_ROOM = 64,  /* longer texts have the room that they need, and not what they might */
	COLUMNS_OF_FIELD = 4,  /* at most: a group has a begin and an end, each with a lead that overflows */
};

/* Where a column's vectors are. */
struct origin {
	uint32_t values, nulls; /* vectors; 0 if there are none, which is the row's number */
	uint32_t parts[2], eights[2];
	uint32_t inner;    /* the scope of a list's elements */
	size_t room_bytes; /* what an instance takes at most, but for what ROOM_VARIES says */
	bool room_varies;  /* a list or a long text */
};

struct rows {
	struct compiled *compiled;
	put_column *put;
	struct sheet *sheets; /* of each scope */
	struct column *columns;
	struct origin *origins; /* of each column */
	uint32_t column_count;
	lead_bytes lead; /* of the next column */
	uint32_t lead_size;
	struct block block;
	uint32_t depth;        /* of the block's marks */
	struct buffer scratch; /* a block, before its instances are moved together */
};

/* ---- columns ---- */

static bool
is_column_of_lists(const struct column *column)
{
	return column->form == COLUMN_LIST || column->form == COLUMN_MAP;
}

static const struct origin nowhere;

/* A column after the others: what stands in every row before it is its lead. */
static void
add_column(struct rows *rows, const struct column *column, const struct origin *origin, size_t room_bytes)
{
	uint32_t index = rows->column_count++;
	rows->columns[index] = *column;
	rows->columns[index].lead = rows->lead;
	rows->columns[index].lead_size = rows->lead_size;
	rows->origins[index] = *origin;
	rows->origins[index].room_bytes = rows->lead_size + room_bytes;
	rows->lead_size = 0;
}

/* Bytes that stand in every row. */
static void
add_constant(struct rows *rows, const uint8_t *bytes, size_t size)
{
	if (rows->lead_size + size > LEAD_BYTES)
		add_column(rows, &(struct column){.form = COLUMN_NOTHING}, &nowhere, 0);
	memcpy((uint8_t *)&rows->lead + rows->lead_size, bytes, size);
	rows->lead_size += (uint32_t)size;
}

static void
add_head(struct rows *rows, const struct field *group)
{
	uint8_t head[PUT_HEAD_BYTES + PUT_SLACK];
	size_t size = (size_t)(put_array(head, group->child_count) - head);
	add_constant(rows, head, size);
}

/* What is put of a piece; PIECES are from there on. */
static void
fill_part(struct part *part, struct origin *origin, unsigned index, const struct piece *piece)
{
	static const enum part_form forms[] = {[PIECE_NOTHING] = PART_NOTHING,
	    [PIECE_SLOT] = PART_SLOT,
	    [PIECE_NUMBER] = PART_DIGITS,
	    [PIECE_TEXT] = PART_COPY};
	*part = (struct part){.form = forms[piece->form],
	    .lead_size = piece->lead_size,
	    .slots = piece->slots,
	    .width = piece->width,
	    .scale = piece->scale};
	memcpy(&part->lead, piece->lead, piece->lead_size);
	if (piece->eight > 0)
		part->form = PART_EIGHT;
	if (part->form == PART_SLOT && piece->slots.slot_bytes > SLOT_SHORT)
		part->form = PART_LONG_SLOT;
	origin->parts[index] = piece->vector;
	origin->eights[index] = piece->eight;
}

static size_t
room_of(const struct piece *piece)
{
	return piece->lead_size + (piece->form == PIECE_SLOT        ? piece->slots.slot_bytes - 1
				      : piece->form == PIECE_NUMBER ? piece->digits_most
				      : piece->form == PIECE_TEXT   ? TEXT_SLACK
								    : 0);
}

/* The head of a text, which is known at its end, and what stands in every row before the first piece. */
static uint32_t
add_text_head(struct rows *rows, const struct piece *piece)
{
	uint8_t head[1 + PIECE_LEAD_BYTES] = {0};
	memcpy(head + 1, piece->lead, piece->lead_size);
	add_constant(rows, head, 1 + piece->lead_size);
	return 1 + piece->lead_size;
}

/* A text of pieces. */
static void
add_pieces(struct rows *rows, const struct field *field, uint32_t depth)
{
	const struct piece *pieces = &rows->compiled->pieces[field->first_piece];
	struct origin origin = {.nulls = field->vector};
	uint32_t count = field->piece_count;
	struct column column = {.depth = depth, .head_bytes = add_text_head(rows, &pieces[0])};
	if (count <= 2 && pieces[0].form != PIECE_NOTHING) {
		size_t room = 1;
		column.form = COLUMN_TWO_PIECES;
		for (uint32_t i = 0; i < count; i++) {
			fill_part(&column.parts[i], &origin, i, &pieces[i]);
			room += room_of(&pieces[i]);
		}
		add_column(rows, &column, &origin, room);
		return;
	}
	column.form = COLUMN_TEXT_BEGIN;
	add_column(rows, &column, &nowhere, 1);
	for (uint32_t i = 0; i < count; i++) {
		struct column part = {.form = COLUMN_PIECE};
		struct origin from = nowhere;
		fill_part(&part.parts[0], &from, 0, &pieces[i]);
		part.parts[0].lead_size = i > 0 ? pieces[i].lead_size : 0;
		add_column(rows, &part, &from, room_of(&pieces[i]));
	}
	column.form = COLUMN_TEXT_END;
	add_column(rows, &column, &origin, 0);
}

/* A field that one column writes. */
static void
add_plain(struct rows *rows, const struct field *field)
{
	static const enum column_form forms[] = {[FIELD_NUMBER] = COLUMN_NUMBER,
	    [FIELD_TRUTH] = COLUMN_TRUTH,
	    [FIELD_REAL] = COLUMN_REAL,
	    [FIELD_TEXT] = COLUMN_TEXT,
	    [FIELD_BYTES] = COLUMN_BYTES,
	    [FIELD_CHOICE] = COLUMN_CHOICE,
	    [FIELD_LIST] = COLUMN_LIST,
	    [FIELD_MAP] = COLUMN_MAP};
	const struct vector *vector = &rows->compiled->batch.vectors[field->vector];
	struct column column = {.form = forms[field->form]};
	struct origin origin = {.values = field->vector, .nulls = field->vector, .inner = field->inner};
	size_t room = PACK_SCALAR_BYTES;
	if (field->form == FIELD_CHOICE) {
		const struct piece *piece = &rows->compiled->pieces[field->first_piece];
		column.slots = piece->slots;
		origin.values = piece->vector;
		room = piece->slots.slot_bytes - 1;
	} else if (vector->type == VECTOR_TEXT) {
		bool is_long = vector->text_most > SHORT_TEXT_ROOM;
		if (field->form == FIELD_TEXT && vector->text_most < PUT_SHORT_TEXT)
			column.form = COLUMN_SHORT_TEXT;
		room = PUT_HEAD_BYTES + (is_long ? 0 : vector->text_most);
		origin.room_varies = is_long;
	}
	origin.room_varies |= field->form == FIELD_LIST || field->form == FIELD_MAP;
	add_column(rows, &column, &origin, room);
}

/* The fields from FIRST up to END, and those in the groups among them; DEPTH counts groups that may be null.
 */
static void
add_fields(struct rows *rows, uint32_t first, uint32_t end, uint32_t depth)
{
	const struct field *fields = rows->compiled->fields;
	rows->depth = depth >= rows->depth ? depth + 1 : rows->depth;
	for (uint32_t i = first; i < end; i = fields[i].end) {
		const struct field *field = &fields[i];
		if (field->form == FIELD_PIECES) {
			add_pieces(rows, field, depth);
			continue;
		}
		if (field->form != FIELD_STRUCT) {
			add_plain(rows, field);
			continue;
		}
		const struct origin origin = {.values = field->vector, .nulls = field->vector};
		if (field->vector == FIELD_ALWAYS) {
			add_head(rows, field);
			add_fields(rows, i + 1, field->end, depth);
			continue;
		}
		struct column column = {.form = COLUMN_GROUP_BEGIN, .depth = depth};
		add_column(rows, &column, &origin, 1);
		add_head(rows, field);
		add_fields(rows, i + 1, field->end, depth + 1);
		column.form = COLUMN_GROUP_END;
		add_column(rows, &column, &origin, 0);
	}
}

/* SHEET has the columns from its first on: which of them go to rooms, and what they take. */
static void
end_sheet(struct rows *rows, struct sheet *sheet)
{
	if (rows->lead_size > 0)
		add_column(rows, &(struct column){.form = COLUMN_NOTHING}, &nowhere, 0);
	uint32_t end = rows->column_count, count = end - sheet->first_column;
	const struct column *last = &rows->columns[end - 1];
	sheet->has_tail = count > 1 && (last->form == COLUMN_CHOICE || is_column_of_lists(last));
	sheet->rooms_end = count - sheet->has_tail > 1 ? end - sheet->has_tail : sheet->first_column;
	sheet->end_column = end;
	for (uint32_t i = sheet->first_column; i < sheet->rooms_end; i++) {
		sheet->room_bytes += rows->origins[i].room_bytes;
		sheet->room_varies |= rows->origins[i].room_varies;
	}
	for (uint32_t i = sheet->rooms_end; i < end; i++)
		sheet->end_bytes += rows->origins[i].room_bytes;
	if (sheet->rooms_end > sheet->first_column)
		sheet->room_bytes = (((sheet->room_bytes + PUT_SLACK) / LINE_BYTES + 1) | 1) * LINE_BYTES;
}

static void
add_sheets(struct rows *rows)
{
	const struct compiled *compiled = rows->compiled;
	for (uint32_t i = 0; i < compiled->field_count; i++) {
		const struct field *field = &compiled->fields[i];
		bool is_list = field->form == FIELD_LIST || field->form == FIELD_MAP;
		if (i > 0 && !is_list)
			continue;
		struct sheet *sheet = &rows->sheets[is_list ? field->inner : 0];
		sheet->first_column = rows->column_count;
		add_fields(rows, is_list ? i + 1 : 0, is_list ? field->end : 1, 0);
		end_sheet(rows, sheet);
	}
}

static bool
make_room(struct rows *rows, struct nest_error *error)
{
	const struct compiled *compiled = rows->compiled;
	size_t count = COLUMNS_OF_FIELD * (size_t)compiled->field_count + 2 * (size_t)compiled->piece_count;
	rows->sheets = calloc(compiled->batch.scope_count, sizeof *rows->sheets);
	rows->columns = calloc(count, sizeof *rows->columns);
	rows->origins = calloc(count, sizeof *rows->origins);
	return (rows->sheets != NULL && rows->columns != NULL && rows->origins != NULL) ||
	       nest_error_memory(error, count * sizeof *rows->columns, "the fields of a recipe");
}

bool
rows_open(struct rows **rows, struct compiled *compiled, struct nest_error *error)
{
	struct rows *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the fields of a recipe");
	made->compiled = compiled;
	made->put = column_put_of(compiled->width);
	bool fine = make_room(made, error);
	if (fine) {
		add_sheets(made);
		made->block.marks = malloc(made->depth * sizeof *made->block.marks);
		fine = made->block.marks != NULL ||
		       nest_error_memory(
			   error, made->depth * sizeof *made->block.marks, "the fields of a recipe");
	}
	if (fine)
		*rows = made;
	else
		rows_close(made);
	return fine;
}

void
rows_close(struct rows *rows)
{
	if (rows == NULL)
		return;
	for (uint32_t i = 0; rows->sheets != NULL && i < rows->compiled->batch.scope_count; i++) {
		free(rows->sheets[i].ends);
		buffer_free(&rows->sheets[i].bytes);
	}
	buffer_free(&rows->scratch);
	free(rows->sheets);
	free(rows->columns);
	free(rows->origins);
	free(rows->block.marks);
	free(rows);
}

/* Where the vectors of a column are, which may be elsewhere for each batch. */
static void
set_column(const struct rows *rows, uint32_t index)
{
	const struct origin *origin = &rows->origins[index];
	const struct batch *batch = &rows->compiled->batch;
	struct column *column = &rows->columns[index];
	column->values = batch->vectors[origin->values].numbers;
	column->nulls = batch->vectors[origin->nulls].nulls;
	for (unsigned i = 0; i < 2; i++) {
		column->parts[i].values = batch->vectors[origin->parts[i]].numbers;
		column->parts[i].eights = (const uint64_t *)batch->vectors[origin->eights[i]].numbers;
	}
	if (is_column_of_lists(column)) {
		column->firsts = batch->scopes[origin->inner].firsts;
		column->ends = rows->sheets[origin->inner].ends;
		column->elements = rows->sheets[origin->inner].bytes.data;
	}
}

/* ---- room ---- */

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

/* Adds to PLACES, COUNT of them, what a column's values before each take, where that is not the same for all.
 */
static void
add_sizes(const struct rows *rows, uint32_t index, size_t first, size_t count, size_t *places)
{
	const struct column *column = &rows->columns[index];
	if (!rows->origins[index].room_varies)
		return;
	if (is_column_of_lists(column)) {
		const uint32_t *firsts = column->firsts + first, *ends = column->ends,
			       begin = ends[firsts[0]];
		for (size_t i = 0; i < count; i++)
			places[i] += ends[firsts[i]] - begin;
	} else {
		const struct text *texts = (const struct text *)column->values + first;
		size_t bytes = 0;
		for (size_t i = 0; i + 1 < count; i++) {
			bytes += texts[i].size;
			places[i + 1] += bytes;
		}
	}
}

/* How many of MOST instances a block takes, one at least; PLACES, and one more after, are where each begins.
 */
static size_t
find_places(const struct rows *rows, const struct sheet *sheet, size_t most, size_t *places)
{
	size_t count = most;
	for (size_t i = 0; i <= most; i++)
		places[i] = i * sheet->room_bytes;
	for (uint32_t k = sheet->first_column; k < sheet->rooms_end; k++)
		add_sizes(rows, k, rows->block.first, most + 1, places);
	while (count > 1 && places[count] > BLOCK_BYTES)
		count--;
	return count;
}

/* Places for as many of MOST instances as a block takes, in scratch memory. */
static bool
place_block(struct rows *rows, const struct sheet *sheet, size_t most, struct nest_error *error)
{
	struct block *block = &rows->block;
	size_t places[BLOCK_MOST + 1], count = most < BLOCK_MOST ? most : BLOCK_MOST;
	size_t room = sheet->room_bytes;
	buffer_clear(&rows->scratch);
	block->count = count;
	if (room == 0)
		return true;
	if (sheet->room_varies)
		count = find_places(rows, sheet, count, places);
	else if (count > BLOCK_BYTES / room)
		count = BLOCK_BYTES / room > 0 ? BLOCK_BYTES / room : 1;
	size_t bytes = sheet->room_varies ? places[count] : count * room;
	if (!buffer_reserve(&rows->scratch, LINE_BYTES + bytes + BLOCK_SLACK, error))
		return false;
	rows->scratch.size = bytes;
	block->count = count;
	uint8_t *at = rows->scratch.data + LINE_BYTES - (uintptr_t)rows->scratch.data % LINE_BYTES;
	if (sheet->room_varies)
		for (size_t i = 0; i < count; i++)
			block->begins[i] = block->at[i] = at + places[i];
	else
		for (size_t i = 0; i < count; i++, at += room)
			block->begins[i] = block->at[i] = at;
	return true;
}

static bool
reserve_ends(struct sheet *sheet, size_t count, struct nest_error *error)
{
	if (count < sheet->end_capacity)
		return true;
	size_t capacity = count + count / 2 + 1;
	free(sheet->ends);
	sheet->end_capacity = 0;
	sheet->ends = malloc(capacity * sizeof *sheet->ends);
	if (sheet->ends == NULL)
		return nest_error_memory(error, capacity * sizeof *sheet->ends, "the rows of a batch");
	sheet->end_capacity = capacity;
	return true;
}

/* ---- sheets ---- */

/* What the lists or the long texts of a column take. */
static size_t
bytes_of_column(const struct rows *rows, const struct column *column)
{
	const struct block *block = &rows->block;
	size_t first = block->first, end = first + block->count;
	if (is_column_of_lists(column))
		return column->ends[column->firsts[end]] - column->ends[column->firsts[first]];
	const struct text *texts = column->values;
	size_t bytes = 0;
	for (size_t i = first; i < end; i++)
		bytes += texts[i].size;
	return bytes;
}

/* What a block takes at most where its instances are together. */
static size_t
bytes_of_block(const struct rows *rows, const struct sheet *sheet)
{
	size_t bytes = rows->scratch.size + rows->block.count * sheet->end_bytes;
	for (uint32_t k = sheet->rooms_end; k < sheet->end_column; k++)
		if (rows->origins[k].room_varies)
			bytes += bytes_of_column(rows, &rows->columns[k]);
	return bytes;
}

/* Appends a block's instances to OUT, of which those of the sheet are from BEGIN on. */
static bool
write_block(
    struct rows *rows, const struct sheet *sheet, struct buffer *out, size_t begin, struct nest_error *error)
{
	static const struct column of_rooms = {.form = COLUMN_ROOMS};
	struct block *block = &rows->block;
	block->ending = NULL;
	for (uint32_t k = sheet->first_column; k < sheet->rooms_end; k++)
		rows->put(&rows->columns[k], block);
	if (!buffer_reserve(out, bytes_of_block(rows, sheet) + BLOCK_SLACK, error))
		return false;
	struct ending ending = {.tail = sheet->has_tail ? &rows->columns[sheet->end_column - 1] : NULL,
	    .to = out->data + out->size,
	    .start = out->data + begin,
	    .ends = sheet->ends + block->first + 1};
	block->ending = &ending;
	rows->put(sheet->room_bytes > 0 ? &of_rooms : &rows->columns[sheet->first_column], block);
	out->size = (size_t)(ending.to - out->data);
	return true;
}

/* Appends the instances of SCOPE to OUT. */
static bool
write_sheet(struct rows *rows, uint32_t scope, struct buffer *out, struct nest_error *error)
{
	struct sheet *sheet = &rows->sheets[scope];
	struct block *block = &rows->block;
	size_t count = rows->compiled->batch.scopes[scope].count, begin = out->size;
	if (!reserve_ends(sheet, count, error) || !buffer_reserve(out, BLOCK_SLACK, error))
		return false;
	for (uint32_t k = sheet->first_column; k < sheet->end_column; k++)
		set_column(rows, k);
	sheet->ends[0] = 0;
	for (block->first = 0; block->first < count; block->first += block->count)
		if (!place_block(rows, sheet, count - block->first, error) ||
		    !write_block(rows, sheet, out, begin, error))
			return false;
	return true;
}

/* Appends the rows that were drawn last. */
static bool
write_rows(struct rows *rows, struct buffer *out, struct nest_error *error)
{
	struct batch *batch = &rows->compiled->batch;
	batch->spent = 0;
	if (!batch_spend(batch, bytes_of_all(rows->compiled), 1, error))
		return false;
	/* A scope comes after the one that it is in. */
	for (uint32_t scope = batch->scope_count; scope-- > 1;) {
		buffer_clear(&rows->sheets[scope].bytes);
		if (!write_sheet(rows, scope, &rows->sheets[scope].bytes, error))
			return false;
	}
	return write_sheet(rows, 0, out, error);
}

bool
rows_append(struct rows *rows, uint64_t first, uint64_t count, struct buffer *out, struct nest_error *error)
{
	struct batch *batch = &rows->compiled->batch;
	for (uint64_t done = 0; done < count;) {
		size_t more = count - done < batch->rows_most ? (size_t)(count - done) : batch->rows_most;
		if (batch_draw(batch, first + done, more, error) && write_rows(rows, out, error))
			done += more;
		else if (batch->is_too_large && more > 1)
			batch->rows_most = more / 2;
		else
			return false;
	}
	return true;
}
