/* recipe_text - recipes given as text: their rows, or why they are refused. */
#ifndef NEST_TEST_RECIPE_TEXT_H
#define NEST_TEST_RECIPE_TEXT_H

#include "gen/compile/compile.h"
#include "gen/lines.h"
#include "gen/rows.h"

enum { NO_FOLDER = -1 };

/* A recipe that is open; the text must live as long. */
struct recipe_text {
	struct outline outline;
	struct drawings drawings;
	struct compiled compiled;
	struct rows *rows;
};

bool recipe_text_open(
    struct recipe_text *recipe, const char *text, int folder, uint64_t seed, struct nest_error *error);
void recipe_text_close(struct recipe_text *recipe);

/* The test fails where the recipe is refused. */
void recipe_text_open_or_fail(struct recipe_text *recipe, const char *text, int folder, uint64_t seed);
void recipe_text_append(struct recipe_text *recipe, uint64_t first, uint64_t count, struct buffer *rows);

/* COUNT rows as msgpack-c prints them, a blank between two: "[1, nil] [2, \"x\"]"; the caller frees it. */
char *recipe_text_print(struct recipe_text *recipe, uint64_t first, uint64_t count);

/* Rows from 0 on of a message type of FIELDS are EXPECTED. */
void assert_rows(const char *fields, uint64_t count, const char *expected);
/* The recipe is refused by "t, " and EXPECTED. */
void assert_refused(const char *text, int folder, const char *expected);

/*
 * Lines of rows from FIRST on are what is printed of the rows, and if one of the two ways fails, so does the
 * other, with the same words.  Returns whether there are lines, which are appended to LINES if it is not
 * NULL.
 */
bool assert_lines_of_rows(struct compiled *compiled, const struct schema *schema, enum jsonl_binary binary,
    uint64_t first, uint64_t count, struct buffer *lines);

#endif
