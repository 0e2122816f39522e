/*
 * operands - the files that a command is given, on its command line or as a list.
 *
 * A struct operands owns the list, and borrows what was on the command line,
 * until operands_free().
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
 * Takes those of ARGV, which ends with NULL, and behind them those that the file FROM lists, one a
 * line, or, where HAS_NULLS, each with a zero byte behind it; "-" is standard input, and NULL is none.
 * What is empty is passed over.
 */
bool operands_read(
    struct operands *operands, char *const *argv, const char *from, bool has_nulls, struct nest_error *error);
void operands_free(struct operands *operands);

#endif
