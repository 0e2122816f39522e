/*
 * put - msgpack values written without unpredictable branches: the notation of rows.
 *
 * Each function returns the byte after what it wrote, and may write up to PUT_SLACK bytes
 * more, which the next value overwrites.  Texts may be read TEXT_SLACK bytes past their
 * end.
 */
#ifndef NEST_GEN_PUT_H
#define NEST_GEN_PUT_H

#include "gen/batch/slots.h"
#include "lib/base/pack.h"

enum {
	PUT_CLOSES = 0,      /* nothing stands after an instance */
	PUT_HEAD_BYTES = 5,  /* at most, of a text or a container */
	PUT_SHORT_TEXT = 32, /* longer than any text with a head of one byte */
	PUT_BYTE_TEXT = 256, /* longer than any whose head has two */
};

/* OTHERWISE, or nil; SIZE, or that of nil: without a branch, which would be mispredicted at every rare null.
 */
static inline uint8_t
put_nil_or(bool is_null, unsigned otherwise)
{
	unsigned mask = 0u - (unsigned)is_null;
	return (uint8_t)((otherwise & ~mask) | (0xc0u & mask));
}

static inline size_t
put_size_or_nil(bool is_null, size_t size)
{
	return 1 + ((size - 1) & ((size_t)is_null - 1));
}

static inline uint8_t *
put_big_endian(uint8_t *at, uint8_t mark, uint64_t value, unsigned bytes)
{
	uint64_t turned = __builtin_bswap64(value << (64 - 8 * bytes));
	*at = mark;
	memcpy(at + 1, &turned, 8);
	return at + 1 + bytes;
}

/* How a number of some size is written: MARK, or its last byte if MARK is 0, then all but SHIFT bits. */
struct put_form {
	uint8_t mark, shift, size, unused;
};

#define PUT_FORM_FIX        \
	{                   \
		0, 56, 1, 0 \
	}
#define PUT_FORM_8(mark)       \
	{                      \
		mark, 56, 2, 0 \
	}
#define PUT_FORM_16(mark)      \
	{                      \
		mark, 48, 3, 0 \
	}
#define PUT_FORM_32(mark)      \
	{                      \
		mark, 32, 5, 0 \
	}
#define PUT_FORM_64(mark)     \
	{                     \
		mark, 0, 9, 0 \
	}
#define PUT_TWICE(...) __VA_ARGS__, __VA_ARGS__
#define PUT_FOUR(...) PUT_TWICE(PUT_TWICE(__VA_ARGS__))
#define PUT_EIGHT(...) PUT_TWICE(PUT_FOUR(__VA_ARGS__))
#define PUT_SIXTEEN(...) PUT_TWICE(PUT_EIGHT(__VA_ARGS__))

/* By the highest bit of the number; then, for numbers below zero, of its complement. */
static const struct put_form put_forms[128] = {
    PUT_FOUR(PUT_FORM_FIX), PUT_TWICE(PUT_FORM_FIX), PUT_FORM_FIX, /* 0 ... 127 */
    PUT_FORM_8(0xcc),                                              /* ... 255 */
    PUT_EIGHT(PUT_FORM_16(0xcd)), PUT_SIXTEEN(PUT_FORM_32(0xce)), PUT_TWICE(PUT_SIXTEEN(PUT_FORM_64(0xcf))),
    PUT_FOUR(PUT_FORM_FIX), PUT_FORM_FIX, /* -1 ... -32 */
    PUT_TWICE(PUT_FORM_8(0xd0)),          /* ... -128 */
    PUT_EIGHT(PUT_FORM_16(0xd1)), PUT_SIXTEEN(PUT_FORM_32(0xd2)), PUT_TWICE(PUT_SIXTEEN(PUT_FORM_64(0xd3))),
    PUT_FORM_64(0xd3) /* of no number */
};

static inline uint8_t *
put_number(uint8_t *at, int64_t number, bool is_null)
{
	uint64_t sign = (uint64_t)number >> 63, size = (uint64_t)number ^ (0 - sign);
	struct put_form form = put_forms[sign << 6 | (63 - (unsigned)__builtin_clzll(size | 1))];
	uint64_t turned = __builtin_bswap64((uint64_t)number << form.shift);
	uint8_t first = form.mark != 0 ? form.mark : (uint8_t)number;
	*at = put_nil_or(is_null, first);
	memcpy(at + 1, &turned, 8);
	return at + put_size_or_nil(is_null, form.size);
}

static inline uint8_t *
put_real(uint8_t *at, double real, bool is_null)
{
	uint64_t bits;
	memcpy(&bits, &real, sizeof bits);
	put_big_endian(at, put_nil_or(is_null, 0xcb), bits, 8);
	return at + put_size_or_nil(is_null, 9);
}

static inline uint8_t *
put_truth(uint8_t *at, int64_t truth, bool is_null)
{
	*at = put_nil_or(is_null, 0xc2 + (truth != 0));
	return at + 1;
}

/* The head of a text of SIZE bytes, fewer than PUT_SHORT_TEXT; a nil is 32 more than the head of an empty
 * text. */
static inline uint8_t *
put_short_head(uint8_t *at, size_t size, bool is_null)
{
	size &= (size_t)is_null - 1;
	*at = (uint8_t)(0xa0 + size + ((unsigned)is_null << 5));
	return at + 1 + size;
}

/* A text of less than PUT_SHORT_TEXT bytes. */
static inline uint8_t *
put_short_text(uint8_t *at, struct text text, bool is_null)
{
	copy_32(at + 1, text.data);
	return put_short_head(at, text.size, is_null);
}

static inline uint8_t *
put_text(uint8_t *at, struct text text)
{
	if (text.size < PUT_SHORT_TEXT)
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
put_array(uint8_t *at, uint32_t count)
{
	if (count < 16)
		return pack_small_array(at, count);
	return count <= UINT16_MAX ? put_big_endian(at, 0xdc, count, 2) : put_big_endian(at, 0xdd, count, 4);
}

/* Of 16 elements and more. */
static inline uint8_t *
put_map(uint8_t *at, uint32_t count)
{
	return count <= UINT16_MAX ? put_big_endian(at, 0xde, count, 2) : put_big_endian(at, 0xdf, count, 4);
}

/* The head of a text of less than PUT_BYTE_TEXT bytes that was put from AT + 1 on, up to END. */
static inline uint8_t *
put_end_of_text(uint8_t *at, uint8_t *end, bool is_null)
{
	size_t size = (size_t)(end - at) - 1;
	if (__builtin_expect(size >= PUT_SHORT_TEXT && !is_null, 0)) {
		for (size_t done = size & ~(size_t)(TEXT_SLACK - 1); done + TEXT_SLACK > 0;
		     done -= TEXT_SLACK)
			copy_32(at + 2 + done, at + 1 + done);
		at[0] = 0xd9;
		at[1] = (uint8_t)size;
		return at + 2 + size;
	}
	return put_short_head(at, size, is_null);
}

/* Nil at AT if there is nothing. */
ALWAYS uint8_t *
put_nil_if(uint8_t *at, bool is_nothing)
{
	*at = 0xc0;
	return at + is_nothing;
}

/* Null ones have no elements. */
ALWAYS uint8_t *
put_list_head(uint8_t *at, uint32_t count, bool is_map, bool is_null)
{
	if (count >= 16)
		return is_map ? put_map(at, count) : put_array(at, count);
	unsigned empty = is_map ? 0x80 : 0x90;
	*at = (uint8_t)(empty + count + ((0xc0 - empty) & (0 - (unsigned)is_null)));
	return at + 1;
}

/* COUNT elements or pairs, of SIZE bytes together. */
ALWAYS uint8_t *
put_list(uint8_t *at, const uint8_t *elements, size_t size, uint32_t count, bool is_map, bool is_null)
{
	return put_moved(put_list_head(at, count, is_map, is_null), elements, size);
}

/* The slot INDEX. */
ALWAYS uint8_t *
put_choice(uint8_t *at, const struct slots *slots, uint64_t index)
{
	return slots_put(slots, slots->slot_bytes, index, at);
}

/* For each form of columns with values: their type, and what puts VALUES[I] at P. */
#define PUT_FORMS(PUT)                                                                \
	PUT(COLUMN_NUMBER, int64_t, put_number(p, values[i], is_null))                \
	PUT(COLUMN_TRUTH, int64_t, put_truth(p, values[i], is_null))                  \
	PUT(COLUMN_REAL, double, put_real(p, values[i], is_null))                     \
	PUT(COLUMN_TEXT, struct text, is_null ? pack_nil(p) : put_text(p, values[i])) \
	PUT(COLUMN_SHORT_TEXT, struct text, put_short_text(p, values[i], is_null))    \
	PUT(COLUMN_BYTES, struct text, is_null ? pack_nil(p) : put_bin(p, values[i]))

#endif
