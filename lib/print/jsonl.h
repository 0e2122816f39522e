/*
 * jsonl - rows as JSON Lines (jsonlines.org).
 *
 * Every field of the schema is in every line, even if it is null.  The
 * bytes of the rows are walked in place, along the compiled schema, and the
 * text is appended to a buffer; nothing is built in between.  nest-gen(1) has
 * the table of what each leaf prints, which nest-shred(1) reads back.
 */
#ifndef NEST_PRINT_JSONL_H
#define NEST_PRINT_JSONL_H

#include "lib/base/buffer.h"
#include "lib/schema/schema.h"

/* How bytes that are not characters become strings, as in nest-shred(1). */
enum jsonl_binary { JSONL_UTF8, JSONL_BASE64, JSONL_HEX };

struct jsonl;

/* SCHEMA is borrowed until jsonl_close(). */
bool jsonl_open(
    struct jsonl **jsonl, const struct schema *schema, enum jsonl_binary binary, struct nest_error *error);

/*
 * Appends one line for each msgpack row in ROWS.  NEST_INVALID if a row does not
 * fit the schema by the rules of nest-frame(5), or has bytes that are not UTF-8 where
 * JSONL_UTF8 takes them for characters; what was appended is then undefined.
 */
bool jsonl_append(struct jsonl *jsonl, struct view rows, struct buffer *out, struct nest_error *error);

/* Appends VALUE, a packed value of the leaf at NODE that is not null, as it would be in a line. */
bool jsonl_append_value(
    struct jsonl *jsonl, uint32_t node, struct view value, struct buffer *out, struct nest_error *error);

void jsonl_close(struct jsonl *jsonl);

#endif
