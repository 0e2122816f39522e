/*
 * scalar - one value of a record, whatever notation it came in, appended as a
 * PLAIN value.
 *
 * A walker of a notation hands what it finds to scalar_append(), and nothing
 * else knows what a leaf takes: nest-frame(5) has the table for msgpack and
 * nest-shred(1) the one for JSON.  Values are laid out as the Parquet format's
 * PLAIN encoding has them, but a boolean is one byte.
 */
#ifndef NEST_SHRED_SCALAR_H
#define NEST_SHRED_SCALAR_H

#include "lib/json/number.h"
#include "lib/schema/schema.h"
#include "shred/stripe.h"

enum scalar_kind {
	SCALAR_BOOLEAN,
	SCALAR_INTEGER, /* of a binary notation: for a DECIMAL it is the unscaled value */
	SCALAR_REAL,    /* a binary floating-point number */
	SCALAR_NUMBER,  /* written in decimal digits, and no value yet */
	SCALAR_TEXT,
	SCALAR_BYTES,
	SCALAR_OTHER, /* nothing that a leaf takes: only its name counts */
};

struct scalar {
	enum scalar_kind kind;
	const char *name; /* how a message calls it: "a string" */
	union {
		bool truth;
		double real;
		struct {
			uint64_t magnitude;
			bool is_negative;
		} integer;
		struct number number;
		struct view bytes; /* of a text, borrowed, and of bytes */
	};
};

enum scalar_binary { BINARY_UTF8, BINARY_BASE64, BINARY_HEX };

/* What texts may stand for. */
struct scalar_rules {
	bool texts_are_plain; /* a text stands for its own bytes and nothing else, as in nest-frame(5) */
	unsigned binary;      /* enum scalar_binary: how a text stands for bytes */
	bool non_finite;      /* the texts NaN, Infinity and -Infinity are floating-point numbers */
};

/* NEST_INVALID where LEAF does not take SCALAR; the stripe may then hold a piece of it. */
bool scalar_append(struct stripe *stripe, const struct schema_node *leaf, const struct scalar *scalar,
    const struct scalar_rules *rules, size_t *memory_bytes, struct nest_error *error);

#endif
