/* Texts drawn from a pattern: the pattern matches them, choices are even; and what is no pattern. */
#include "gen/chance/pattern.h"
#include "lib/base/utf8.h"
#include "tests/unit/chance.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char text[PATTERN_MOST + 1];

static struct pattern
with(const char *source)
{
	struct pattern pattern;
	struct nest_error error;
	if (!pattern_open(&pattern, view_of_text(source), &error))
		fail_msg("%s: %s", source, error.text);
	return pattern;
}

/* The text of WORD, with a zero behind it. */
static size_t
draw(const struct pattern *pattern, uint64_t word)
{
	size_t size = pattern_draw(pattern, word, (uint8_t *)text);
	assert_true(size <= pattern->longest_bytes);
	text[size] = '\0';
	return size;
}

/* A pattern, and the same as POSIX writes it where that differs. */
static const struct {
	const char *source, *posix;
} patterns[] = {
    {"", NULL},
    {"abc", NULL},
    {"a|b|cd", NULL},
    {"^abc$", NULL},
    {"^a$|^b$", "a|b"},
    {"[A-Za-z0-9_-]{3,8}", NULL},
    {"[^a-z]+", NULL},
    {"[]x]{2}[^]x]", NULL},
    {"[a-]{4}", NULL},
    {"\\d{3}-\\d{4}", "[0-9]{3}-[0-9]{4}"},
    {"\\w+\\s\\S*", "[A-Za-z0-9_]+[[:space:]][^[:space:]]*"},
    {"\\D\\W[\\d.][^\\d\\s]", "[^0-9][^A-Za-z0-9_][0-9.][^0-9[:space:]]"},
    {"[^\\W]{9}", "[A-Za-z0-9_]{9}"},
    {"\\.\\\\\\-\\[\\]\\(\\)\\{\\}\\*\\+\\?\\|\\^\\$\\/", "\\.\\\\-\\[\\]\\(\\)\\{\\}\\*\\+\\?\\|\\^\\$/"},
    {"\\n\\t\\r\\f\\v[\\n\\t]", "\n\t\r\f\v[\n\t]"},
    {".{20}", "[ -~]{20}"},
    {"(ab?|c){2,5}x*", NULL},
    {"(?:ab){2}(?:c|)", "(ab){2}(c|)"},
    {"a{,3}b{2,}c{0}d{1}", "a{0,3}b{2,}d"},
    {"a(b{0})c(d{0}e)f", "acef"},
    {"a*?b+?c??d{2}?", "a*b+c?d{2}"},
    {"((a|b)(c|(d|e)f){2})?", NULL},
    {"(|a||b)", "a?|b"},
    {"([a-z]+\\.)*[a-z]{2,3}@(example|test)\\.(com|org)", NULL},
    {"\xc3\xa9\xe2\x82\xac", NULL},
    {"(\xc3\xa9){2}|\xf0\x9f\x98\x80", NULL},
    {"\\\xc3\xa9[\\\xc3\xa9]{2}", "\xc3\xa9\xc3\xa9\xc3\xa9"},
    {"}]", "}]"},
};

static void
texts_are_matched_by_their_patterns(void **state)
{
	(void)state;
	static char whole[256];
	const uint64_t *words = chance_words(1);
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		const char *posix = patterns[i].posix != NULL ? patterns[i].posix : patterns[i].source;
		struct pattern pattern = with(patterns[i].source);
		regex_t regex;
		snprintf(whole, sizeof whole, "^(%s)$", posix);
		assert_int_equal(regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB), 0);
		for (size_t k = 0; k < 500; k++) {
			size_t size = draw(&pattern, words[k]);
			if (strlen(text) != size || regexec(&regex, text, 0, NULL, 0) != 0)
				fail_msg("%s does not match \"%s\"", patterns[i].source, text);
		}
		regfree(&regex);
		pattern_free(&pattern);
	}
}

/* COUNT different texts, and each as often as SHARES say, or all equally often. */
static double
fit(const char *source, const char *const *texts, const double *shares, size_t count)
{
	enum { MOST = 100, TRIES = 100000 };
	uint64_t counts[MOST] = {0};
	double expected[MOST];
	struct pattern pattern = with(source);
	const uint64_t *words = chance_words(2);
	for (size_t i = 0; i < TRIES; i++) {
		size_t found = 0;
		draw(&pattern, words[i]);
		while (found < count && strcmp(text, texts[found]) != 0)
			found++;
		assert_true(found < count);
		counts[found]++;
	}
	pattern_free(&pattern);
	for (size_t i = 0; i < count; i++)
		expected[i] = TRIES * (shares != NULL ? shares[i] : 1. / (double)count);
	return chance_fit(counts, expected, count);
}

static void
choices_are_even(void **state)
{
	(void)state;
	static const char *const letters[] = {"a", "b", "c", "d", "e", "x", "y"};
	static const char *const counts[] = {"", "a", "aa", "aaa", "aaaa", "aaaaa", "aaaaaa", "aaaaaaa",
	    "aaaaaaaa", "aaaaaaaaa", "aaaaaaaaaa"};
	static const char *const signs[] = {
	    "!", "#", "$", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/", "\""};
	static const char *const umlauts[] = {"\xc3\xa4", "\xc3\xa5", "\xc3\xa6", "z", "\xe2\x82\xac"};
	static const double skewed[] = {0.51, 0.49};
	static const double halves[] = {0.5, 0.25, 0.25};
	assert_true(fit("a|b|c|d|e|x|y", letters, NULL, 7) > FIT);
	assert_true(fit("[xa-cb-ey]", letters, NULL, 7) > FIT);
	assert_true(fit("[ya-ebcx]", letters, NULL, 7) > FIT);
	assert_true(fit("a?", counts, NULL, 2) > FIT);
	assert_true(fit("a{,4}", counts, NULL, 5) > FIT);
	assert_true(fit("a*", counts, NULL, 9) > FIT);
	assert_true(fit("a+", counts + 1, NULL, 9) > FIT);
	assert_true(fit("a{2,}", counts + 2, NULL, 9) > FIT);
	assert_true(fit("[^ 0-~]", signs, NULL, 15) > FIT);
	assert_true(fit("[\xc3\xa4-\xc3\xa6z\xe2\x82\xac]", umlauts, NULL, 5) > FIT);
	assert_true(fit("a|(b|c)", letters, halves, 3) > FIT);
	assert_true(fit("a|b", letters, skewed, 2) < FIT);
	assert_true(fit("a|(b|c)", letters, NULL, 3) < FIT);
}

/* Choices of one text know nothing of each other: all pairs come equally often. */
static void
choices_are_independent(void **state)
{
	(void)state;
	static const char *const pairs[] = {"00", "01", "02", "10", "11", "12", "20", "21", "22"};
	assert_true(fit("[0-2][0-2]", pairs, NULL, 9) > FIT);
	assert_true(fit("[0-2]{2}", pairs, NULL, 9) > FIT);
}

static void
classes_have_no_surrogates(void **state)
{
	(void)state;
	struct pattern pattern = with("[\xed\x9f\xbf-\xee\x80\x80\xf0\x9f\x98\x80]");
	const uint64_t *words = chance_words(3);
	bool before = false, behind = false, beyond = false;
	assert_int_equal(pattern.longest_bytes, 4);
	for (size_t i = 0; i < 1000; i++) {
		size_t size = draw(&pattern, words[i]);
		assert_true(utf8_valid((const uint8_t *)text, size));
		before |= strcmp(text, "\xed\x9f\xbf") == 0;
		behind |= strcmp(text, "\xee\x80\x80") == 0;
		beyond |= strcmp(text, "\xf0\x9f\x98\x80") == 0;
	}
	assert_true(before && behind && beyond);
	pattern_free(&pattern);
}

static void
assert_refused(const char *source, const char *why)
{
	struct pattern pattern;
	struct nest_error error;
	if (pattern_open(&pattern, view_of_text(source), &error))
		fail_msg("%s is taken", source);
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, why);
	assert_null(pattern.nodes.data);
}

#define AT(offset, why) "at offset " offset " of the pattern: " why

static void
what_is_not_known_is_refused_where_it_stands(void **state)
{
	(void)state;
	assert_refused("(a)\\1", AT("3", "there are no back references"));
	assert_refused("a\\b", AT("1", "a backslash before this letter has no meaning here"));
	assert_refused("a\\", AT("1", "nothing follows the backslash"));
	assert_refused("a(?=b)", AT("1", "of the groups that begin with (? there is only (?:"));
	assert_refused("a(?P<n>b)", AT("1", "of the groups that begin with (? there is only (?:"));
	assert_refused("ab(c", AT("2", "the group is not closed"));
	assert_refused("ab)", AT("2", "no group is open"));
	assert_refused("a[bc", AT("1", "the class is not closed"));
	assert_refused("[]", AT("0", "the class is not closed"));
	assert_refused("a[^ -~]", AT("1", "the class has no members"));
	assert_refused("[[:alpha:]]", AT("1", "there are no named classes"));
	assert_refused("[az-b]", AT("2", "the range ends before it begins"));
	assert_refused("[\\d-z]", AT("1", "a range begins and ends with a character"));
	assert_refused("[a-\\d]", AT("1", "a range begins and ends with a character"));
	assert_refused("*a", AT("0", "there is nothing to repeat"));
	assert_refused("^*", AT("1", "there is nothing to repeat"));
	assert_refused("a**", AT("2", "a count follows a count; the first needs a group around it"));
	assert_refused("a*+", AT("2", "a count follows a count; the first needs a group around it"));
	assert_refused("a{2}{3}", AT("4", "a count follows a count; the first needs a group around it"));
	assert_refused("a{b}", AT("1", "a brace opens {n}, {n,}, {,m} or {n,m}; the character is \\{"));
	assert_refused("a{,}", AT("1", "a brace opens {n}, {n,}, {,m} or {n,m}; the character is \\{"));
	assert_refused("a{2", AT("1", "a brace opens {n}, {n,}, {,m} or {n,m}; the character is \\{"));
	assert_refused("a{3,2}", AT("1", "the most is less than the least"));
	assert_refused("a{65536}", AT("2", "a count is at most 65535"));
	assert_refused("a^b", AT("1", "an anchor stands only at an end"));
	assert_refused("a$b", AT("1", "an anchor stands only at an end"));
	assert_refused("(^a)", AT("1", "an anchor stands only at an end"));
	assert_refused("ab\xff", AT("2", "the text is not UTF-8"));
}

#define TOO_LONG "the longest text would have more than 65535 bytes"

static void
texts_have_a_longest(void **state)
{
	(void)state;
	assert_refused(
	    "a{1000}{1000}", AT("7", "a count follows a count; the first needs a group around it"));
	assert_refused("x(a{1000}){1000}", AT("10", TOO_LONG));
	assert_refused("a{65535}b", AT("8", TOO_LONG));
	assert_refused("(((a{40}){40}){40}){40}", AT("19", TOO_LONG));
	assert_refused("\xc3\xa9{40000}", AT("2", TOO_LONG));

	struct pattern pattern = with("a{65535}");
	assert_int_equal(draw(&pattern, 1), PATTERN_MOST);
	pattern_free(&pattern);
	pattern = with("(a|bcd|)+(e|fg)");
	assert_int_equal(pattern.longest_bytes, 9 * 3 + 2);
	pattern_free(&pattern);
	pattern = with("((|){65535}){65535}a{0}");
	assert_int_equal(pattern.longest_bytes, 0);
	assert_int_equal(draw(&pattern, 1), 0);
	pattern_free(&pattern);
}

/* Texts that follow each other in the pattern are one node, so that a draw copies them at once. */
static void
texts_are_joined(void **state)
{
	(void)state;
	static const struct {
		const char *source, *text;
		size_t nodes;
	} known[] = {{"abc", "abc", 1}, {"(ab)(c(d))", "abcd", 1}, {"a\xc3\xa9\\.", "a\xc3\xa9.", 1},
	    {"ab[c]de", "abcde", 4}, {"abc{2}de", "abccde", 5}, {"ab{0}c", "ac", 4}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct pattern pattern = with(known[i].source);
		assert_int_equal(pattern.nodes.size, known[i].nodes * sizeof(struct pattern_node));
		draw(&pattern, 1);
		assert_string_equal(text, known[i].text);
		pattern_free(&pattern);
	}
}

static void
groups_nest_as_deep_as_is_said(void **state)
{
	(void)state;
	char deep[2 * PATTERN_DEPTH + 4];
	memset(deep, '(', PATTERN_DEPTH);
	deep[PATTERN_DEPTH] = 'a';
	memset(deep + PATTERN_DEPTH + 1, ')', PATTERN_DEPTH);
	deep[2 * PATTERN_DEPTH + 1] = '\0';
	struct pattern pattern = with(deep);
	assert_int_equal(draw(&pattern, 1), 1);
	pattern_free(&pattern);
	memset(deep, '(', PATTERN_DEPTH + 1);
	assert_refused(deep, AT("64", "groups are nested too deep"));
	char *large = malloc(PATTERN_MOST + 2);
	assert_non_null(large);
	memset(large, 'a', PATTERN_MOST + 1);
	large[PATTERN_MOST + 1] = '\0';
	assert_refused(large, "a pattern has at most 65535 bytes");
	free(large);
}

static void
texts_are_the_same_everywhere(void **state)
{
	(void)state;
	static char all[1000][64];
	struct pattern pattern = with("([A-Z][a-z]{2,9} ){1,4}(\\d{4}|\\w+@\\w+\\.(com|org))?");
	const uint64_t *words = chance_words(4);
	for (size_t i = 0; i < 1000; i++) {
		draw(&pattern, words[i]);
		memcpy(all[i], text, 64);
	}
	pattern_free(&pattern);
	assert_int_equal(chance_digest(all, sizeof all), 0x8d401a2fc95c50a5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_matched_by_their_patterns),
	    cmocka_unit_test(choices_are_even),
	    cmocka_unit_test(choices_are_independent),
	    cmocka_unit_test(classes_have_no_surrogates),
	    cmocka_unit_test(what_is_not_known_is_refused_where_it_stands),
	    cmocka_unit_test(texts_have_a_longest),
	    cmocka_unit_test(texts_are_joined),
	    cmocka_unit_test(groups_nest_as_deep_as_is_said),
	    cmocka_unit_test(texts_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
