/*
 * operands - the files that a command is given, on its command line or in a list.
 *
 * A struct operands owns the paths from the list, and borrows those from the
 * command line, until operands_free().
 */
#ifndef NEST_MERGE_OPERANDS_H
#define NEST_MERGE_OPERANDS_H

#include "lib/base/buffer.h"

struct operands {
	char **paths; /* COUNT, and then NULL */
	size_t count;
	struct buffer text, list; /* private */
};

/*
 * Takes the paths in ARGV, which ends with NULL, and after them those in the file FROM, one on each
 * line or, if HAS_NULLS, each followed by a zero byte.  FROM "-" is standard input, and NULL is none.
 * Empty paths in the list are ignored.
 */
bool operands_read(
    struct operands *operands, char *const *argv, const char *from, bool has_nulls, struct nest_error *error);
void operands_free(struct operands *operands);

#endif
