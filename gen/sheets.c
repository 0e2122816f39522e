#include "gen/sheets.h"

#include "gen/put.h"

#include <stdlib.h>

enum {
	LINE_BYTES = 64, /* of the cache: each instance begins a line, and neighbours lie in different sets */
	BLOCK_BYTES = 1 << 16, /* of which those that are written stay in the cache */
	BLOCK_LEAST = 16,      /* instances: a column is called for each block */
	LEAST_BYTES = 1 << 20, /* of which these may take more than other blocks */
};

/* ---- columns ---- */

static bool
is_column_of_lists(const struct column *column)
{
	return column->form == COLUMN_LIST || column->form == COLUMN_MAP;
}

static const struct origin nowhere;

void
sheets_add_column(
    struct sheets *sheets, const struct column *column, const struct origin *origin, size_t room_bytes)
{
	uint32_t index = sheets->column_count++;
	sheets->columns[index] = *column;
	sheets->columns[index].lead = sheets->lead;
	sheets->columns[index].lead_size = sheets->lead_size;
	sheets->origins[index] = *origin;
	sheets->origins[index].room_bytes = sheets->lead_size + room_bytes;
	sheets->lead_size = 0;
}

void
sheets_add_constant(struct sheets *sheets, const uint8_t *bytes, size_t size)
{
	if (sheets->lead_size + size > LEAD_BYTES)
		sheets_add_column(sheets, &(struct column){.form = COLUMN_NOTHING}, &nowhere, 0);
	memcpy((uint8_t *)&sheets->lead + sheets->lead_size, bytes, size);
	sheets->lead_size += (uint32_t)size;
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
add_text_head(struct sheets *sheets, const struct piece *piece, uint8_t begin)
{
	uint8_t head[1 + PIECE_LEAD_BYTES] = {begin};
	memcpy(head + 1, piece->lead, piece->lead_size);
	sheets_add_constant(sheets, head, 1 + piece->lead_size);
	return 1 + piece->lead_size;
}

void
sheets_add_pieces(
    struct sheets *sheets, const struct field *field, uint32_t depth, uint8_t begin, size_t end_bytes)
{
	const struct piece *pieces = &sheets->compiled->pieces[field->first_piece];
	struct origin origin = {.nulls = field->vector};
	uint32_t count = field->piece_count;
	struct column column = {.depth = depth, .head_bytes = add_text_head(sheets, &pieces[0], begin)};
	if (count <= 2 && pieces[0].form != PIECE_NOTHING) {
		size_t room = end_bytes;
		column.form = COLUMN_TWO_PIECES;
		for (uint32_t i = 0; i < count; i++) {
			fill_part(&column.parts[i], &origin, i, &pieces[i]);
			room += room_of(&pieces[i]);
		}
		sheets_add_column(sheets, &column, &origin, room);
		return;
	}
	column.form = COLUMN_TEXT_BEGIN;
	sheets->depth = depth >= sheets->depth ? depth + 1 : sheets->depth;
	sheets_add_column(sheets, &column, &nowhere, end_bytes);
	for (uint32_t i = 0; i < count; i++) {
		struct column part = {.form = COLUMN_PIECE};
		struct origin from = nowhere;
		fill_part(&part.parts[0], &from, 0, &pieces[i]);
		part.parts[0].lead_size = i > 0 ? pieces[i].lead_size : 0;
		sheets_add_column(sheets, &part, &from, room_of(&pieces[i]));
	}
	column.form = COLUMN_TEXT_END;
	sheets_add_column(sheets, &column, &origin, 0);
}

void
sheets_begin_group(struct sheets *sheets, const struct field *field, uint32_t depth, size_t nil_bytes)
{
	const struct column column = {.form = COLUMN_GROUP_BEGIN, .depth = depth};
	const struct origin origin = {.values = field->vector, .nulls = field->vector};
	sheets->depth = depth >= sheets->depth ? depth + 1 : sheets->depth;
	sheets_add_column(sheets, &column, &origin, nil_bytes);
}

void
sheets_end_group(struct sheets *sheets, const struct field *field, uint32_t depth)
{
	const struct column column = {.form = COLUMN_GROUP_END, .depth = depth};
	const struct origin origin = {.values = field->vector, .nulls = field->vector};
	sheets_add_column(sheets, &column, &origin, 0);
}

/* Which of the columns go to rooms, and what they take. */
static void
close_sheet(struct sheets *sheets, struct sheet *sheet)
{
	sheet->close = sheets->lead;
	sheet->close_size = sheets->lead_size;
	sheets->lead_size = 0;
	uint32_t end = sheets->column_count, count = end - sheet->first_column;
	const struct column *last = &sheets->columns[end - 1];
	sheet->has_tail = count > 1 && (last->form == COLUMN_CHOICE || is_column_of_lists(last));
	sheet->rooms_end = count - sheet->has_tail > 1 ? end - sheet->has_tail : sheet->first_column;
	sheet->end_column = end;
	for (uint32_t i = sheet->first_column; i < sheet->rooms_end; i++) {
		sheet->room_bytes += sheets->origins[i].room_bytes;
		sheet->room_varies |= sheets->origins[i].room_varies;
	}
	sheet->end_bytes = sheet->close_size;
	for (uint32_t i = sheet->rooms_end; i < end; i++)
		sheet->end_bytes += sheets->origins[i].room_bytes;
	if (sheet->rooms_end > sheet->first_column)
		sheet->room_bytes = (((sheet->room_bytes + PUT_SLACK) / LINE_BYTES + 1) | 1) * LINE_BYTES;
}

bool
sheets_add(struct sheets *sheets, sheets_instance *add, void *notation, struct nest_error *error)
{
	const struct compiled *compiled = sheets->compiled;
	for (uint32_t i = 0; i < compiled->field_count; i++) {
		const struct field *field = &compiled->fields[i];
		bool is_list = field->form == FIELD_LIST || field->form == FIELD_MAP;
		if (i > 0 && !is_list)
			continue;
		struct sheet *sheet = &sheets->sheets[is_list ? field->inner : 0];
		sheet->first_column = sheets->column_count;
		if (!add(notation, i, error))
			return false;
		close_sheet(sheets, sheet);
	}
	size_t bytes = sheets->depth * sizeof *sheets->block.marks;
	sheets->block.marks = malloc(bytes);
	return sheets->block.marks != NULL || nest_error_memory(error, bytes, "the fields of a recipe");
}

/* ---- opening ---- */

bool
sheets_open(struct sheets *sheets, struct compiled *compiled, put_column *put, size_t columns_most,
    struct nest_error *error)
{
	uint32_t scopes = compiled->batch.scope_count;
	*sheets = (struct sheets){.compiled = compiled, .put = put, .depth = 1};
	sheets->sheets = calloc(scopes, sizeof *sheets->sheets);
	sheets->columns = calloc(columns_most, sizeof *sheets->columns);
	sheets->origins = calloc(columns_most, sizeof *sheets->origins);
	return (sheets->sheets != NULL && sheets->columns != NULL && sheets->origins != NULL) ||
	       nest_error_memory(error, columns_most * sizeof *sheets->columns, "the fields of a recipe");
}

void
sheets_close(struct sheets *sheets)
{
	for (uint32_t i = 0; sheets->sheets != NULL && i < sheets->compiled->batch.scope_count; i++) {
		free(sheets->sheets[i].ends);
		buffer_free(&sheets->sheets[i].bytes);
	}
	buffer_free(&sheets->scratch);
	free(sheets->sheets);
	free(sheets->columns);
	free(sheets->origins);
	free(sheets->block.marks);
}

/* Where the vectors of a column are, which may be elsewhere for each batch. */
static void
set_column(const struct sheets *sheets, uint32_t index)
{
	const struct origin *origin = &sheets->origins[index];
	const struct batch *batch = &sheets->compiled->batch;
	struct column *column = &sheets->columns[index];
	column->values = batch->vectors[origin->values].numbers;
	column->nulls = batch->vectors[origin->nulls].nulls;
	for (unsigned i = 0; i < 2; i++) {
		column->parts[i].values = batch->vectors[origin->parts[i]].numbers;
		column->parts[i].eights = (const uint64_t *)batch->vectors[origin->eights[i]].numbers;
	}
	if (is_column_of_lists(column)) {
		column->firsts = batch->scopes[origin->inner].firsts;
		column->ends = sheets->sheets[origin->inner].ends;
		column->elements = sheets->sheets[origin->inner].bytes.data;
	}
}

/* ---- room ---- */

/* Adds to PLACES, COUNT of them, what a column's values before each take, where that is not the same for all.
 */
static void
add_sizes(const struct sheets *sheets, uint32_t index, size_t first, size_t count, size_t *places)
{
	const struct column *column = &sheets->columns[index];
	if (!sheets->origins[index].room_varies)
		return;
	if (is_column_of_lists(column)) {
		const uint32_t *firsts = column->firsts + first, *ends = column->ends,
			       begin = ends[firsts[0]];
		for (size_t i = 0; i < count; i++)
			places[i] += ends[firsts[i]] - begin;
	} else {
		const struct text *texts = (const struct text *)column->values + first;
		size_t bytes = 0, each = sheets->origins[index].each;
		for (size_t i = 0; i + 1 < count; i++) {
			bytes += each * texts[i].size;
			places[i + 1] += bytes;
		}
	}
}

/* How many of MOST instances a block takes, one at least; PLACES, and one more after, are where each begins.
 */
static size_t
find_places(const struct sheets *sheets, const struct sheet *sheet, size_t most, size_t *places)
{
	size_t count = most;
	for (size_t i = 0; i <= most; i++)
		places[i] = i * sheet->room_bytes;
	for (uint32_t k = sheet->first_column; k < sheet->rooms_end; k++)
		add_sizes(sheets, k, sheets->block.first, most + 1, places);
	while (count > 1 && places[count] > (count > BLOCK_LEAST ? BLOCK_BYTES : LEAST_BYTES))
		count--;
	return count;
}

/* How many rooms of the same size, of MOST, a block has. */
static size_t
rooms_of_block(size_t room, size_t most)
{
	size_t usual = BLOCK_BYTES / room, least = LEAST_BYTES / room;
	least = least < BLOCK_LEAST ? least : BLOCK_LEAST;
	size_t count = usual > least ? usual : least;
	return count > most ? most : count > 0 ? count : 1;
}

/* Places for as many of MOST instances as a block takes, in scratch memory. */
static bool
place_block(struct sheets *sheets, const struct sheet *sheet, size_t most, struct nest_error *error)
{
	struct block *block = &sheets->block;
	size_t places[BLOCK_MOST + 1], count = most < BLOCK_MOST ? most : BLOCK_MOST;
	size_t room = sheet->room_bytes;
	buffer_clear(&sheets->scratch);
	block->count = count;
	if (room == 0)
		return true;
	if (sheet->room_varies)
		count = find_places(sheets, sheet, count, places);
	else
		count = rooms_of_block(room, count);
	size_t bytes = sheet->room_varies ? places[count] : count * room;
	if (!buffer_reserve(&sheets->scratch, LINE_BYTES + bytes + BLOCK_SLACK, error))
		return false;
	sheets->scratch.size = bytes;
	block->count = count;
	uint8_t *at = sheets->scratch.data + LINE_BYTES - (uintptr_t)sheets->scratch.data % LINE_BYTES;
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
bytes_of_column(const struct sheets *sheets, uint32_t index)
{
	const struct column *column = &sheets->columns[index];
	const struct block *block = &sheets->block;
	size_t first = block->first, end = first + block->count;
	if (is_column_of_lists(column))
		return column->ends[column->firsts[end]] - column->ends[column->firsts[first]];
	const struct text *texts = column->values;
	size_t bytes = 0;
	for (size_t i = first; i < end; i++)
		bytes += texts[i].size;
	return sheets->origins[index].each * bytes;
}

/* What a block takes at most where its instances are together. */
static size_t
bytes_of_block(const struct sheets *sheets, const struct sheet *sheet)
{
	size_t bytes = sheets->scratch.size + sheets->block.count * sheet->end_bytes;
	for (uint32_t k = sheet->rooms_end; k < sheet->end_column; k++)
		if (sheets->origins[k].room_varies)
			bytes += bytes_of_column(sheets, k);
	return bytes;
}

/* Appends a block's instances to OUT, of which those of the sheet are from BEGIN on. */
static bool
write_block(struct sheets *sheets, const struct sheet *sheet, struct buffer *out, size_t begin,
    struct nest_error *error)
{
	static const struct column of_rooms = {.form = COLUMN_ROOMS};
	struct block *block = &sheets->block;
	block->ending = NULL;
	for (uint32_t k = sheet->first_column; k < sheet->rooms_end; k++)
		sheets->put(&sheets->columns[k], block);
	if (!buffer_reserve(out, bytes_of_block(sheets, sheet) + BLOCK_SLACK, error))
		return false;
	struct ending ending = {.tail = sheet->has_tail ? &sheets->columns[sheet->end_column - 1] : NULL,
	    .to = out->data + out->size,
	    .start = out->data + begin,
	    .ends = sheet->ends + block->first + 1,
	    .close = sheet->close,
	    .close_size = sheet->close_size};
	block->ending = &ending;
	sheets->put(sheet->room_bytes > 0 ? &of_rooms : &sheets->columns[sheet->first_column], block);
	out->size = (size_t)(ending.to - out->data);
	return true;
}

/* Appends the instances of SCOPE to OUT. */
static bool
write_sheet(struct sheets *sheets, uint32_t scope, struct buffer *out, struct nest_error *error)
{
	struct sheet *sheet = &sheets->sheets[scope];
	struct block *block = &sheets->block;
	size_t count = sheets->compiled->batch.scopes[scope].count, begin = out->size;
	if (!reserve_ends(sheet, count, error) || !buffer_reserve(out, BLOCK_SLACK, error))
		return false;
	for (uint32_t k = sheet->first_column; k < sheet->end_column; k++)
		set_column(sheets, k);
	sheet->ends[0] = 0;
	for (block->first = 0; block->first < count; block->first += block->count)
		if (!place_block(sheets, sheet, count - block->first, error) ||
		    !write_block(sheets, sheet, out, begin, error))
			return false;
	return true;
}

/* Of a column's values, COUNT of them; those of a list are the columns' of its elements. */
static size_t
bytes_of_values(const struct sheets *sheets, uint32_t index, size_t count)
{
	const struct origin *origin = &sheets->origins[index];
	size_t bytes = 0;
	if (origin->each > 0)
		for (size_t i = 0; i < count; i++)
			bytes += sheets->compiled->batch.vectors[origin->values].texts[i].size;
	return count * origin->room_bytes + origin->each * bytes;
}

size_t
sheets_bytes_most(const struct sheets *sheets)
{
	const struct batch *batch = &sheets->compiled->batch;
	size_t bytes = 0;
	for (uint32_t scope = 0; scope < batch->scope_count; scope++) {
		const struct sheet *sheet = &sheets->sheets[scope];
		bytes += batch->scopes[scope].count * sheet->close_size;
		for (uint32_t i = sheet->first_column; i < sheet->end_column; i++)
			bytes += bytes_of_values(sheets, i, batch->scopes[scope].count);
	}
	return bytes;
}

bool
sheets_write(struct sheets *sheets, struct buffer *out, struct nest_error *error)
{
	/* A scope comes after the one that it is in. */
	for (uint32_t scope = sheets->compiled->batch.scope_count; scope-- > 1;) {
		buffer_clear(&sheets->sheets[scope].bytes);
		if (!write_sheet(sheets, scope, &sheets->sheets[scope].bytes, error))
			return false;
	}
	return write_sheet(sheets, 0, out, error);
}

bool
sheets_append(struct sheets *sheets, uint64_t first, uint64_t count, sheets_writer *write, void *writer,
    struct buffer *out, struct nest_error *error)
{
	struct batch *batch = &sheets->compiled->batch;
	for (uint64_t done = 0; done < count;) {
		size_t more = count - done < batch->rows_most ? (size_t)(count - done) : batch->rows_most;
		if (batch_draw(batch, first + done, more, error) && write(writer, out, error))
			done += more;
		else if (batch->is_too_large && more > 1)
			batch->rows_most = more / 2;
		else
			return false;
	}
	return true;
}
