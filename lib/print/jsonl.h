/*
 * jsonl - rows as JSON Lines (jsonlines.org).
 *
 * Every field of the schema stands in every line, null where it is null.  The
 * bytes of the rows are walked as they lie, along the schema compiled, and the
 * text is appended to a buffer; nothing is built in between.  nest-gen(1) has
 * the table of what each leaf prints, which is what nest-shred(1) reads back.
 */
#ifndef NEST_PRINT_JSONL_H
#define NEST_PRINT_JSONL_H

#include "lib/base/buffer.h"
#include "lib/schema/schema.h"

/* How bytes that are no characters become strings, as in nest-shred(1). */
enum jsonl_binary { JSONL_UTF8, JSONL_BASE64, JSONL_HEX };

struct jsonl;

/* SCHEMA is borrowed until jsonl_close(). */
bool jsonl_open(
    struct jsonl **jsonl, const struct schema *schema, enum jsonl_binary binary, struct nest_error *error);

/*
 * Appends one line for each msgpack row in ROWS.  NEST_INVALID where one does not
 * fit the schema, as nest-frame(5) has it, or has bytes that are not UTF-8 where
 * JSONL_UTF8 is to take them for characters; what was appended is undefined then.
 */
bool jsonl_append(struct jsonl *jsonl, struct view rows, struct buffer *out, struct nest_error *error);

/* Appends what one line would have for VALUE, a packed value of the leaf at NODE that is not null. */
bool jsonl_append_value(
    struct jsonl *jsonl, uint32_t node, struct view value, struct buffer *out, struct nest_error *error);

void jsonl_close(struct jsonl *jsonl);

#endif
