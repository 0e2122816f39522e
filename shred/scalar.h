/*
 * scalar - appends one value of a record, whatever notation it came in, as a
 * PLAIN value.
 *
 * The walker of a notation passes what it finds to scalar_append(), the only
 * place that knows what a leaf takes: nest-frame(5) has the table for msgpack and
 * nest-shred(1) the one for JSON.  Values are in the PLAIN encoding of the Parquet
 * format, except that a boolean is one byte.
 */
#ifndef NEST_SHRED_SCALAR_H
#define NEST_SHRED_SCALAR_H

#include "lib/json/number.h"
#include "lib/schema/schema.h"
#include "shred/stripe.h"

enum scalar_kind {
	SCALAR_BOOLEAN,
	SCALAR_INTEGER, /* from a binary notation: for a DECIMAL it is the unscaled value */
	SCALAR_REAL,    /* a binary floating-point number */
	SCALAR_NUMBER,  /* decimal digits that were not converted yet */
	SCALAR_TEXT,
	SCALAR_BYTES,
	SCALAR_OTHER, /* not a value that a leaf takes: only its name is used */
};

struct scalar {
	enum scalar_kind kind;
	const char *name; /* for messages: "a string" */
	union {
		bool truth;
		double real;
		struct {
			uint64_t magnitude;
			bool is_negative;
		} integer;
		struct number number;
		struct view bytes; /* of a text or of bytes; borrowed */
	};
};

enum scalar_binary { BINARY_UTF8, BINARY_BASE64, BINARY_HEX };

/* What a text may mean. */
struct scalar_rules {
	bool texts_are_plain; /* a text means only its own bytes, as in nest-frame(5) */
	unsigned binary;      /* enum scalar_binary: how a text encodes bytes */
	bool non_finite;      /* the texts NaN, Infinity and -Infinity are floating-point numbers */
};

/* NEST_INVALID if LEAF does not take SCALAR; the stripe may then hold a piece of it. */
bool scalar_append(struct stripe *stripe, const struct schema_node *leaf, const struct scalar *scalar,
    const struct scalar_rules *rules, size_t *memory_bytes, struct nest_error *error);

#endif
