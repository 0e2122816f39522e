/*
 * source - the text of a recipe, and where in it something stands.
 *
 * The files that a recipe is made of stand one after the other in one text,
 * so that an offset says in which of them something is, and where.
 * nest-recipe(5) is the specification of the notation.
 */
#ifndef NEST_GEN_SOURCE_H
#define NEST_GEN_SOURCE_H

#include "lib/base/buffer.h"

/* A range of the text; what is borrowed lives as long as the source. */
struct source_file {
	const char *name; /* for messages */
	const char *path; /* from the folder of the recipe; "" where nothing lies beside it */
	size_t begin, end;
	bool is_option; /* NAME=VALUE from the command line: a fault in it is wrong usage */
};

struct source {
	const char *name; /* for messages: the recipe's file */
	struct view text;
	const struct source_file *files; /* those included before those that include them, then options */
	uint32_t file_count;             /* 0: all of the text is one file, of that name */
};

static inline uint32_t
source_file_count(const struct source *source)
{
	return source->file_count > 0 ? source->file_count : 1;
}

struct source_file source_file(const struct source *source, uint32_t index);
/* The file that has the byte at offset AT. */
struct source_file source_file_at(const struct source *source, size_t at);

/*
 * NEST_INVALID, or NEST_USAGE in an option: "NAME, line L, column C: ...", of the byte at offset AT; columns
 * are characters, and both count from 1.  Always false.
 */
bool source_refuse(const struct source *source, size_t at, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A piece of a recipe for a message: on one line, in quotes, cut when long. */
struct source_piece {
	char text[64];
};
struct source_piece source_quote(struct view piece);

#endif
