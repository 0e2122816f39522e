/*
 * quantity - whole numbers as people type them: 5000, 1_000_000, 250k, 1.5M, 1e9.
 *
 * Digits, which single underscores may separate; then, each optional, a point and
 * more digits, an exponent of ten, and one of the letters k, M, G and T, in either case,
 * for thousands, millions, billions and trillions.  The result must be whole.
 */
#ifndef NEST_BASE_QUANTITY_H
#define NEST_BASE_QUANTITY_H

#include <stdint.h>

enum quantity_kind {
	QUANTITY_WHOLE,
	QUANTITY_NONE,     /* not a number */
	QUANTITY_BROKEN,   /* a number, but not a whole one */
	QUANTITY_TOO_LARGE /* for 64 bits */
};

/* Reads all of TEXT; sets *VALUE if the number is whole and fits. */
enum quantity_kind quantity_read(const char *text, uint64_t *value);

enum { QUANTITY_BYTES = 16 }; /* room for a number as people read it */

/* Prints NUMBER to TEXT and returns TEXT: "999", "1.23M", three digits and one of k, M, G, T, P and E. */
const char *quantity_print(double number, char text[QUANTITY_BYTES]);

#endif
