/*
 * recipe - what a dataset is made by: a schema, and rows from their numbers.
 *
 * Row r depends on the recipe, the seed and r alone, so any range of rows can
 * be made anywhere, in any order, without what is before it.
 */
#ifndef NEST_GEN_RECIPE_H
#define NEST_GEN_RECIPE_H

#include "lib/base/error.h"

#include <stdint.h>

struct recipe_state; /* tables that a recipe makes once for a seed */

struct recipe {
	const char *name;
	const char *summary; /* one line, for --help */
	unsigned version;    /* another one where the same numbers make other rows than before */
	const char *schema;  /* message type text */
	size_t row_bytes;    /* no row's msgpack form is longer */

	bool (*open)(struct recipe_state **state, uint64_t seed, struct nest_error *error);
	/*
	 * Writes COUNT rows from number FIRST on at AT, each one msgpack array, and
	 * returns the byte behind the last.  There is room for count * row_bytes.
	 */
	uint8_t *(*write_rows)(const struct recipe_state *state, uint64_t first, uint64_t count, uint8_t *at);
	void (*close)(struct recipe_state *state);
};

extern const struct recipe recipe_contacts;

/* NULL where there is none of that name. */
const struct recipe *recipe_find(const char *name);

/* "contacts", or the names separated by commas. */
const char *recipe_names(void);

#endif
