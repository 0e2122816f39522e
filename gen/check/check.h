/* check - describes what a recipe makes, from a sample of its rows. */
#ifndef NEST_GEN_CHECK_H
#define NEST_GEN_CHECK_H

#include "gen/plan.h"
#include "gen/recipe.h"
#include "lib/print/jsonl.h"

enum { CHECK_ROWS = 4096 };

/*
 * Appends the schema, the bytes of a row, and a table of its fields, and sets *DRAWN to the number of rows
 * drawn for it: all that PLAN asks for or, if these are more than CHECK_ROWS, or large, some from all over
 * them, including the first and the last.
 */
bool check_recipe(struct recipe *recipe, const struct plan_options *plan, enum jsonl_binary binary,
    struct buffer *out, uint64_t *drawn, struct nest_error *error);

#endif
