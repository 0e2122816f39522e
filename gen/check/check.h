/* check - what a recipe makes, told from a sample of its rows. */
#ifndef NEST_GEN_CHECK_H
#define NEST_GEN_CHECK_H

#include "gen/plan.h"
#include "gen/recipe.h"
#include "lib/print/jsonl.h"

enum { CHECK_ROWS = 4096 };

/*
 * Appends the schema, how many bytes a row has, and a table of its fields, and sets *DRAWN to the rows
 * that were drawn for it: all that PLAN asks for, or where these are more than CHECK_ROWS, or large,
 * some from all over them, the first and the last among them.
 */
bool check_recipe(struct recipe *recipe, const struct plan_options *plan, enum jsonl_binary binary,
    struct buffer *out, uint64_t *drawn, struct nest_error *error);

#endif
