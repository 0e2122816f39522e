/* The columns of a block, form by form, with and without nulls, on every kind of processor. */
#include "gen/columns.h"
#include "gen/put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { FIRST = 2, COUNT = 3, ALL = FIRST + COUNT, ROOM = 256, BEFORE = 100 };

static put_column *put;

/* What is before the block must not be looked at. */
static const uint8_t nulls_of_all[ALL] = {1, 1, 0, 1, 0};
static const int64_t numbers[ALL] = {-1, -1, 5, 300, 12345678};
static const int64_t choices[ALL] = {-1, -1, 1, 0, 0};
static uint8_t long_text[60 + TEXT_SLACK], short_text[2 + TEXT_SLACK] = "ab";

/* Slots of 16 and of 32 bytes, each with its size before it: "x", "yes", and the one for null. */
static const uint8_t short_slots[1 + 3 * SLOT_SHORT + TEXT_SLACK] = {[0] = 1,
    [1] = 'x',
    [SLOT_SHORT] = 3,
    [SLOT_SHORT + 1] = 'y',
    [SLOT_SHORT + 2] = 'e',
    [SLOT_SHORT + 3] = 's',
    [2 * SLOT_SHORT] = 1,
    [2 * SLOT_SHORT + 1] = 0xc0};
static const uint8_t long_slots[1 + 3 * TEXT_SLACK + TEXT_SLACK] = {[0] = 1,
    [1] = 'x',
    [TEXT_SLACK] = 3,
    [TEXT_SLACK + 1] = 'y',
    [TEXT_SLACK + 2] = 'e',
    [TEXT_SLACK + 3] = 's',
    [2 * TEXT_SLACK] = 1,
    [2 * TEXT_SLACK + 1] = 0xc0};
static const struct slots some_slots = {short_slots + 1, SLOT_SHORT, 3},
			  other_slots = {long_slots + 1, TEXT_SLACK, 3};

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
	bench->block.ending = NULL;
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

/* That the instances, each with what its TAIL is, lie one behind the other from MOVED on. */
static void
assert_together(const struct column *column, const struct column *tail, const struct view expected[COUNT],
    const char *const tails[COUNT], struct bench *bench)
{
	uint8_t start[BEFORE + COUNT * ROOM + BLOCK_SLACK], *at = start + BEFORE;
	uint32_t ends[COUNT + 1] = {9, 9, 9, 9};
	struct ending ending = {.tail = tail, .to = at, .start = start, .ends = ends};
	memset(start, 0x5a, sizeof start);
	bench->block.ending = &ending;
	put(column, &bench->block);
	for (size_t i = 0; i < COUNT; i++) {
		size_t tail_size = tail != NULL ? strlen(tails[i]) : 0;
		assert_memory_equal(at, expected[i].data, expected[i].size);
		assert_memory_equal(at + expected[i].size, tails[i], tail_size);
		at += expected[i].size + tail_size;
		assert_int_equal(ends[i], at - start);
	}
	assert_ptr_equal(ending.to, at);
	assert_int_equal(ends[COUNT], 9);
	assert_int_equal(start[BEFORE - 1], 0x5a);
	assert_int_equal(at[BLOCK_SLACK], 0x5a);
}

/* The same column, or that of the rooms, without a tail and with each that there is. */
static void
check_together(const struct column *column, const struct view expected[COUNT], struct bench *bench)
{
	/* Of the lists before the block each has an element; then there are none, one, and two. */
	static const uint8_t elements[8 + BLOCK_SLACK] = "abcdefg";
	static const uint32_t firsts[ALL + 1] = {0, 1, 2, 2, 3, 5}, element_ends[] = {0, 1, 2, 4, 6, 7};
	const struct column choices_behind = {.form = COLUMN_CHOICE,
	    .values = choices,
	    .slots = other_slots,
	    .lead_size = 1,
	    .lead = {'>', '#'}};
	struct column choices_or_null = choices_behind,
		      lists_behind = {.form = COLUMN_LIST,
			  .firsts = firsts,
			  .ends = element_ends,
			  .elements = elements,
			  .lead_size = 1,
			  .lead = {'>', '#'}},
		      maps_behind = lists_behind;
	static const uint8_t no_first[ALL] = {0, 0, 1, 0, 0};
	choices_or_null.nulls = nulls_of_all;
	maps_behind.form = COLUMN_MAP;
	maps_behind.nulls = no_first;
	maps_behind.lead_size = 0;
	assert_together(column, NULL, expected, (const char *const[COUNT]){"", "", ""}, bench);
	assert_together(
	    column, &choices_behind, expected, (const char *const[COUNT]){">yes", ">x", ">x"}, bench);
	assert_together(
	    column, &choices_or_null, expected, (const char *const[COUNT]){">yes", ">\xc0", ">x"}, bench);
	assert_together(column, &lists_behind, expected,
	    (const char *const[COUNT]){">\x90",
		">\x91"
		"cd",
		">\x92"
		"efg"},
	    bench);
	assert_together(column, &maps_behind, expected,
	    (const char *const[COUNT]){"\xc0",
		"\x81"
		"cd",
		"\x82"
		"efg"},
	    bench);
}

static void
check_column(const struct column *column, const struct view expected[COUNT])
{
	static const struct column rooms = {.form = COLUMN_ROOMS};
	struct bench bench;
	open_bench(&bench);
	put(column, &bench.block);
	assert_bench(&bench, expected);
	check_together(&rooms, expected, &bench);
	check_together(column, expected, &bench);
}

static void
check(struct column column, const uint8_t *nulls, const struct view expected[COUNT])
{
	column.nulls = nulls;
	column.lead_size = 2;
	column.lead = (lead_bytes){'!', '?', '#'};
	check_column(&column, expected);
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
	CHECK_BOTH(((struct column){.form = COLUMN_CHOICE, .values = choices, .slots = other_slots}), "yes",
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
	    PART(.form = PART_LONG_SLOT, .values = choices, .slots = other_slots),
	    PART(.form = PART_DIGITS, .values = numbers, .width = 4, .scale = 1),
	    PART(.form = PART_COPY, .values = copied),
	    PART(.form = PART_EIGHT, .values = numbers, .eights = eights)};
	static const char *const pieces[PART_FORMS][COUNT] = {{"-", "-", "-"}, {"-yes", "-x", "-x"},
	    {"-yes", "-x", "-x"}, {"-000.5", "-030.0", "-1234567.8"}, {"-ab", "-", "-a"},
	    {"-abcdefgh", "-00000300", "-ABCDEFGH"}};
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
				/* The lead has the place of the head and what stands before the first piece.
				 */
				const struct column column = {.form = COLUMN_TWO_PIECES,
				    .parts = {parts[one], parts[other]},
				    .nulls = may_be_null ? nulls_of_all : NULL,
				    .lead_size = 4,
				    .lead = {'!', '?', '#', '-', '#'},
				    .head_bytes = 2};
				check_column(&column, expected);
			}
}

/* What stands before the last eight digits of the first number of all stands before those of the others. */
static void
numbers_of_more_than_eight_digits(void **state)
{
	(void)state;
	static const int64_t large[ALL] = {1234500000007, -1, 1234599999999, 300, 99999999999};
	uint64_t eights[ALL] = {0};
	memcpy(&eights[FIRST], "99999999", 8);
	const struct column column = {.form = COLUMN_TWO_PIECES,
	    .parts = {PART(.form = PART_EIGHT, .values = large, .eights = eights)},
	    .lead_size = 2,
	    .lead = {'#', '-', '#'},
	    .head_bytes = 2};
	const struct view expected[COUNT] = {view_of_text("\xae-1234599999999"),
	    view_of_text("\xa9-00000300"), view_of_text("\xac-99999999999")};
	check_column(&column, expected);
}

/* A text of three pieces, in a group that is not there for one. */
static void
columns_one_after_the_other(void **state)
{
	(void)state;
	static const int64_t present[ALL] = {9, 9, 1, 1, 0};
	static const struct column columns[] = {
	    {.form = COLUMN_GROUP_BEGIN, .values = present, .nulls = nulls_of_all, .depth = 0},
	    {.form = COLUMN_TEXT_BEGIN,
		.depth = 1,
		.lead_size = 3,
		.lead = {0x92, '#', '-'},
		.head_bytes = 2},
	    {.form = COLUMN_PIECE,
		.parts = {{.form = PART_SLOT, .values = choices, .slots = {short_slots + 1, SLOT_SHORT, 3}}}},
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
		put(&columns[k], &bench.block);
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

/* What is moved of rooms and lists: as many bytes as are moved in any case, one more, and none. */
static void
long_rooms_and_lists_are_moved(void **state)
{
	(void)state;
	enum { LONG = BLOCK_SLACK + 1 };
	static const size_t sizes[COUNT] = {BLOCK_SLACK, 0, LONG};
	static const uint32_t firsts[ALL + 1] = {0, 1, 2, 3, 4, 4},
					   element_ends[] = {
					       0, 1, 2, 2 + BLOCK_SLACK, 2 + BLOCK_SLACK + LONG};
	static const struct column rooms = {.form = COLUMN_ROOMS};
	uint8_t elements[2 + BLOCK_SLACK + LONG + BLOCK_SLACK], start[COUNT * ROOM], expected[COUNT * ROOM];
	struct column lists = {
	    .form = COLUMN_LIST, .firsts = firsts, .ends = element_ends, .elements = elements};
	uint32_t ends[COUNT];
	struct bench bench;
	memset(elements, 'd', sizeof elements);
	open_bench(&bench);
	size_t size = 0;
	for (size_t i = 0; i < COUNT; i++) {
		memset(bench.room[i], 'a' + (int)i, sizes[i]);
		memset(expected + size, 'a' + (int)i, sizes[i]);
		bench.block.at[i] += sizes[i];
		size += sizes[i];
		size_t list_size = i == 0 ? BLOCK_SLACK : i == 1 ? LONG : 0;
		expected[size] = i == 2 ? 0x90 : 0x91;
		memset(expected + size + 1, 'd', list_size);
		size += 1 + list_size;
	}
	struct ending ending = {.tail = &lists, .to = start, .start = start, .ends = ends};
	bench.block.ending = &ending;
	put(&rooms, &bench.block);
	assert_int_equal(ending.to - start, size);
	assert_memory_equal(start, expected, size);
	assert_int_equal(ends[COUNT - 1], size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_each_form),
	    cmocka_unit_test(texts_of_each_pair_of_pieces),
	    cmocka_unit_test(numbers_of_more_than_eight_digits),
	    cmocka_unit_test(columns_one_after_the_other),
	    cmocka_unit_test(lists_from_their_elements),
	    cmocka_unit_test(long_rooms_and_lists_are_moved),
	};
	int failed = 0;
	for (unsigned width = WIDTH_PLAIN; width < WIDTHS; width++) {
		put = column_put_of((enum batch_width)width);
		if (width_is_here((enum batch_width)width))
			failed += cmocka_run_group_tests(tests, NULL, NULL);
	}
	return failed;
}
