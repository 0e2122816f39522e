/*
 * pack - msgpack values written and read in place, for the bodies of rows.
 *
 * msgpack-c packs headers and is the oracle in the tests; here are the few
 * primitives that run at least once a row, where building its objects would
 * cost more than the work itself (https://github.com/msgpack/msgpack, spec.md).
 *
 * The writers return the byte after what they wrote and check nothing: the
 * caller has made room (PACK_SCALAR_BYTES and the size of the text).  The
 * reader never reads past its end.
 */
#ifndef NEST_BASE_PACK_H
#define NEST_BASE_PACK_H

#include "lib/base/buffer.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { PACK_SCALAR_BYTES = 9, PACK_DEPTH_LIMIT = 1026 };

static inline uint8_t *
pack_nil(uint8_t *p)
{
	*p = 0xc0;
	return p + 1;
}

/* Arrays of up to 15 elements. */
static inline uint8_t *
pack_small_array(uint8_t *p, unsigned count)
{
	*p = (uint8_t)(0x90u | count);
	return p + 1;
}

/* What the head of a value says; the rest of containers and texts follows it. */
enum pack_type {
	PACK_NIL,
	PACK_BOOLEAN,
	PACK_UNSIGNED,
	PACK_NEGATIVE,  /* an integer below zero, in `negative` */
	PACK_FLOAT,     /* in `real`, from 32 bits */
	PACK_DOUBLE,    /* in `real` */
	PACK_TEXT,      /* str: `size` bytes follow */
	PACK_BYTES,     /* bin: `size` bytes follow */
	PACK_ARRAY,     /* `size` values follow */
	PACK_MAP,       /* `size` pairs of values follow */
	PACK_EXTENSION, /* `size` bytes follow; not part of a row */
	PACK_BROKEN,    /* the end came first, or a byte that starts nothing */
};

struct pack_value {
	enum pack_type type;
	uint32_t size;
	union {
		uint64_t number;
		int64_t negative;
		double real;
		bool truth;
	};
};

struct pack_reader {
	const uint8_t *at, *end;
};

/*
 * Reads one head and steps past it.  PACK_BROKEN unless the bytes of a text,
 * bytes or extension lie before the end, and a container claims no more values
 * than bytes are left (each takes at least one).
 */
struct pack_value pack_read(struct pack_reader *reader);

/*
 * The integer at AT, where PACK_SCALAR_BYTES can be read, as bits of two's complement, and what is behind it;
 * NULL where there is something else.  Its size follows from a branch, which processors foresee where
 * integers are all about as large: what stands behind it is read before it is.
 */
static inline const uint8_t *
pack_read_integer(const uint8_t *at, uint64_t *bits, bool *is_negative)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	size_t size;
	uint8_t head = *at++;
	switch (head) {
	case 0xcc:
	case 0xd0:
		*bits = *at;
		size = 1;
		break;
	case 0xcd:
	case 0xd1:
		memcpy(&two, at, sizeof two);
		*bits = be16toh(two);
		size = 2;
		break;
	case 0xce:
	case 0xd2:
		memcpy(&four, at, sizeof four);
		*bits = be32toh(four);
		size = 4;
		break;
	case 0xcf:
	case 0xd3:
		memcpy(&eight, at, sizeof eight);
		*bits = be64toh(eight);
		size = 8;
		break;
	default:
		*bits = (uint64_t)(int8_t)head;
		*is_negative = head >= 0xe0;
		return head < 0x80 || head >= 0xe0 ? at : NULL;
	}
	*is_negative = false;
	if (head >= 0xd0) {
		size_t spare = 64 - 8 * size;
		*bits = (uint64_t)((int64_t)(*bits << spare) >> spare);
		*is_negative = *bits >> 63 != 0;
	}
	return at + size;
}

/* Skips one value with all that it contains; false if it is broken or nested too deep. */
bool pack_skip(struct pack_reader *reader);

/* The same; also false if containers are LIMIT deep or deeper, which is at most PACK_DEPTH_LIMIT. */
bool pack_skip_within(struct pack_reader *reader, size_t limit);

/* The name of a type in a message: "a map". */
const char *pack_type_name(enum pack_type type);

#endif
