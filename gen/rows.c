#include "gen/rows.h"

#include "lib/wire/pack.h"

#include <stdlib.h>

enum {
	HEAD_BYTES = 5,        /* of a text or a container at most */
	SHORT_TEXT_BYTES = 32, /* longer than any text with a head of one byte */
};

/* ---- values ---- */

static inline uint8_t *
put_big_endian(uint8_t *at, uint8_t mark, uint64_t value, unsigned bytes)
{
	uint64_t turned = __builtin_bswap64(value << (64 - 8 * bytes));
	*at = mark;
	memcpy(at + 1, &turned, 8);
	return at + 1 + bytes;
}

static inline uint8_t *
put_number(uint8_t *at, int64_t number)
{
	if (number >= 0) {
		uint64_t value = (uint64_t)number;
		if (value < 0x80) {
			*at = (uint8_t)value;
			return at + 1;
		}
		return value <= UINT8_MAX    ? put_big_endian(at, 0xcc, value, 1)
		       : value <= UINT16_MAX ? put_big_endian(at, 0xcd, value, 2)
		       : value <= UINT32_MAX ? put_big_endian(at, 0xce, value, 4)
		                             : put_big_endian(at, 0xcf, value, 8);
	}
	if (number >= -32) {
		*at = (uint8_t)number;
		return at + 1;
	}
	return number >= INT8_MIN    ? put_big_endian(at, 0xd0, (uint64_t)number, 1)
	       : number >= INT16_MIN ? put_big_endian(at, 0xd1, (uint64_t)number, 2)
	       : number >= INT32_MIN ? put_big_endian(at, 0xd2, (uint64_t)number, 4)
	                             : put_big_endian(at, 0xd3, (uint64_t)number, 8);
}

/* The bytes of a text may be read, and those behind it here written, TEXT_SLACK further than it goes. */
static inline uint8_t *
put_bytes(uint8_t *at, struct text text)
{
	memcpy(at, text.data, TEXT_SLACK);
	for (uint64_t done = TEXT_SLACK; done < text.size; done += TEXT_SLACK)
		memcpy(at + done, text.data + done, TEXT_SLACK);
	return at + text.size;
}

static inline uint8_t *
put_text(uint8_t *at, struct text text)
{
	if (text.size < 32)
		*at++ = (uint8_t)(0xa0u | text.size);
	else
		at = text.size <= UINT8_MAX    ? put_big_endian(at, 0xd9, text.size, 1)
		     : text.size <= UINT16_MAX ? put_big_endian(at, 0xda, text.size, 2)
		                               : put_big_endian(at, 0xdb, text.size, 4);
	return put_bytes(at, text);
}

static inline uint8_t *
put_bin(uint8_t *at, struct text text)
{
	at = text.size <= UINT8_MAX    ? put_big_endian(at, 0xc4, text.size, 1)
	     : text.size <= UINT16_MAX ? put_big_endian(at, 0xc5, text.size, 2)
	                               : put_big_endian(at, 0xc6, text.size, 4);
	return put_bytes(at, text);
}

static inline uint8_t *
put_real(uint8_t *at, double real)
{
	uint64_t bits;
	memcpy(&bits, &real, sizeof bits);
	return put_big_endian(at, 0xcb, bits, 8);
}

static inline uint8_t *
put_array(uint8_t *at, uint32_t count)
{
	if (count < 16)
		return pack_small_array(at, count);
	return count <= UINT16_MAX ? put_big_endian(at, 0xdc, count, 2) : put_big_endian(at, 0xdd, count, 4);
}

static inline uint8_t *
put_map(uint8_t *at, uint32_t count)
{
	if (count < 16) {
		*at = (uint8_t)(0x80u | count);
		return at + 1;
	}
	return count <= UINT16_MAX ? put_big_endian(at, 0xde, count, 2) : put_big_endian(at, 0xdf, count, 4);
}

/* Without branches: whether a short text is null cannot be foreseen. */
static inline uint8_t *
put_short_text(uint8_t *at, struct text text, bool is_null)
{
	memcpy(at + 1, text.data, SHORT_TEXT_BYTES);
	*at = is_null ? 0xc0 : (uint8_t)(0xa0u | text.size);
	return at + (is_null ? 1 : 1 + text.size);
}

/* ---- columns ---- */

/* What a row's writing needs of a field, side by side. */
struct column {
	enum field_form form;
	uint32_t child_count;
	uint32_t end; /* how many columns it has, with those in it */
	const void *values;
	const uint8_t *nulls; /* NULL where all have a value */
	const uint32_t *firsts;
};

static void
set_column(const struct compiled *compiled, uint32_t index, struct column *column)
{
	const struct field *field = &compiled->fields[index];
	*column = (struct column){
	    .form = field->form, .child_count = field->child_count, .end = field->end - index};
	if (field->vector != FIELD_ALWAYS) {
		const struct vector *vector = &compiled->batch.vectors[field->vector];
		column->values = vector->numbers;
		column->nulls = vector->nulls;
		if (field->form == FIELD_TEXT && vector->text_most < SHORT_TEXT_BYTES)
			column->form = FIELD_SHORT_TEXT;
	}
	if (field->form == FIELD_LIST || field->form == FIELD_MAP)
		column->firsts = compiled->batch.scopes[field->inner].firsts;
}

static inline bool
is_null_at(const struct column *column, size_t i)
{
	return column->nulls != NULL && column->nulls[i];
}

static uint8_t *put_fields(const struct column *at, const struct column *end, size_t i, uint8_t *p);

static uint8_t *
put_struct(const struct column *column, size_t i, uint8_t *p)
{
	if (column->values != NULL && (!((const int64_t *)column->values)[i] || is_null_at(column, i)))
		return pack_nil(p);
	p = put_array(p, column->child_count);
	return put_fields(column + 1, column + column->end, i, p);
}

static uint8_t *
put_elements(const struct column *column, size_t i, uint8_t *p)
{
	uint32_t first = column->firsts[i], end = column->firsts[i + 1];
	p = column->form == FIELD_MAP ? put_map(p, end - first) : put_array(p, end - first);
	for (uint32_t k = first; k < end; k++)
		p = put_fields(column + 1, column + column->end, k, p);
	return p;
}

/* The fields from COLUMN on, each with those that are in it, of the instance I of their scope. */
static uint8_t *
put_fields(const struct column *column, const struct column *end, size_t i, uint8_t *p)
{
	for (; column < end; column += column->end) {
		bool is_null = is_null_at(column, i);
		if (column->form == FIELD_SHORT_TEXT) {
			p = put_short_text(p, ((const struct text *)column->values)[i], is_null);
			continue;
		}
		if (column->form == FIELD_STRUCT) {
			p = put_struct(column, i, p);
			continue;
		}
		if (is_null) {
			p = pack_nil(p);
			continue;
		}
		switch (column->form) {
		case FIELD_NUMBER:
			p = put_number(p, ((const int64_t *)column->values)[i]);
			break;
		case FIELD_TRUTH:
			*p++ = ((const int64_t *)column->values)[i] ? 0xc3 : 0xc2;
			break;
		case FIELD_REAL:
			p = put_real(p, ((const double *)column->values)[i]);
			break;
		case FIELD_TEXT:
			p = put_text(p, ((const struct text *)column->values)[i]);
			break;
		case FIELD_BYTES:
			p = put_bin(p, ((const struct text *)column->values)[i]);
			break;
		default:
			p = put_elements(column, i, p);
		}
	}
	return p;
}

/* ---- room ---- */

/* Bytes that the values of VECTOR take at most. */
static size_t
bytes_of(const struct batch *batch, const struct vector *vector)
{
	size_t count = batch->scopes[vector->scope].count, bytes = 0;
	if (vector->type != VECTOR_TEXT)
		return count * PACK_SCALAR_BYTES;
	if (vector->text_most <= 64)
		return count * (HEAD_BYTES + vector->text_most);
	for (size_t i = 0; i < count; i++)
		bytes += HEAD_BYTES + vector->texts[i].size;
	return bytes;
}

static size_t
bytes_of_all(const struct compiled *compiled)
{
	size_t bytes = PACK_SCALAR_BYTES + 2 * TEXT_SLACK;
	for (uint32_t i = 0; i < compiled->field_count; i++) {
		const struct field *field = &compiled->fields[i];
		bytes += field->form == FIELD_STRUCT
		             ? compiled->batch.scopes[field->inner].count * HEAD_BYTES
		             : bytes_of(&compiled->batch, &compiled->batch.vectors[field->vector]);
	}
	return bytes;
}

bool
rows_open(const struct compiled *compiled, struct column **columns, struct nest_error *error)
{
	*columns = calloc(compiled->field_count, sizeof **columns);
	return *columns != NULL ||
	       nest_error_memory(error, compiled->field_count * sizeof **columns, "the fields of a recipe");
}

/* Appends the COUNT rows that were drawn last. */
static bool
write_rows(struct compiled *compiled, struct column *columns, size_t count, struct buffer *out,
    struct nest_error *error)
{
	size_t bytes = bytes_of_all(compiled);
	compiled->batch.spent = 0;
	if (!batch_spend(&compiled->batch, bytes, 1, error) || !buffer_reserve(out, bytes, error))
		return false;
	for (uint32_t i = 0; i < compiled->field_count; i++)
		set_column(compiled, i, &columns[i]);
	uint8_t *at = out->data + out->size;
	for (size_t i = 0; i < count; i++)
		at = put_struct(columns, i, at);
	out->size = (size_t)(at - out->data);
	return true;
}

bool
rows_append(struct compiled *compiled, struct column *columns, uint64_t first, uint64_t count,
    struct buffer *out, struct nest_error *error)
{
	struct batch *batch = &compiled->batch;
	for (uint64_t done = 0; done < count;) {
		size_t more = count - done < batch->rows_most ? (size_t)(count - done) : batch->rows_most;
		if (batch_draw(batch, first + done, more, error) &&
		    write_rows(compiled, columns, more, out, error))
			done += more;
		else if (batch->is_too_large && more > 1)
			batch->rows_most = more / 2;
		else
			return false;
	}
	return true;
}
