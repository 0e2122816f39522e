/*
 * packing - msgpack values from readable text.
 *
 * The text is JSON with two additions: b"bytes" is a bin, and map keys may be
 * of any type.  A number with a decimal point is a float 64.  In a string,
 * \xHH is a byte.
 */
#ifndef NEST_TESTS_PACKING_H
#define NEST_TESTS_PACKING_H

#include "lib/base/buffer.h"

/* Appends every value in TEXT to OUT; aborts where TEXT is none of the above. */
void pack_text(struct buffer *out, const char *text);

#endif
