/* The exact limits of a recipe: what just fits is taken, one more is not; how many bits a draw takes.
 */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* PIECE again and again between BEGIN and END. */
static char *
repeat(const char *begin, const char *piece, unsigned count, const char *end)
{
	char *text = malloc(strlen(begin) + strlen(end) + count * strlen(piece) + 1);
	assert_non_null(text);
	char *at = stpcpy(text, begin);
	for (unsigned i = 0; i < count; i++)
		at = stpcpy(at, piece);
	strcpy(at, end);
	return text;
}

static void
assert_taken(const char *begin, const char *piece, unsigned count, const char *end)
{
	struct recipe_text recipe;
	char *text = repeat(begin, piece, count, end);
	recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
	recipe_text_close(&recipe);
	free(text);
}

static void
assert_beyond(const char *begin, const char *piece, unsigned count, const char *end, const char *why)
{
	struct recipe_text recipe;
	struct nest_error error;
	char *text = repeat(begin, piece, count, end);
	if (recipe_text_open(&recipe, text, NO_FOLDER, 1, &error))
		fail_msg("%.80s... is taken", text);
	assert_int_equal(error.status, NEST_INVALID);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s", error.text);
	free(text);
}

/* ---- what fits ---- */

static void
limits_of_a_recipe(void **state)
{
	(void)state;
	static const struct {
		const char *begin, *piece, *end, *why;
		unsigned most;
	} known[] = {
	    {"message m { required int32 x: 1", " | 1", "; }", "a choice has at most 4096 alternatives",
		4095},
	    {"message m { required binary x (STRING): \"0123456789abcdef", "{letters(65535)}", "\"; }",
		"the text may have more than 1048576 bytes", 16},
	    /* 1,000 operations, of which the last has an operand that is no operation. */
	    {"message m { required int64 x: row", " + row", "; }", "this stands more than 1000 deep", 999},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		assert_taken(known[i].begin, known[i].piece, known[i].most, known[i].end);
		assert_beyond(known[i].begin, known[i].piece, known[i].most + 1, known[i].end, known[i].why);
	}
}

/* A list of 65,536 elements with 256 words each takes all words of a row. */
static void
limit_of_words(void **state)
{
	(void)state;
	static const char begin[] =
	    "message m { repeated group g: length 65536 { required boolean x: row = 0",
			  word[] = " or uniform(0, 1) < 0";
	static const char why[] = "a row may need more than 16777216 random words: shorter lists need fewer";
	assert_taken(begin, word, 256, "; } }");
	assert_beyond(begin, word, 256, "; } required binary u: uuid(); }", why);
	assert_beyond(begin, word, 257, "; } }", why);
	assert_taken(begin, word, 255, "; } required binary u: uuid(); }");
}

static void
limit_of_steps(void **state)
{
	(void)state;
	uint32_t index;
	struct nest_error error;
	struct batch batch = {.step_count = BATCH_STEPS_MOST - 1, .vector_count = BATCH_STEPS_MOST - 1};
	batch.step_capacity = batch.vector_capacity = BATCH_STEPS_MOST;
	batch.steps = calloc(BATCH_STEPS_MOST, sizeof *batch.steps);
	batch.vectors = calloc(BATCH_STEPS_MOST, sizeof *batch.vectors);
	assert_true(batch.steps != NULL && batch.vectors != NULL);
	const struct step step = {.scope = 0};
	const struct vector vector = {.scope = 0};
	assert_true(batch_add_step(&batch, &step, &error));
	assert_true(batch_add_vector(&batch, &vector, &index, &error));
	assert_int_equal(index, BATCH_STEPS_MOST - 1);
	assert_false(batch_add_step(&batch, &step, &error));
	assert_string_equal(error.text, "the recipe takes more than 524288 steps to draw a row");
	assert_false(batch_add_vector(&batch, &vector, &index, &error));
	assert_string_equal(error.text, "the recipe takes more than 524288 steps to draw a row");
	assert_int_equal(batch.step_count, BATCH_STEPS_MOST);
	assert_int_equal(batch.vector_count, BATCH_STEPS_MOST);
	batch_free(&batch);
}

static void
limit_of_bytes(void **state)
{
	(void)state;
	struct nest_error error;
	struct batch batch = {.first_row = 7};
	assert_true(batch_spend(&batch, 1, BATCH_BYTES_MOST, &error));
	assert_true(batch_spend(&batch, 0, UINT64_MAX, &error));
	assert_true(batch_spend(&batch, 5, 0, &error));
	assert_false(batch.is_too_large);
	assert_false(batch_spend(&batch, 1, 1, &error));
	assert_true(batch.is_too_large);
	batch = (struct batch){.spent = 10};
	assert_true(batch_spend(&batch, 6, (BATCH_BYTES_MOST - 10) / 6, &error));
	batch = (struct batch){.spent = 10};
	assert_false(batch_spend(&batch, 6, (BATCH_BYTES_MOST - 10) / 6 + 1, &error));
	assert_int_equal(batch.spent, 10);
	assert_false(batch_spend(&batch, UINT64_MAX, UINT64_MAX, &error));
}

static uint32_t
add_vector(struct batch *batch, struct vector vector)
{
	uint32_t index;
	struct nest_error error;
	assert_true(batch_add_vector(batch, &vector, &index, &error));
	return index;
}

/* Elements count with all that is kept of each: what is borrowed, or not there, is not. */
static void
bytes_of_elements(void **state)
{
	(void)state;
	enum { ROWS, ELEMENTS, LENGTH = 5, DRAWN = 7 };
	uint32_t index;
	struct nest_error error;
	struct batch batch = {0};
	const struct scope rows = {.place = add_vector(&batch, (struct vector){.scope = ROWS})};
	assert_true(batch_add_scope(&batch, &rows, &index, &error));
	const struct vector lengths = {.scope = ROWS, .is_constant = true, .number = LENGTH};
	const struct scope elements = {.lengths = add_vector(&batch, lengths),
	    .place = add_vector(&batch, (struct vector){.scope = ELEMENTS}),
	    .most = LENGTH,
	    .laid = LENGTH};
	assert_true(batch_add_scope(&batch, &elements, &index, &error));
	const struct vector kept = {.scope = ELEMENTS, .type = VECTOR_TEXT, .has_nulls = true};
	const struct vector others[] = {
	    {.scope = ELEMENTS, .is_borrowed = true, .lender = elements.place, .has_nulls = true},
	    {.scope = ELEMENTS, .has_no_values = true, .has_nulls = true},
	    {.scope = ELEMENTS, .is_unused = true}};
	add_vector(&batch, kept);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		add_vector(&batch, others[i]);
	const struct step expand = {.run = step_expand, .scope = ELEMENTS};
	assert_true(batch_add_step(&batch, &expand, &error));
	assert_true(batch_lay_out(&batch, &index));
	const size_t known = sizeof *rows.counters + sizeof *rows.parents;
	const size_t of_row = known + 2 * sizeof(int64_t);
	const size_t of_element = known + sizeof(int64_t) + sizeof(struct text) + 3;
	assert_int_equal(batch.scopes[ROWS].bytes, of_row);
	assert_int_equal(batch.scopes[ELEMENTS].bytes, of_element);
	assert_true(batch_draw(&batch, 0, DRAWN, &error));
	assert_int_equal(batch.scopes[ELEMENTS].count, DRAWN * LENGTH);
	assert_int_equal(batch.spent, DRAWN * (of_row + LENGTH * of_element));
	batch_free(&batch);
}

/* ---- bits ---- */

/* Draws that have a word in common take its bits one behind the other: what the second is shows how many. */
static void
draws_take_their_bits(void **state)
{
	(void)state;
#define BITS(draw) draw "; required int32 y: 0..15; required int32 z: 0..15;"
	static const struct {
		const char *fields, *expected;
	} known[] = {{BITS("required int32 x: 0..15"), "[6, 14, 1] [7, 9, 14] [12, 6, 4]"},
	    {BITS("required int32 x: 0..16"), "[10, 12, 11] [13, 1, 8] [5, 7, 8]"},
	    {BITS("required int32 x: 0..4095"), "[2502, 12, 11] [3239, 1, 8] [1212, 7, 8]"},
	    {BITS("required int32 x: 0..4096"), "[3642, 1, 8] [2461, 14, 4] [1589, 4, 2]"},
	    {BITS("required int32 x: 0..65535"), "[58268, 1, 8] [39370, 14, 4] [25419, 4, 2]"},
	    {BITS("required int32 x: 0..65536"), "[36285, 7, 9] [9869, 13, 5] [25389, 4, 8]"},
	    {BITS("required int64 x: -9223372036854775807 - 1..9223372036854775807"),
		"[-8233402773050463247, 7, 9] [2777956244236519751, 13, 5] [7146424430622662700, 4, 8]"},
	    {BITS("required boolean x: 1%"), "[false, 14, 1] [false, 9, 14] [false, 6, 4]"},
	    {BITS("required boolean x: 0.99%"), "[false, 1, 8] [false, 14, 4] [false, 4, 2]"},
	    {BITS("required boolean x: 99%"), "[true, 14, 1] [true, 9, 14] [true, 6, 4]"},
	    {BITS("required boolean x: 99.01%"), "[true, 1, 8] [true, 14, 4] [true, 4, 2]"},
	    {BITS("required int32 x: 1 1% | 2"), "[2, 14, 1] [2, 9, 14] [2, 6, 4]"},
	    {BITS("required int32 x: 1 0.99% | 2"), "[2, 1, 8] [2, 14, 4] [2, 4, 2]"},
	    {BITS("required int32 x: 1 99% | 2"), "[1, 14, 1] [1, 9, 14] [1, 6, 4]"},
	    {BITS("required int32 x: 1 99.01% | 2"), "[1, 1, 8] [1, 14, 4] [1, 4, 2]"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_rows(known[i].fields, 3, known[i].expected);
}

/* The message, the groups and the field: as deep as a message type, and the reader stops one later. */
static void
limit_of_groups_in_groups(void **state)
{
	(void)state;
	static const struct {
		unsigned groups;
		const char *why;
	} known[] = {{62, NULL}, {63, "fields are nested more than 64 deep, the message included"},
	    {64, "groups are nested more than 64 deep, the message included"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char *end = repeat(" { required int32 x: 1; ", "}", known[i].groups + 1, "");
		if (known[i].why == NULL)
			assert_taken("message m", " { required group g", known[i].groups, end);
		else
			assert_beyond("message m", " { required group g", known[i].groups, end, known[i].why);
		free(end);
	}
}

/* With a field, so many lets are all that a message may have. */
static void
limit_of_lets(void **state)
{
	(void)state;
	enum { LET_BYTES = 13 };
	char *lets = malloc(DRAWINGS_MOST * LET_BYTES + 1);
	assert_non_null(lets);
	for (unsigned i = 0; i < DRAWINGS_MOST; i++)
		snprintf(lets + i * LET_BYTES, LET_BYTES + 1, "let a%04x= 1;", i);
	assert_beyond("message m { required int32 x: 1;", lets, 1, "}",
	    "a message has more than 32768 fields and lets");
	lets[(DRAWINGS_MOST - 1) * LET_BYTES] = '\0';
	assert_beyond("message m { required int32 x: 1;", lets, 1, "}",
	    "a message has more than 32768 fields and lets");
	lets[(DRAWINGS_MOST - 2) * LET_BYTES] = '\0';
	assert_taken("message m { required int32 x: 1;", lets, 1, "}");
	free(lets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(limits_of_a_recipe),
	    cmocka_unit_test(limit_of_groups_in_groups),
	    cmocka_unit_test(limit_of_lets),
	    cmocka_unit_test(limit_of_words),
	    cmocka_unit_test(limit_of_steps),
	    cmocka_unit_test(limit_of_bytes),
	    cmocka_unit_test(bytes_of_elements),
	    cmocka_unit_test(draws_take_their_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
