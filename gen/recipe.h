/*
 * recipe - what a dataset is made from: a schema, and rows from their numbers.
 *
 * Row r depends on the recipe, the seed and r alone, so any range of rows can
 * be made anywhere, in any order, without the rows before it.
 */
#ifndef NEST_GEN_RECIPE_H
#define NEST_GEN_RECIPE_H

#include "lib/base/buffer.h"
#include "lib/base/digest.h"
#include "lib/print/jsonl.h"
#include "lib/schema/schema.h"

struct recipe;

/* Which rows of a recipe's file to make, if there is a choice. */
struct recipe_choice {
	const char *table;           /* the message; NULL for the only one */
	const char *const *settings; /* NAME=VALUE each, of lets before the messages */
	uint32_t setting_count;
};

/*
 * Opens the recipe NAME: one that ships, or, if NAME contains a slash or ends in
 * ".recipe", that file.  CHOICE may be NULL.  Rows have numbers below ROW_END.  NEST_USAGE if there
 * is none of that name, NEST_INVALID if the text is not a recipe.
 */
bool recipe_open(struct recipe **recipe, const char *name, const struct recipe_choice *choice, uint64_t seed,
    uint64_t row_end, struct nest_error *error);
void recipe_close(struct recipe *recipe); /* which may be NULL */

/* The file's name without its folder and its ending. */
const char *recipe_name(const struct recipe *recipe);
const struct schema *recipe_schema(const struct recipe *recipe);
/* The schema as frames have it. */
struct view recipe_schema_text(const struct recipe *recipe);

/* Adds what decides the rows, but for the seed. */
void recipe_add_identity(const struct recipe *recipe, struct digest *digest);

/* How many rows go well into a frame: 16,384, or fewer where those from number FIRST on are large. */
bool recipe_batch_rows(struct recipe *recipe, uint64_t first, uint64_t *rows, struct nest_error *error);

/*
 * Appends COUNT rows from number FIRST on, each one msgpack array (nest-frame(5)).  NEST_USAGE if
 * they do not fit a frame.
 */
bool recipe_append_rows(
    struct recipe *recipe, uint64_t first, uint64_t count, struct buffer *rows, struct nest_error *error);

/* For recipe_append_lines(): BINARY says how bytes that are no characters are written. */
bool recipe_open_lines(struct recipe *recipe, enum jsonl_binary binary, struct nest_error *error);

/* Appends the same rows as JSON Lines. */
bool recipe_append_lines(
    struct recipe *recipe, uint64_t first, uint64_t count, struct buffer *lines, struct nest_error *error);

#endif
