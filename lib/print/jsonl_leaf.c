#include "lib/print/jsonl_leaf.h"

#include "lib/base/base64.h"
#include "lib/base/digits.h"
#include "lib/base/pack.h"
#include "lib/base/scan.h"
#include "lib/base/utf8.h"
#include "lib/print/escape.h"

#include <math.h>

enum { FLOAT_EXACT = 1 << 24, UUID_BYTES = 16, SHORT_BYTES = 28 };

#define DOUBLE_EXACT ((uint64_t)1 << 53)

struct jsonl_place
jsonl_grow(struct jsonl *jsonl, struct jsonl_place place, size_t size)
{
	struct buffer *out = jsonl->out;
	out->size = (size_t)(place.to - out->data);
	if (!buffer_grow(out, size + VALUE_ROOM, jsonl->error)) {
		jsonl->is_told = true;
		return jsonl_failed();
	}
	jsonl_note_room(jsonl);
	return (struct jsonl_place){place.at, out->data + out->size};
}

/* ---- texts and bytes ---- */

typedef bool appender(struct buffer *out, struct view bytes, struct nest_error *error);

/* APPEND makes room for itself; this makes room for what closes after it. */
static struct jsonl_place
append_with(struct jsonl *jsonl, appender *append, struct view bytes, struct jsonl_place place)
{
	struct buffer *out = jsonl->out;
	out->size = (size_t)(place.to - out->data);
	if (!append(out, bytes, jsonl->error)) {
		jsonl->is_told = true;
		return jsonl_failed();
	}
	place.to = out->data + out->size;
	jsonl_note_room(jsonl);
	return jsonl_room(jsonl, place, 0);
}

static bool
append_base64(struct buffer *out, struct view bytes, struct nest_error *error)
{
	return buffer_append(out, "\"", 1, error) && base64_append(out, bytes, error) &&
	       buffer_append(out, "\"", 1, error);
}

static bool
append_hexadecimal(struct buffer *out, struct view bytes, struct nest_error *error)
{
	if (!buffer_reserve(out, 2 * bytes.size + 2 + DIGITS_ROOM, error))
		return false;
	uint8_t *to = out->data + out->size, last[4] = {0};
	size_t left = bytes.size % sizeof last;
	memcpy(last, bytes.data + bytes.size - left, left);
	*to++ = '"';
	to = digits_put_bytes(to, bytes.data, bytes.size - left);
	to = digits_put_bytes(to, last, left);
	*to++ = '"';
	out->size = (size_t)(to - out->data);
	return true;
}

static struct jsonl_place
put_text(struct jsonl *jsonl, struct view text, struct jsonl_place place)
{
	if (!utf8_valid(text.data, text.size))
		return jsonl_failed();
	return append_with(jsonl, escape_append, text, place);
}

static struct jsonl_place
put_json(struct jsonl *jsonl, struct view text, struct jsonl_place place)
{
	if (text.size == 0 || !utf8_valid(text.data, text.size))
		return jsonl_failed();
	return append_with(jsonl, escape_lines, text, place);
}

/* Fails because the bytes are not characters, which is not the row's fault. */
static __attribute__((cold)) struct jsonl_place
no_characters(struct jsonl *jsonl, const struct jsonl_step *step)
{
	char path[256];
	jsonl->is_told = true;
	nest_error_set(jsonl->error, NEST_INVALID,
	    "field %s: bytes that are not UTF-8; --binary base64 or hex writes them",
	    schema_path(jsonl->schema, (uint32_t)(step - jsonl->steps), path, sizeof path));
	return jsonl_failed();
}

static struct jsonl_place
put_binary(struct jsonl *jsonl, const struct jsonl_step *step, struct view bytes, struct jsonl_place place)
{
	switch (jsonl->binary) {
	case JSONL_BASE64:
		return append_with(jsonl, append_base64, bytes, place);
	case JSONL_HEX:
		return append_with(jsonl, append_hexadecimal, bytes, place);
	case JSONL_UTF8:
		break;
	}
	if (!utf8_valid(bytes.data, bytes.size))
		return no_characters(jsonl, step);
	return append_with(jsonl, escape_append, bytes, place);
}

static uint16_t
little_endian(const uint8_t *two)
{
	return (uint16_t)(two[0] | two[1] << 8);
}

/* Writes a str or a bin, past whose last byte PLACE.at is already. */
static struct jsonl_place
put_bytes(struct jsonl *jsonl, const struct jsonl_step *step, struct view bytes, bool is_text,
    struct jsonl_place place)
{
	const struct logical_type *logical = &step->node->logical;
	if (step->size != 0 && bytes.size != step->size)
		return jsonl_failed();
	switch (step->leaf) {
	case LEAF_TEXT:
		return is_text ? put_text(jsonl, bytes, place) : jsonl_failed();
	case LEAF_JSON:
		return is_text ? put_json(jsonl, bytes, place) : jsonl_failed();
	case LEAF_BYTES:
		return put_binary(jsonl, step, bytes, place);
	case LEAF_UUID:
		place.to = print_uuid(place.to, bytes.data);
		return place;
	case LEAF_HALF:
		place.to = print_half(place.to, little_endian(bytes.data));
		return place;
	case LEAF_DECIMAL:
		place.to = print_decimal(place.to, bytes, logical->precision, logical->scale);
		return place.to != NULL ? place : jsonl_failed();
	default:
		return jsonl_failed();
	}
}

/* ---- numbers ---- */

static uint8_t *
put_word(uint8_t *to, const char *word)
{
	size_t size = strlen(word);
	memcpy(to, word, size);
	return to + size;
}

/* Writes an integer as a number with a fraction, which must be exact. */
static uint8_t *
put_whole_real(const struct jsonl_step *step, uint64_t magnitude, bool is_negative, uint8_t *to)
{
	if (magnitude > (step->leaf == LEAF_FLOAT ? FLOAT_EXACT : DOUBLE_EXACT))
		return NULL;
	return print_integer(to, magnitude, is_negative);
}

/* Writes an integer of the leaf's range; NULL if the leaf takes none.  LEAF is the step's, and mostly
 * constant. */
static inline __attribute__((always_inline)) uint8_t *
put_integer(
    const struct jsonl_step *step, enum jsonl_leaf leaf, uint64_t magnitude, bool is_negative, uint8_t *to)
{
	const struct logical_type *logical = &step->node->logical;
	int64_t value = (int64_t)(is_negative ? 0 - magnitude : magnitude);
	switch (leaf) {
	case LEAF_INTEGER:
		return print_integer(to, magnitude, is_negative);
	case LEAF_DATE:
		return print_date(to, value);
	case LEAF_TIME:
		return print_time(to, value, logical->unit, logical->is_adjusted_to_utc);
	case LEAF_TIMESTAMP:
		return print_timestamp(to, value, logical->unit, logical->is_adjusted_to_utc);
	case LEAF_SMALL_DECIMAL:
		return print_small_decimal(to, magnitude, is_negative, logical->scale);
	default:
		return NULL;
	}
}

/* Writes an integer; NULL if the leaf takes none, or not this one. */
static uint8_t *
put_any_integer(const struct jsonl_step *step, uint64_t magnitude, bool is_negative, uint8_t *to)
{
	if (step->leaf == LEAF_FLOAT || step->leaf == LEAF_DOUBLE)
		return put_whole_real(step, magnitude, is_negative, to);
	if (magnitude > (is_negative ? step->lowest : step->highest))
		return NULL;
	return put_integer(step, step->leaf, magnitude, is_negative, to);
}

static uint8_t *
put_real(const struct jsonl_step *step, double real, uint8_t *to)
{
	if (step->leaf == LEAF_DOUBLE)
		return print_double(to, real);
	if (step->leaf != LEAF_FLOAT || (isinf((float)real) && !isinf(real)))
		return NULL;
	return print_float(to, (float)real);
}

struct jsonl_place
jsonl_put_leaf(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	struct pack_reader reader = {at, jsonl->end};
	struct pack_value value = pack_read(&reader);
	uint8_t *end = NULL;
	switch (value.type) {
	case PACK_TEXT:
	case PACK_BYTES:
		return put_bytes(jsonl, step, (struct view){reader.at, value.size}, value.type == PACK_TEXT,
		    (struct jsonl_place){reader.at + value.size, to});
	case PACK_UNSIGNED:
		end = put_any_integer(step, value.number, false, to);
		break;
	case PACK_NEGATIVE:
		end = put_any_integer(step, 0 - (uint64_t)value.negative, true, to);
		break;
	case PACK_FLOAT:
	case PACK_DOUBLE:
		end = put_real(step, value.real, to);
		break;
	case PACK_BOOLEAN:
		if (step->leaf == LEAF_BOOLEAN)
			end = put_word(to, value.truth ? "true" : "false");
		break;
	default:
		break;
	}
	return end != NULL ? (struct jsonl_place){reader.at, end} : jsonl_failed();
}

/* ---- the values of a leaf as most are, and far from the end of the rows ---- */

/* Any other: nil, or of a form that a leaf may have but rarely has. */
static __attribute__((noinline)) struct jsonl_place
put_other(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	if (jsonl_is_nil(jsonl, at))
		return step->is_optional ? jsonl_put_null((struct jsonl_place){at, to}) : jsonl_failed();
	return jsonl_put_leaf(jsonl, step, at, to);
}

/* Writes a short text as put_text_leaf() does, with characters that are not ASCII. */
static __attribute__((noinline)) struct jsonl_place
put_odd_text(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	size_t size = *at & 31u;
	uint32_t special = scan_special(at + 1) | scan_special(at + 1 + SCAN_BYTES) << SCAN_BYTES;
	if ((special & (((uint32_t)1 << size) - 1)) != 0 || !utf8_valid(at + 1, size))
		return put_other(jsonl, step, at, to);
	*to++ = '"';
	memcpy(to, at + 1, TEXT_SLOT);
	to[size] = '"';
	return (struct jsonl_place){at + 1 + size, to + size + 1};
}

/* A text of up to 255 bytes (d9), if no character of it is odd. */
static __attribute__((noinline)) struct jsonl_place
put_long_text(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	if ((size_t)(jsonl->end - at) < 2 + TEXT_SLOT + LONG_TEXT || *at != 0xd9)
		return put_other(jsonl, step, at, to);
	size_t size = at[1], i = 0;
	const uint8_t *text = at + 2;
	uint32_t odd = 0;
	*to = '"';
	for (; i + SCAN_BYTES <= size; i += SCAN_BYTES) {
		odd |= scan_odd(text + i);
		memcpy(to + 1 + i, text + i, SCAN_BYTES);
	}
	odd |= scan_odd(text + i) & (((uint32_t)1 << (size - i)) - 1);
	memcpy(to + 1 + i, text + i, SCAN_BYTES);
	if (odd != 0)
		return put_other(jsonl, step, at, to);
	to[1 + size] = '"';
	return (struct jsonl_place){text + size, to + size + 2};
}

/*
 * Texts of up to 31 bytes (a0 to bf) without a character to escape, and nil (c0) in an
 * optional leaf, the most frequent fields, are written without a branch on which it is:
 * both heads have the size in their low five bits, and only nil has bit 6.  Excess
 * bytes are overwritten by what follows.
 */
static struct jsonl_place
put_text_leaf(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	static const char begins[2][4] = {"\"\"\"\"", "null"};
	if (at >= jsonl->slot_end || (uint8_t)(*at - 0xa0) >= step->text_heads)
		return put_long_text(jsonl, step, at, to);
	size_t size = *at & 31u, nil = *at >> 6 & 1u;
	uint32_t odd = scan_odd(at + 1) | scan_odd(at + 1 + SCAN_BYTES) << SCAN_BYTES;
	if (__builtin_expect((odd & (((uint32_t)1 << size) - 1)) != 0, 0))
		return put_odd_text(jsonl, step, at, to);
	memcpy(to, begins[nil], 4);
	to += 1 + 3 * nil; /* a quote, or null */
	memcpy(to, at + 1, TEXT_SLOT);
	to[size] = '"';
	return (struct jsonl_place){at + 1 + size, to + size + 1 - nil};
}

/* LEAF is the step's. */
static inline __attribute__((always_inline)) struct jsonl_place
put_integer_leaf(
    struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to, enum jsonl_leaf leaf)
{
	uint64_t bits;
	bool is_negative;
	const uint8_t *behind = at < jsonl->slot_end ? pack_read_integer(at, &bits, &is_negative) : NULL;
	if (behind == NULL)
		return put_other(jsonl, step, at, to);
	uint64_t magnitude = is_negative ? 0 - bits : bits;
	if (magnitude > (is_negative ? step->lowest : step->highest))
		return jsonl_failed();
	return (struct jsonl_place){behind, put_integer(step, leaf, magnitude, is_negative, to)};
}

static struct jsonl_place
put_plain_integer(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	return put_integer_leaf(jsonl, step, at, to, LEAF_INTEGER);
}

static struct jsonl_place
put_date(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	return put_integer_leaf(jsonl, step, at, to, LEAF_DATE);
}

static struct jsonl_place
put_time(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	return put_integer_leaf(jsonl, step, at, to, LEAF_TIME);
}

static struct jsonl_place
put_timestamp(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	return put_integer_leaf(jsonl, step, at, to, LEAF_TIMESTAMP);
}

static struct jsonl_place
put_small_decimal(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	return put_integer_leaf(jsonl, step, at, to, LEAF_SMALL_DECIMAL);
}

/* Nil, false and true are c0, c2 and c3; which it is nobody foresees. */
static struct jsonl_place
put_boolean(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	static const struct {
		char text[8];
		size_t size;
	} words[4] = {{"null", 4}, {"", 0}, {"false", 5}, {"true", 4}};
	if (at >= jsonl->slot_end)
		return put_other(jsonl, step, at, to);
	unsigned which = *at - 0xc0u;
	if (which >= 4 || which == 1 || (which == 0 && !step->is_optional))
		return put_other(jsonl, step, at, to);
	memcpy(to, words[which].text, sizeof words[which].text);
	return (struct jsonl_place){at + 1, to + words[which].size};
}

static struct jsonl_place
put_double(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	uint64_t bits;
	double real;
	if (at >= jsonl->slot_end || *at != 0xcb)
		return put_other(jsonl, step, at, to);
	memcpy(&bits, at + 1, sizeof bits);
	bits = be64toh(bits);
	memcpy(&real, &bits, sizeof real);
	return (struct jsonl_place){at + 9, print_double(to, real)};
}

static struct jsonl_place
put_float(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	uint32_t bits;
	float real;
	if (at >= jsonl->slot_end || *at != 0xca)
		return put_other(jsonl, step, at, to);
	memcpy(&bits, at + 1, sizeof bits);
	bits = be32toh(bits);
	memcpy(&real, &bits, sizeof real);
	return (struct jsonl_place){at + 5, print_float(to, real)};
}

static struct jsonl_place
put_uuid(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	if (at >= jsonl->slot_end || at[0] != 0xc4 || at[1] != UUID_BYTES)
		return put_other(jsonl, step, at, to);
	return (struct jsonl_place){at + 2 + UUID_BYTES, print_uuid(to, at + 2)};
}

/* Up to 255 bytes (c4). */
static struct jsonl_place
put_short_bytes(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	if (at >= jsonl->slot_end || at[0] != 0xc4 || (size_t)(jsonl->end - at) < 2u + at[1])
		return put_other(jsonl, step, at, to);
	struct view bytes = {at + 2, at[1]};
	return put_bytes(jsonl, step, bytes, false, (struct jsonl_place){bytes.data + bytes.size, to});
}

/* The same as hexadecimal digits. */
static struct jsonl_place
put_hexadecimal(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	if (at >= jsonl->slot_end || at[0] != 0xc4 || at[1] > SHORT_BYTES ||
	    (step->size != 0 && at[1] != step->size))
		return put_short_bytes(jsonl, step, at, to);
	size_t size = at[1];
	*to = '"';
	to = digits_put_bytes(to + 1, at + 2, size);
	*to = '"';
	return (struct jsonl_place){at + 2 + size, to + 1};
}

jsonl_putter *
jsonl_leaf_putter(enum jsonl_leaf leaf, enum jsonl_binary binary)
{
	static jsonl_putter *const putters[LEAF_BYTES + 1] = {
	    [LEAF_TEXT] = put_text_leaf,
	    [LEAF_BOOLEAN] = put_boolean,
	    [LEAF_INTEGER] = put_plain_integer,
	    [LEAF_DATE] = put_date,
	    [LEAF_TIME] = put_time,
	    [LEAF_TIMESTAMP] = put_timestamp,
	    [LEAF_SMALL_DECIMAL] = put_small_decimal,
	    [LEAF_FLOAT] = put_float,
	    [LEAF_DOUBLE] = put_double,
	    [LEAF_UUID] = put_uuid,
	    [LEAF_DECIMAL] = put_short_bytes,
	    [LEAF_HALF] = put_short_bytes,
	    [LEAF_BYTES] = put_short_bytes,
	};
	if (leaf == LEAF_BYTES && binary == JSONL_HEX)
		return put_hexadecimal;
	return putters[leaf] != NULL ? putters[leaf] : put_other;
}
