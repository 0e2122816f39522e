/*
 * source - the text of a recipe, and where in it something stands.
 *
 * nest-recipe(5) is the specification of the notation.
 */
#ifndef NEST_GEN_SOURCE_H
#define NEST_GEN_SOURCE_H

#include "lib/base/buffer.h"

struct source {
	const char *name; /* for messages: the file */
	struct view text;
};

/*
 * NEST_INVALID: "NAME, line L, column C: ...", of the byte at offset AT; columns are characters,
 * and both count from 1.  Always false.
 */
bool source_refuse(const struct source *source, size_t at, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A piece of a recipe for a message: on one line, in quotes, cut when long. */
struct source_piece {
	char text[64];
};
struct source_piece source_quote(struct view piece);

#endif
