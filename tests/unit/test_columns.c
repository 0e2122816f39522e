/* Columns of a block, form by form, with nulls and without, on every kind of processor. */
#include "gen/columns.h"
#include "gen/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { FIRST = 2, COUNT = 3, ALL = FIRST + COUNT, ROOM = 256, BEFORE = 100 };

static const struct column_writer *writer;

/* What is before the block must not be looked at. */
static const uint8_t nulls_of_all[ALL] = {1, 1, 0, 1, 0};
static const int64_t numbers[ALL] = {-1, -1, 5, 300, 12345678};
static const int64_t choices[ALL] = {-1, -1, 1, 0, 0};
static uint8_t long_text[60 + TEXT_SLACK], short_text[2 + TEXT_SLACK] = "ab";

/* Slots of eight bytes: "x", "yes", and the one for null. */
static const uint8_t slot_bytes[3 * 8 + TEXT_SLACK] = "\1x\0\0\0\0\0\0\3yes\0\0\0\0\1\xc0";
static const struct slots some_slots = {slot_bytes, 8, 3};

struct bench {
	struct block block;
	block_places marks[2];
	uint8_t room[COUNT][ROOM];
};

static void
open_bench(struct bench *bench)
{
	memset(bench, 0x5a, sizeof *bench);
	bench->block.first = FIRST;
	bench->block.count = COUNT;
	bench->block.marks = bench->marks;
	for (size_t i = 0; i < COUNT; i++)
		bench->block.begins[i] = bench->block.at[i] = bench->room[i];
}

/* That each instance has these bytes, and nothing behind its room is touched. */
static void
assert_bench(const struct bench *bench, const struct view expected[COUNT])
{
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = (size_t)(bench->block.at[i] - bench->room[i]);
		assert_int_equal(size, expected[i].size);
		assert_memory_equal(bench->room[i], expected[i].data, size);
		assert_int_equal(bench->room[i][size + PUT_SLACK], 0x5a);
	}
}

static void
check(struct column column, const uint8_t *nulls, const struct view expected[COUNT])
{
	struct bench bench;
	open_bench(&bench);
	column.nulls = nulls;
	column.lead_size = 2;
	column.lead = (lead_bytes){'!', '?', '#'};
	writer->put(&column, &bench.block);
	assert_bench(&bench, expected);
}

#define BYTES(text)                                                 \
	{                                                           \
		(const uint8_t *)("!?" text), sizeof("!?" text) - 1 \
	}
#define CHECK(column, nulls, a, b, c) \
	check(column, nulls, (const struct view[COUNT]){BYTES(a), BYTES(b), BYTES(c)})
/* All three, and the same where the one in the middle is null. */
#define CHECK_BOTH(column, a, b, c)                        \
	do {                                               \
		CHECK(column, NULL, a, b, c);              \
		CHECK(column, nulls_of_all, a, "\xc0", c); \
	} while (0)

static void
values_of_each_form(void **state)
{
	(void)state;
	static const double reals[ALL] = {0, 0, 1, -2, 0.5};
	static const int64_t truths[ALL] = {0, 0, 1, 0, 1};
	memset(long_text, 'x', 60);
	const struct text shorts[ALL] = {
	    {NULL, 9}, {NULL, 9}, {short_text, 2}, {short_text, 1}, {long_text, 31}};
	const struct text texts[ALL] = {
	    {NULL, 9}, {NULL, 9}, {short_text, 0}, {short_text, 1}, {long_text, 60}};
#define THIRTY_ONE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define SIXTY THIRTY_ONE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	CHECK_BOTH(((struct column){.form = COLUMN_NUMBER, .values = numbers}), "\x05", "\xcd\x01\x2c",
	    "\xce\0\xbc\x61\x4e");
	CHECK_BOTH(((struct column){.form = COLUMN_TRUTH, .values = truths}), "\xc3", "\xc2", "\xc3");
	CHECK_BOTH(((struct column){.form = COLUMN_REAL, .values = reals}), "\xcb\x3f\xf0\0\0\0\0\0\0",
	    "\xcb\xc0\0\0\0\0\0\0\0", "\xcb\x3f\xe0\0\0\0\0\0\0");
	CHECK_BOTH(((struct column){.form = COLUMN_SHORT_TEXT, .values = shorts}),
	    "\xa2"
	    "ab",
	    "\xa1"
	    "a",
	    "\xbf" THIRTY_ONE);
	CHECK_BOTH(((struct column){.form = COLUMN_TEXT, .values = texts}), "\xa0",
	    "\xa1"
	    "a",
	    "\xd9\x3c" SIXTY);
	CHECK_BOTH(((struct column){.form = COLUMN_BYTES, .values = texts}), "\xc4\0",
	    "\xc4\1"
	    "a",
	    "\xc4\x3c" SIXTY);
	CHECK_BOTH(((struct column){.form = COLUMN_CHOICE, .values = choices, .slots = some_slots}), "yes",
	    "x", "x");
	CHECK(((struct column){.form = COLUMN_NOTHING}), NULL, "", "", "");
}

/* ---- texts ---- */

#define PART(...)                                          \
	{                                                  \
		.lead_size = 1, .lead = {'-'}, __VA_ARGS__ \
	}

static void
texts_of_each_pair_of_pieces(void **state)
{
	(void)state;
	const struct text copied[ALL] = {
	    {NULL, 9}, {NULL, 9}, {short_text, 2}, {short_text, 0}, {short_text, 1}};
	uint64_t eights[ALL] = {0};
	memcpy(&eights[FIRST], "abcdefgh", 8);
	memcpy(&eights[FIRST + 2], "ABCDEFGH", 8);
	const struct part parts[PART_FORMS] = {PART(.form = PART_NOTHING),
	    PART(.form = PART_SLOT, .values = choices, .slots = some_slots),
	    PART(.form = PART_DIGITS, .values = numbers, .width = 4, .scale = 1),
	    PART(.form = PART_COPY, .values = copied),
	    PART(.form = PART_EIGHT, .values = numbers, .eights = eights)};
	static const char *const pieces[PART_FORMS][COUNT] = {{"-", "-", "-"}, {"-yes", "-x", "-x"},
	    {"-000.5", "-030.0", "-1234567.8"}, {"-ab", "-", "-a"}, {"-abcdefgh", "-00000300", "-ABCDEFGH"}};
	for (unsigned one = PART_SLOT; one < PART_FORMS; one++)
		for (unsigned other = PART_NOTHING; other < PART_FORMS; other++)
			for (unsigned may_be_null = 0; may_be_null < 2; may_be_null++) {
				char texts[COUNT][64];
				struct view expected[COUNT];
				for (size_t i = 0; i < COUNT; i++) {
					size_t size = strlen(pieces[one][i]) + strlen(pieces[other][i]);
					snprintf(texts[i], sizeof texts[i], "!?%c%s%s", (char)(0xa0 | size),
					    pieces[one][i], pieces[other][i]);
					expected[i] = view_of_text(texts[i]);
				}
				if (may_be_null)
					expected[1] = view_of_text("!?\xc0");
				struct column column = {
				    .form = COLUMN_TWO_PIECES, .parts = {parts[one], parts[other]}};
				check(column, may_be_null ? nulls_of_all : NULL, expected);
			}
}

/* A text of three pieces, in a group that is not there for one. */
static void
columns_one_after_the_other(void **state)
{
	(void)state;
	static const int64_t present[ALL] = {9, 9, 1, 1, 0};
	static const struct column columns[] = {
	    {.form = COLUMN_GROUP_BEGIN, .values = present, .nulls = nulls_of_all, .depth = 0},
	    {.form = COLUMN_TEXT_BEGIN, .depth = 1, .lead_size = 1, .lead = {0x92}},
	    {.form = COLUMN_PIECE,
		.parts = {PART(.form = PART_SLOT, .values = choices, .slots = {slot_bytes, 8, 3})}},
	    {.form = COLUMN_PIECE, .parts = {PART(.form = PART_DIGITS, .values = numbers, .width = 8)}},
	    {.form = COLUMN_PIECE, .parts = {PART(.form = PART_NOTHING)}},
	    {.form = COLUMN_TEXT_END, .depth = 1},
	    {.form = COLUMN_NUMBER, .values = numbers},
	    {.form = COLUMN_GROUP_END, .depth = 0},
	    {.form = COLUMN_NUMBER, .values = choices},
	};
	struct bench bench;
	open_bench(&bench);
	for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
		writer->put(&columns[k], &bench.block);
	assert_bench(&bench, (const struct view[COUNT]){{(const uint8_t *)"\x92\xae-yes-00000005-\5\1", 18},
				 {(const uint8_t *)"\xc0\0", 2}, {(const uint8_t *)"\xc0\0", 2}});
}

/* ---- lists, and blocks ---- */

static void
lists_from_their_elements(void **state)
{
	(void)state;
	enum { MANY = 20 };
	static const uint8_t elements[64 + BLOCK_SLACK] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ";
	/* The lists before the block have an element each; then there are none, one of three bytes, and
	 * twenty. */
	static const uint32_t firsts[ALL + 1] = {0, 1, 2, 2, 3, 3 + MANY};
	uint32_t ends[3 + MANY + 1] = {0, 1, 2, 5};
	for (uint32_t i = 1; i <= MANY; i++)
		ends[3 + i] = 5 + 2 * i;
	struct column column = {.form = COLUMN_LIST, .firsts = firsts, .ends = ends, .elements = elements};
	CHECK(column, NULL, "\x90",
	    "\x91"
	    "cde",
	    "\xdc\0\x14"
	    "fghijklmnopqrstuvwxyz0123456789ABCDEFGHI");
	column.form = COLUMN_MAP;
	CHECK(column, NULL, "\x80",
	    "\x81"
	    "cde",
	    "\xde\0\x14"
	    "fghijklmnopqrstuvwxyz0123456789ABCDEFGHI");
	/* A null has no elements. */
	static const uint8_t no_first[ALL] = {0, 0, 1, 0, 0};
	CHECK(column, no_first, "\xc0",
	    "\x81"
	    "cde",
	    "\xde\0\x14"
	    "fghijklmnopqrstuvwxyz0123456789ABCDEFGHI");
}

static void
blocks_are_moved_together(void **state)
{
	(void)state;
	static const size_t sizes[COUNT] = {BLOCK_SLACK, 0, BLOCK_SLACK + 1};
	struct bench bench;
	uint8_t start[BEFORE + 3 * BLOCK_SLACK + 2], *moved = start + BEFORE,
						     *last = start + sizeof start - 1;
	uint32_t ends[COUNT + 1] = {9, 9, 9, 9};
	open_bench(&bench);
	for (size_t i = 0; i < COUNT; i++) {
		memset(bench.room[i], 'a' + (int)i, sizes[i]);
		bench.block.at[i] += sizes[i];
	}
	*last = 0x5a;
	uint8_t *end = writer->move(&bench.block, NULL, moved, start, ends);
	assert_int_equal(end - moved, 2 * BLOCK_SLACK + 1);
	for (size_t i = 0; i < 2 * BLOCK_SLACK + 1; i++)
		assert_int_equal(moved[i], i < BLOCK_SLACK ? 'a' : 'c');
	assert_int_equal(ends[0], 100 + BLOCK_SLACK);
	assert_int_equal(ends[1], 100 + BLOCK_SLACK);
	assert_int_equal(ends[2], 101 + 2 * BLOCK_SLACK);
	assert_int_equal(ends[3], 9);
	assert_int_equal(*last, 0x5a);
}

/* Lists behind what is moved: of as many bytes as are moved in any case, of one more, and none. */
static void
lists_are_put_behind_what_is_moved(void **state)
{
	(void)state;
	static const uint32_t firsts[ALL + 1] = {0, 1, 2, 3, 4, 4},
					   element_ends[] = {0, 1, 2, 2 + BLOCK_SLACK, 3 + 2 * BLOCK_SLACK};
	uint8_t elements[3 + 3 * BLOCK_SLACK], start[BEFORE + 4 * BLOCK_SLACK], expected[4 * BLOCK_SLACK],
	    *moved = start + BEFORE;
	uint32_t ends[COUNT + 1] = {9, 9, 9, 9};
	struct column column = {.form = COLUMN_LIST,
	    .lead = {'!', '?', '#'},
	    .lead_size = 2,
	    .firsts = firsts,
	    .ends = element_ends,
	    .elements = elements};
	struct bench bench;
	memset(elements, 'z', sizeof elements);
	memset(elements + 2, 'd', BLOCK_SLACK);
	memset(elements + 2 + BLOCK_SLACK, 'e', BLOCK_SLACK + 1);
	for (unsigned may_be_null = 0; may_be_null < 2; may_be_null++) {
		const uint8_t last_is_null[ALL] = {1, 1, 0, 0, 1};
		open_bench(&bench);
		for (size_t i = 0; i < COUNT; i++)
			*bench.block.at[i]++ = (uint8_t)('a' + i);
		column.nulls = may_be_null ? last_is_null : NULL;
		size_t size = (size_t)(writer->move(&bench.block, &column, moved, start, ends) - moved);
		assert_int_equal(size, 3 + 3 * 3 + 2 * BLOCK_SLACK + 1);
		memcpy(expected, "a!?\x91", 4);
		memset(expected + 4, 'd', BLOCK_SLACK);
		memcpy(expected + 4 + BLOCK_SLACK, "b!?\x91", 4);
		memset(expected + 8 + BLOCK_SLACK, 'e', BLOCK_SLACK + 1);
		memcpy(expected + size - 4, may_be_null ? "c!?\xc0" : "c!?\x90", 4);
		assert_memory_equal(moved, expected, size);
		assert_int_equal(ends[0], 104 + BLOCK_SLACK);
		assert_int_equal(ends[1], 109 + 2 * BLOCK_SLACK);
		assert_int_equal(ends[2], 100 + size);
		assert_int_equal(ends[3], 9);
		/* Where nobody asks where they end. */
		memset(moved, 'x', size);
		assert_ptr_equal(writer->move(&bench.block, &column, moved, start, NULL), moved + size);
		assert_memory_equal(moved, expected, size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_each_form),
	    cmocka_unit_test(texts_of_each_pair_of_pieces),
	    cmocka_unit_test(columns_one_after_the_other),
	    cmocka_unit_test(lists_from_their_elements),
	    cmocka_unit_test(blocks_are_moved_together),
	    cmocka_unit_test(lists_are_put_behind_what_is_moved),
	};
	int failed = 0;
	for (unsigned width = WIDTH_PLAIN; width < WIDTHS; width++) {
		writer = column_writer_of((enum batch_width)width);
		if (width_is_here((enum batch_width)width))
			failed += cmocka_run_group_tests(tests, NULL, NULL);
	}
	return failed;
}
