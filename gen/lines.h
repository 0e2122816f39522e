/*
 * lines - the vectors of a batch as JSON Lines, without rows in between.
 *
 * What is written is what lib/print/jsonl.h makes of the rows, byte by byte, and
 * so are the errors: a batch with a text that JSON escapes, and a schema with a
 * form that is rare, go that way.
 */
#ifndef NEST_GEN_LINES_H
#define NEST_GEN_LINES_H

#include "gen/compile/compile.h"
#include "lib/print/jsonl.h"

struct lines;

/* COMPILED and SCHEMA, which is what it makes, are borrowed; after a failure there is nothing to close. */
bool lines_open(struct lines **lines, struct compiled *compiled, const struct schema *schema,
    enum jsonl_binary binary, struct nest_error *error);
void lines_close(struct lines *lines);

/* Draws COUNT rows from number FIRST on and appends their lines.  Errors are those of rows_append() and
 * jsonl_append(). */
bool lines_append(
    struct lines *lines, uint64_t first, uint64_t count, struct buffer *out, struct nest_error *error);

/* Whether the last rows of those became lines without rows in between. */
bool lines_are_direct(const struct lines *lines);

#endif
