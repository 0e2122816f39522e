/*
 * quantity - whole numbers as people type them: 5000, 1_000_000, 250k, 1.5M, 1e9.
 *
 * Digits, which single underscores may keep apart; a point and more of them; an
 * exponent of ten; and one of the letters k, M, G and T, large or small, for
 * thousands, millions, billions and trillions.  What comes out must be whole.
 */
#ifndef NEST_BASE_QUANTITY_H
#define NEST_BASE_QUANTITY_H

#include <stdint.h>

enum quantity_kind {
	QUANTITY_WHOLE,
	QUANTITY_NONE,     /* no number at all */
	QUANTITY_BROKEN,   /* a number, but not a whole one */
	QUANTITY_TOO_LARGE /* for 64 bits */
};

/* Reads all of TEXT; sets *VALUE where the number is whole and fits. */
enum quantity_kind quantity_read(const char *text, uint64_t *value);

enum { QUANTITY_BYTES = 16 }; /* room for a number as people read it */

/* Puts NUMBER into TEXT, and returns that: "999", "1.23M", three digits and one of k, M, G, T, P and E. */
const char *quantity_print(double number, char text[QUANTITY_BYTES]);

#endif
