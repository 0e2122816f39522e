/*
 * packing - msgpack values from a text that a reader of a test can read.
 *
 * The text is JSON with two liberties: b"bytes" is a bin, and the keys of a
 * map may be of any type.  A number with a point in it is a float 64.  In a
 * string, \xHH is a byte.
 */
#ifndef NEST_TESTS_PACKING_H
#define NEST_TESTS_PACKING_H

#include "lib/base/buffer.h"

/* Appends every value in TEXT to OUT; aborts where TEXT is none of the above. */
void pack_text(struct buffer *out, const char *text);

#endif
