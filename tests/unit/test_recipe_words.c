/* Words from lists: several in one text, by number, by weight; letters of an alphabet. */
#include "tests/unit/recipe_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *name, *bytes;
} files[] = {{"one.txt", "x\n"}, {"four.txt", "a\nb\nc\nd\n"}, {"country.txt", "Norway\nPeru\nSweden\n"},
    {"capital.txt", "Oslo\nLima\nStockholm\n"}, {"weighted.txt", "a\t1\nb\t0\nc\t3\n"},
    {"long.txt", "a word that is longer than what lies behind a text, and its end\nb\n"}};

enum { FILES = sizeof files / sizeof *files };

static char path[] = "/tmp/nest-recipe-XXXXXX";
static int folder;

static int
make_lists(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	for (size_t i = 0; i < FILES; i++) {
		int file = openat(folder, files[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(file >= 0);
		assert_int_equal(write(file, files[i].bytes, strlen(files[i].bytes)), strlen(files[i].bytes));
		close(file);
	}
	return 0;
}

static int
remove_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++)
		assert_int_equal(unlinkat(folder, files[i].name, 0), 0);
	close(folder);
	return rmdir(path);
}

/* Rows of a message type of FIELDS as text; the caller frees it. */
static char *
rows_of(const char *fields, uint64_t count)
{
	char text[1024];
	struct recipe_text recipe;
	snprintf(text, sizeof text, "message m { %s }", fields);
	recipe_text_open_or_fail(&recipe, text, folder, 42);
	char *printed = recipe_text_print(&recipe, 0, count);
	recipe_text_close(&recipe);
	return printed;
}

struct known {
	const char *fields;
	uint64_t count;
	const char *expected;
};

static void
check_all(const struct known *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *printed = rows_of(known[i].fields, known[i].count);
		if (strcmp(printed, known[i].expected) != 0)
			fail_msg("%s\ngives    %s\nand not  %s", known[i].fields, printed, known[i].expected);
		free(printed);
	}
}

#define CHECK(...)                                                 \
	do {                                                       \
		static const struct known known[] = {__VA_ARGS__}; \
		check_all(known, sizeof known / sizeof *known);    \
	} while (0)

#define TEXT(x) "required binary x (STRING): " x ";"
#define MAYBE_TEXT(x) "optional binary x (STRING): " x ";"
#define INT(x) "required int64 x: " x ";"

static void
words_by_their_number(void **state)
{
	(void)state;
	CHECK({TEXT("word_at(\"country\", row % 3)"), 4, "[\"Norway\"] [\"Peru\"] [\"Sweden\"] [\"Norway\"]"},
	    {"let n = row % 3; " TEXT("\"{word_at('capital', n)}, {word_at('country', n)}\""), 3,
		"[\"Oslo, Norway\"] [\"Lima, Peru\"] [\"Stockholm, Sweden\"]"},
	    {MAYBE_TEXT("word_at(\"country\", 1..clamp(row, 0, 2))"), 2, "[nil] [\"Peru\"]"},
	    {"let n = if row < 0 then 5 else if row = 0 then null else 6;" MAYBE_TEXT(
		 "word_at(\"country\", n - 5)"),
		2, "[nil] [\"Peru\"]"},
	    {TEXT("word_at(\"long\", 0)"), 1,
		"[\"a word that is longer than what lies behind a text, and its end\"]"},
	    {INT("word_count(\"country\") * 10 + word_count(\"one\")"), 1, "[31]"},
	    {INT("word_number(\"one\")"), 1, "[0]"},
	    {INT("word_number(\"country\")"), 6, "[1] [1] [2] [2] [2] [0]"},
	    {INT("word_number(\"four\", 2)"), 6, "[0] [1] [1] [2] [0] [0]"},
	    {INT("word_number(\"weighted\")"), 6, "[2] [2] [0] [0] [2] [2]"},
	    {TEXT("word(\"weighted\")"), 6, "[\"c\"] [\"c\"] [\"a\"] [\"a\"] [\"c\"] [\"c\"]"},
	    {TEXT("word(\"four\", 2)"), 6, "[\"a\"] [\"b\"] [\"b\"] [\"c\"] [\"a\"] [\"a\"]"},
	    {TEXT("word(\"country\")"), 3, "[\"Peru\"] [\"Peru\"] [\"Sweden\"]"},
	    {"required int32 x (INTEGER(8,true)): word_number(\"four\") * 42;", 1, "[42]"});
}

static void
several_words_are_a_text(void **state)
{
	(void)state;
	CHECK({TEXT("words(\"one\", row % 4)"), 5, "[\"\"] [\"x\"] [\"x x\"] [\"x x x\"] [\"\"]"},
	    {TEXT("words(\"country\", 2)"), 2, "[\"Peru Sweden\"] [\"Peru Peru\"]"},
	    {TEXT("words(\"four\", 1..5)"), 4, "[\"c b d\"] [\"b c a d\"] [\"a a a d d\"] [\"c a b\"]"},
	    {TEXT("words(\"four\", 6, 2)"), 2, "[\"a a a b b a\"] [\"a a a a a a\"]"},
	    {TEXT("words(\"weighted\", 6)"), 2, "[\"c c c a a c\"] [\"c c c c c c\"]"},
	    {MAYBE_TEXT("words(\"one\", 2..clamp(row, 0, 9))"), 3, "[nil] [nil] [\"x x\"]"},
	    {TEXT("words(\"long\", 0)"), 1, "[\"\"]"},
	    {"required fixed_len_byte_array(3) x: words(\"four\", 2);", 1, "[\"c d\"]"},
	    {"required fixed_len_byte_array(1) x: words(\"four\", 1);", 1, "[\"c\"]"},
	    {TEXT("letters(3, \"a\")"), 1, "[\"aaa\"]"},
	    {TEXT("letters(2, \"\\u{20ac}\")"), 1, "[\"\xe2\x82\xac\xe2\x82\xac\"]"},
	    {TEXT("letters(9, \"ab\\u{e9}\")"), 2, "[\"bébaabbab\"] [\"bbébébabb\"]"},
	    {TEXT("letters(0..4, \"01\")"), 4, "[\"10\"] [\"010\"] [\"0001\"] [\"10\"]"},
	    {"required fixed_len_byte_array(6) x: letters(3, \"\\u{e9}\\u{e8}\");", 1,
		"[\"\\xc3\\xa8\\xc3\\xa8\\xc3\\xa8\"]"});
}

/* They are drawn some at a time, which does not show: fewer words are the beginning of more. */
static void
many_words_begin_as_few_do(void **state)
{
	(void)state;
	static const char *const from[] = {"\"four\", %u", "\"four\", %u, 1.5", "\"weighted\", %u"};
	static const unsigned counts[] = {63, 64, 65, 127, 128, 129, 300};
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		char words[64], fields[128];
		snprintf(words, sizeof words, from[i], 300);
		snprintf(fields, sizeof fields, TEXT("words(%s)"), words);
		char *most = rows_of(fields, 1);
		for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
			snprintf(words, sizeof words, from[i], counts[k]);
			snprintf(fields, sizeof fields, TEXT("words(%s)"), words);
			char *fewer = rows_of(fields, 1);
			assert_int_equal(strlen(fewer), 4 + 2 * counts[k] - 1);
			assert_memory_equal(fewer, most, strlen(fewer) - 2);
			free(fewer);
		}
		/* The second half is not the first again. */
		assert_memory_not_equal(most + 2, most + 2 + 128, 128);
		free(most);
	}
}

/* How often each of the letters a to d is a row of FIELDS, of which there are 4096. */
static void
count_letters(const char *fields, unsigned seen[4])
{
	enum { ROWS = 4096, ROW_BYTES = 3 };
	char text[256];
	struct recipe_text recipe;
	struct buffer rows = {0};
	snprintf(text, sizeof text, "message m { %s }", fields);
	recipe_text_open_or_fail(&recipe, text, folder, 1);
	for (uint64_t i = 0; i < ROWS; i += BATCH_ROWS)
		recipe_text_append(&recipe, i, BATCH_ROWS, &rows);
	assert_int_equal(rows.size, ROWS * ROW_BYTES);
	memset(seen, 0, 4 * sizeof *seen);
	for (size_t i = 0; i < ROWS; i++) {
		assert_in_range(rows.data[i * ROW_BYTES + 2], 'a', 'd');
		seen[rows.data[i * ROW_BYTES + 2] - 'a']++;
	}
	buffer_free(&rows);
	recipe_text_close(&recipe);
}

/* Each word as often as its weight, its place or its number says, of 4096; five deviations are 160 at most.
 */
static void
words_are_as_likely_as_they_should_be(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		unsigned expected[4];
	} known[] = {{TEXT("words(\"four\", 1)"), {1024, 1024, 1024, 1024}},
	    {TEXT("letters(1, \"abcd\")"), {1024, 1024, 1024, 1024}},
	    {TEXT("letters(1, \"aab\")"), {2731, 1365, 0, 0}},
	    {TEXT("words(\"four\", 1, 1)"), {1966, 983, 655, 492}},
	    {TEXT("words(\"weighted\", 1)"), {1024, 0, 3072, 0}},
	    {TEXT("word_at(\"weighted\", word_number(\"weighted\"))"), {1024, 0, 3072, 0}},
	    {TEXT("word_at(\"four\", word_number(\"four\"))"), {1024, 1024, 1024, 1024}},
	    {TEXT("word_at(\"four\", word_number(\"four\", 1))"), {1966, 983, 655, 492}}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		unsigned seen[4];
		count_letters(known[i].fields, seen);
		for (unsigned k = 0; k < 4; k++)
			if (abs((int)seen[k] - (int)known[i].expected[k]) > 160 ||
			    (known[i].expected[k] == 0 && seen[k] > 0))
				fail_msg("%s: %u of %c", known[i].fields, seen[k], 'a' + (int)k);
	}
}

#define REFUSED(x) "message m { required binary x (STRING): " x "; }"

static void
what_is_no_word_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} known[] = {
	    {REFUSED("word_at(\"four\", 4)"), "line 1, column 57: a whole number from 0 to 3 is expected "
					      "here, whatever the row: % or clamp() bounds it"},
	    {REFUSED("word_at(\"four\", -1)"), "line 1, column 57: a whole number from 0 to 3 is expected "
					       "here, whatever the row: % or clamp() bounds it"},
	    {REFUSED("word_at(\"four\", 1.0)"), "line 1, column 57: a whole number from 0 to 3 is expected "
						"here, whatever the row: % or clamp() bounds it"},
	    {REFUSED("word_at(\"four\", \"a\")"), "line 1, column 58: a whole number from 0 to 3 is expected "
						  "here, whatever the row: % or clamp() bounds it"},
	    {REFUSED("word_at(\"nope\", 0)"),
		"line 1, column 50: unable to open nope.txt: No such file or directory"},
	    {REFUSED("word_at(\"four\", nobody)"),
		"line 1, column 57: there is no field and no let called \"nobody\" here"},
	    {REFUSED("word_at(\"four\")"),
		"line 1, column 41: the number of arguments of word_at() is 2, and not 1"},
	    {REFUSED("words(\"four\", nobody)"),
		"line 1, column 55: there is no field and no let called \"nobody\" here"},
	    {REFUSED("words(\"four\", 1, nobody)"),
		"line 1, column 58: there is no field and no let called \"nobody\" here"},
	    {REFUSED("words(\"four\", 1, 0)"),
		"line 1, column 58: the exponent of a Zipf distribution is above 0, not 0"},
	    {REFUSED("words(\"weighted\", 1, 1)"),
		"line 1, column 62: the words of this list have weights, and take no exponent"},
	    {REFUSED("word(\"weighted\", 1)"),
		"line 1, column 58: the words of this list have weights, and take no exponent"},
	    {REFUSED("\"{word_number('weighted', 1)}\""),
		"line 1, column 67: the words of this list have weights, and take no exponent"},
	    {REFUSED("words(\"nope\", 1)"),
		"line 1, column 48: unable to open nope.txt: No such file or directory"},
	    {REFUSED("\"{word_count('nope')}\""),
		"line 1, column 55: unable to open nope.txt: No such file or directory"},
	    {REFUSED("\"{word_number('nope')}\""),
		"line 1, column 56: unable to open nope.txt: No such file or directory"},
	    {REFUSED("words(\"four\", 65537)"),
		"line 1, column 55: a whole number from 0 to 65536 is expected here, whatever the row"},
	    {REFUSED("words(\"long\", 16385)"),
		"line 1, column 41: the text may have more than 1048576 bytes"},
	    {REFUSED("letters(1, \"\")"), "line 1, column 53: an alphabet has one letter or more"},
	    {REFUSED("letters(1, 2)"), "line 1, column 52: a text in quotes is expected here"},
	    {REFUSED("letters(1, \"a\", 1)"),
		"line 1, column 41: the number of arguments of letters() is 1 or 2, and not 3"},
	    {REFUSED("letters(nobody, \"a\")"),
		"line 1, column 49: there is no field and no let called \"nobody\" here"},
	    {"message m { required int32 x (INTEGER(8,true)): word_number(\"four\") * 43; }",
		"line 1, column 69: values from 0 to 129 do not all fit \"x\", which takes -128 to 127: "
		"clamp() bounds them"},
	    {"message m { required fixed_len_byte_array(3) x: words(\"four\", 1..2); }",
		"line 1, column 49: \"x\" takes 3 bytes, no more and no less"},
	    {"message m { required fixed_len_byte_array(1) x: words(\"four\", 0..1); }",
		"line 1, column 49: \"x\" takes 1 bytes, no more and no less"},
	    {"message m { required fixed_len_byte_array(2) x: letters(1, \"a\\u{e9}\"); }",
		"line 1, column 49: \"x\" takes 2 bytes, no more and no less"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_refused(known[i].text, folder, known[i].expected);
}

/* A list that an argument names is read while the first is at hand, and the lists move. */
static void
lists_may_be_named_within_calls(void **state)
{
	(void)state;
	char text[4096], name[16];
	struct recipe_text recipe;
	size_t size = (size_t)snprintf(text, sizeof text, "message m { ");
	for (char c = 'a'; c <= 'p'; c++) {
		snprintf(name, sizeof name, "%c.txt", c);
		assert_int_equal(linkat(folder, "four.txt", folder, name, 0), 0);
	}
	for (char c = 'a'; c < 'p'; c = (char)(c + 3))
		size += (size_t)snprintf(text + size, sizeof text - size,
		    "let %c = words(\"%c\", word_count(\"%c\"), word_count(\"%c\"));", c, c, c + 1, c + 2);
	snprintf(text + size, sizeof text - size,
	    "required binary x (STRING): word_at(\"four\", word_number(\"p\")); }");
	recipe_text_open_or_fail(&recipe, text, folder, 1);
	char *printed = recipe_text_print(&recipe, 0, 1);
	assert_int_equal(strlen(printed), 5);
	free(printed);
	recipe_text_close(&recipe);
	for (char c = 'a'; c <= 'p'; c++) {
		snprintf(name, sizeof name, "%c.txt", c);
		assert_int_equal(unlinkat(folder, name, 0), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_by_their_number),
	    cmocka_unit_test(several_words_are_a_text),
	    cmocka_unit_test(many_words_begin_as_few_do),
	    cmocka_unit_test(words_are_as_likely_as_they_should_be),
	    cmocka_unit_test(what_is_no_word_is_refused),
	    cmocka_unit_test(lists_may_be_named_within_calls),
	};
	return cmocka_run_group_tests(tests, make_lists, remove_lists);
}
