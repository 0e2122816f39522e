/*
 * names - 3,007 first names and 473 last names, made from syllables.
 *
 * All names of a table are distinct, at most NAME_BYTES long, and in slots of 16
 * bytes, padded with zeros, so that one fixed-size copy moves any of them.
 */
#ifndef NEST_GEN_NAMES_H
#define NEST_GEN_NAMES_H

#include <stdint.h>

enum { FIRST_NAMES = 3007, LAST_NAMES = 473, NAME_BYTES = 14, NAME_SLOT = 16 };

struct name {
	char text[NAME_SLOT];
};

struct names {
	struct name first[FIRST_NAMES], last[LAST_NAMES];
	uint8_t first_size[FIRST_NAMES], last_size[LAST_NAMES];
};

void names_fill(struct names *names);

#endif
