/* Elements of one list: distinct ones and running sums; and identifiers that no other row has. */
#include "tests/unit/recipe_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <msgpack.h>

#define KEYS(length, key)                                                                      \
	"required group m (MAP): length " length " { repeated group key_value { required " key \
	"; required int32 value: place; } }"
#define RUNNING(x) "repeated int64 x: length clamp(row, 0, 4) of " x ";"

static char path[] = "/tmp/nest-recipe-XXXXXX";
static int folder;

static void
put_file(const char *name, const char *bytes)
{
	int file = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, strlen(bytes)), strlen(bytes));
	close(file);
}

static int
make_lists(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	put_file("four.txt", "a\nb\nc\nd\n");
	put_file("weighted.txt", "a\t100000\nb\t0\nc\t3\nd\t1\n");
	put_file("zero.txt", "a\t0\nb\t0\n");
	return 0;
}

static int
remove_lists(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(folder, "four.txt", 0), 0);
	assert_int_equal(unlinkat(folder, "weighted.txt", 0), 0);
	assert_int_equal(unlinkat(folder, "zero.txt", 0), 0);
	close(folder);
	return rmdir(path);
}

/* ---- distinct ---- */

static bool
is_same(msgpack_object a, msgpack_object b)
{
	return msgpack_object_equal(a, b);
}

/* That no two keys of the maps in OBJECT are equal; how many maps had as many keys as MOST. */
static unsigned
check_keys(msgpack_object object, uint32_t most)
{
	unsigned full = 0;
	if (object.type == MSGPACK_OBJECT_ARRAY)
		for (uint32_t i = 0; i < object.via.array.size; i++)
			full += check_keys(object.via.array.ptr[i], most);
	if (object.type == MSGPACK_OBJECT_MAP) {
		full += object.via.map.size == most;
		for (uint32_t i = 0; i < object.via.map.size; i++)
			for (uint32_t k = 0; k < i; k++)
				assert_false(is_same(object.via.map.ptr[i].key, object.via.map.ptr[k].key));
	}
	return full;
}

static void
no_two_keys_are_equal(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		uint32_t most;
	} known[] = {{KEYS("0..4", "binary key (STRING): distinct(word(\"four\"))"), 4},
	    {KEYS("0..3", "binary key (STRING): distinct(word(\"weighted\"))"), 3},
	    {KEYS("0..3", "binary key (STRING): distinct(\"a\" 99.9% | \"b\" | \"c\")"), 3},
	    {KEYS("0..3", "binary key (STRING): distinct(\"a\" | \"b\" | \"c\")"), 3},
	    {KEYS("0..3", "int64 key (DECIMAL(9,2)): distinct(1 | 1.25 | 2)"), 3},
	    {KEYS("0..2", "boolean key: distinct(true | false)"), 2},
	    {KEYS("0..10", "int32 key: distinct(-3..6)"), 10},
	    {KEYS("0..9", "int64 key (DECIMAL(9,2)): distinct(1.5..1.58)"), 9},
	    {KEYS("0..3", "int32 key (DATE): distinct(2024-02-28..2024-03-01)"), 3},
	    {KEYS("0..9", "int64 key: distinct(-9223372036854775807 - 1..9223372036854775807)"), 9},
	    {KEYS("0..9", "binary key (STRING): \"k{distinct(0..8)}\""), 9},
	    {"repeated group g: length 0..3 { " KEYS("0..5", "int32 key: distinct(0..4)") " }", 5}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		enum { ROWS = 1000 };
		char text[512];
		struct recipe_text recipe;
		struct buffer rows = {0};
		msgpack_unpacked row;
		size_t offset = 0;
		unsigned full = 0;
		snprintf(text, sizeof text, "message m { %s }", known[i].fields);
		recipe_text_open_or_fail(&recipe, text, folder, 1);
		for (uint64_t first = 0; first < ROWS; first += 250)
			recipe_text_append(&recipe, first, 250, &rows);
		msgpack_unpacked_init(&row);
		for (unsigned k = 0; k < ROWS; k++) {
			assert_int_equal(
			    msgpack_unpack_next(&row, (const char *)rows.data, rows.size, &offset),
			    MSGPACK_UNPACK_SUCCESS);
			full += check_keys(row.data, known[i].most);
		}
		assert_true(full > 0);
		msgpack_unpacked_destroy(&row);
		buffer_free(&rows);
		recipe_text_close(&recipe);
	}
}

/* All of a support that is drawn whole, and the ends of a range. */
static void
distinct_values_are_of_the_support(void **state)
{
	(void)state;
	assert_rows(
	    "repeated int32 x: length 3 of distinct(4..6); required int32 s: sum(x); required int32 l: "
	    "least(x) * 10 + greatest(x);",
	    3, "[[5, 6, 4], 15, 46] [[5, 6, 4], 15, 46] [[5, 4, 6], 15, 46]");
	assert_rows("repeated int32 x (DATE): length 1 of distinct(2024-02-29..2024-02-29);", 1, "[[19782]]");
	assert_rows(
	    "repeated binary x (STRING): length 1 of distinct('a' | 'b' 0%);", 2, "[[\"a\"]] [[\"a\"]]");
	assert_rows("repeated binary x (STRING): length 0 of distinct('a' | 'b' 0%);", 1, "[[]]");
	assert_rows("repeated int32 x (INTEGER(8,true)): length 2 of distinct(-128..127);", 3,
	    "[[21, 120]] [[11, -23]] [[29, -61]]");
	assert_rows("repeated int32 x: length 3 of distinct(1 60% | 5 | 9); required int32 s: sum(x);", 4,
	    "[[1, 5, 9], 15] [[1, 5, 9], 15] [[1, 5, 9], 15] [[5, 9, 1], 15]");
}

static void
what_is_not_distinct_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *element, *expected;
	} known[] = {{"distinct(1..4)", "43: the list may have 5 elements, and there are 4 different values: "
					"have fewer elements or more values"},
	    {"distinct(1 | 2 | 3 | 4 | 5 0%)", "43: the list may have 5 elements, and there are 4 different "
					       "values: have fewer elements or more values"},
	    {"distinct(word('four'))", "43: the list may have 5 elements, and there are 4 different values: "
				       "have fewer elements or more values"},
	    {"distinct(1..row)", "52: a range is distinct where its ends are the same for all rows"},
	    {"distinct(row..1)", "52: a range is distinct where its ends are the same for all rows"},
	    {"distinct(nobody..1)", "52: there is no field and no let called \"nobody\" here"},
	    {"distinct(1..nobody)", "55: there is no field and no let called \"nobody\" here"},
	    {"distinct(9..1)", "52: the range ends before it begins"},
	    {"distinct(true..false)", "52: a range has whole numbers, decimals, dates or times at its ends; "
				      "uniform(a, b) draws real numbers"},
	    {"distinct(1..2024-01-01)", "52: a number and a date do not go together"},
	    {"distinct(row)", "52: a range, a choice or word() is expected here: what is distinct is known "
			      "when the recipe is read"},
	    {"distinct(uuid())", "52: a range, a choice or word() is expected here: what is distinct is "
				 "known when the recipe is read"},
	    {"distinct(1 | row)", "56: a choice is distinct where its alternatives are the same for all "
				  "rows, and none is null"},
	    {"distinct(null | 1)", "52: a choice is distinct where its alternatives are the same for all "
				   "rows, and none is null"},
	    {"distinct(1 | 2 | 1)", "60: this stands twice in the choice"},
	    {"distinct(1 | 1.0 | 2)", "56: this stands twice in the choice"},
	    {"distinct('a' | 'b' | 'a')", "65: this stands twice in the choice"},
	    {"distinct(1 / 2 | 1 / 3)", "54: a choice is distinct where its alternatives are the same for "
					"all rows, and none is null"},
	    {"distinct(1 | 'a')", "52: a number and a text do not go together"},
	    {"distinct(1 60% | 2 60%)", "52: the shares of a choice add up to 120%, not to 100%"},
	    {"distinct(1 | nobody)", "56: there is no field and no let called \"nobody\" here"},
	    {"distinct(word('four', 1))", "52: a word is distinct without an exponent: word(\"list\")"},
	    {"distinct(word())", "52: a word is distinct without an exponent: word(\"list\")"},
	    {"distinct(word(5))", "57: a text in quotes is expected here"},
	    {"distinct(word('zero'))", "52: all 2 weights are 0"},
	    {"distinct(word('nope'))", "58: unable to open nope.txt: No such file or directory"},
	    {"distinct()", "43: the number of arguments of distinct() is 1, and not 0"},
	    {"running(nobody)", "51: there is no field and no let called \"nobody\" here"},
	    {"running('a')",
		"52: whole numbers or decimals are expected here, not a text; round() makes them"},
	    {"running(1 / 2)",
		"53: whole numbers or decimals are expected here, not a real number; round() makes them"},
	    {"running(2000000000000000000)", "43: this can be more than 64 bits hold"},
	    {"running(-2000000000000000000)", "43: this can be more than 64 bits hold"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[256], expected[256];
		snprintf(
		    text, sizeof text, "message m { repeated int64 x: length 5 of %s; }", known[i].element);
		snprintf(expected, sizeof expected, "line 1, column %s", known[i].expected);
		assert_refused(text, folder, expected);
	}
	assert_refused("message m { required int32 x: distinct(1..4); }", folder,
	    "line 1, column 31: only what is in a list has others beside it");
	assert_refused("message m { required int32 x: running(1); }", folder,
	    "line 1, column 31: only what is in a list has others beside it");
	assert_refused("message m { required binary x: uuid(1.5); }", folder,
	    "line 1, column 37: a whole number is expected here, not one with digits behind the point");
	assert_refused("message m { required binary x: uuid('a'); }", folder,
	    "line 1, column 38: a whole number is expected here, not a text");
	assert_refused("message m { required binary x: uuid(nobody); }", folder,
	    "line 1, column 37: there is no field and no let called \"nobody\" here");
}

/* ---- running ---- */

static void
sums_so_far(void **state)
{
	(void)state;
	assert_rows(RUNNING("running(1)"), 5, "[[]] [[1]] [[1, 2]] [[1, 2, 3]] [[1, 2, 3, 4]]");
	assert_rows(
	    RUNNING("running(place - 1)"), 5, "[[]] [[-1]] [[-1, -1]] [[-1, -1, 0]] [[-1, -1, 0, 2]]");
	assert_rows(RUNNING("running(place) - place"), 4, "[[]] [[0]] [[0, 0]] [[0, 0, 1]]");
	assert_rows(
	    "repeated int64 x: length 4 of running(if place = 1 then null else place);", 1, "[[0, 0, 2, 5]]");
	assert_rows(
	    "repeated int64 x: length 2 of running(if row = 0 then null else -1);", 2, "[[0, 0]] [[-1, -2]]");
	assert_rows("repeated int64 x (DECIMAL(9,1)): length 3 of running(0.5);", 1, "[[5, 10, 15]]");
	assert_rows("repeated group g: length 2 { repeated int64 x: length place + 1 of running(1); }", 2,
	    "[[[[1]], [[1, 2]]]] [[[[1]], [[1, 2]]]]");
	assert_rows(
	    "repeated int64 x (TIMESTAMP(MICROS,true)): length 3 of 1970-01-01T00:00:00 + running(0.000001);",
	    1, "[[1, 2, 3]]");
	/* How far they go. */
	assert_rows("repeated int32 x (INTEGER(8,true)): length 3 of running(-42..42);", 0, "");
	assert_rows("repeated int32 x (INTEGER(8,false)): length 0..5 of running(1..51);", 0, "");
	assert_rows("repeated int32 x (INTEGER(8,false)): length 5 of running(1..51) - 1;", 0, "");
	assert_rows("repeated int64 x: length 0 of running(1..9);", 1, "[[]]");
	assert_refused("message m { repeated int32 x (INTEGER(8,true)): length 3 of running(-43..42); }",
	    NO_FOLDER,
	    "line 1, column 61: values from -129 to 126 do not all fit \"x\", which takes -128 to 127: "
	    "clamp() "
	    "bounds them");
	assert_refused("message m { repeated int32 x (INTEGER(8,false)): length 5 of running(1..52); }",
	    NO_FOLDER,
	    "line 1, column 62: values from 1 to 260 do not all fit \"x\", which takes 0 to 255: clamp() "
	    "bounds "
	    "them");
	assert_refused(
	    "message m { repeated int32 x (INTEGER(8,false)): length 5 of running(1..9 | null) - 1; }",
	    NO_FOLDER,
	    "line 1, column 83: values from -1 to 44 do not all fit \"x\", which takes 0 to 255: clamp() "
	    "bounds "
	    "them");
}

/* ---- identifiers ---- */

static int
compare(const void *left, const void *right)
{
	return memcmp(left, right, 16);
}

static void
a_uuid_for_each_number(void **state)
{
	(void)state;
	enum { ROWS = 1 << 16, ROW_BYTES = 1 + 2 + 16 };
	struct recipe_text recipe;
	struct buffer rows = {0};
	recipe_text_open_or_fail(
	    &recipe, "message m { required binary x: uuid(row * 65536); }", NO_FOLDER, 1);
	for (uint64_t i = 0; i < ROWS; i += BATCH_ROWS)
		recipe_text_append(&recipe, i, BATCH_ROWS, &rows);
	assert_int_equal(rows.size, ROWS * ROW_BYTES);
	uint8_t *all = malloc(ROWS * 16);
	assert_non_null(all);
	for (size_t i = 0; i < ROWS; i++) {
		memcpy(all + 16 * i, rows.data + i * ROW_BYTES + 3, 16);
		assert_int_equal(all[16 * i + 6] >> 4, 4);
		assert_int_equal(all[16 * i + 8] >> 6, 2);
	}
	qsort(all, ROWS, 16, compare);
	for (size_t i = 1; i < ROWS; i++)
		assert_true(memcmp(all + 16 * (i - 1), all + 16 * i, 16) < 0);
	free(all);
	buffer_free(&rows);
	recipe_text_close(&recipe);
	assert_rows("required binary x (STRING): uuid(row); required binary y (STRING): \"{uuid(1 - row)}\";",
	    2,
	    "[\"7c33f734-e8d1-4ad9-9515-3ff589a03936\", \"542a311d-573c-49e5-a33e-f6f99dd4c9bd\"] "
	    "[\"542a311d-573c-49e5-a33e-f6f99dd4c9bd\", \"7c33f734-e8d1-4ad9-9515-3ff589a03936\"]");
	assert_rows("let n = if row = 0 then null else row; optional binary x (STRING): uuid(n - 1);", 2,
	    "[nil] [\"7c33f734-e8d1-4ad9-9515-3ff589a03936\"]");
	assert_rows("required boolean x: \"{uuid(row)}\" = \"{uuid(row + 1 - 1)}\";", 1, "[true]");
}

/* ---- whose they are ---- */

/* Of lists of all lengths, beside each other and far apart, each element is of its row and has its place. */
static void
elements_are_of_their_rows(void **state)
{
	(void)state;
	enum { ROWS = 60, LONGEST = 20 };
	struct recipe_text recipe;
	recipe_text_open_or_fail(&recipe,
	    "message m { repeated int64 x: length row * 7 % 20 of row * 100 + place; }", NO_FOLDER, 1);
	char *printed = recipe_text_print(&recipe, 0, ROWS), expected[ROWS * LONGEST * 6];
	size_t at = 0;
	for (unsigned row = 0; row < ROWS; row++) {
		at += (size_t)snprintf(expected + at, sizeof expected - at, "%s[[", row > 0 ? " " : "");
		for (unsigned place = 0; place < row * 7 % LONGEST; place++)
			at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%u",
			    place > 0 ? ", " : "", row * 100 + place);
		at += (size_t)snprintf(expected + at, sizeof expected - at, "]]");
	}
	assert_string_equal(printed, expected);
	free(printed);
	recipe_text_close(&recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_are_of_their_rows),
	    cmocka_unit_test(no_two_keys_are_equal),
	    cmocka_unit_test(distinct_values_are_of_the_support),
	    cmocka_unit_test(what_is_not_distinct_is_refused),
	    cmocka_unit_test(sums_so_far),
	    cmocka_unit_test(a_uuid_for_each_number),
	};
	return cmocka_run_group_tests(tests, make_lists, remove_lists);
}
