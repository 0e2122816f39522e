/*
 * jsonl - rows as JSON Lines (jsonlines.org), for people and for tests.
 *
 * Every field of the schema stands in every line, null where it is null.
 */
#ifndef NEST_GEN_JSONL_H
#define NEST_GEN_JSONL_H

#include "lib/base/buffer.h"
#include "lib/schema/schema.h"

#include <stdio.h>

/* Prints the msgpack rows in BODY; each must fit SCHEMA. */
bool jsonl_print(FILE *file, const struct schema *schema, struct view body, struct nest_error *error);

#endif
