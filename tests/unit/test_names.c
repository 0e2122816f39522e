/* The tables of names: as many as they say, all distinct, all well-formed. */
#include "gen/names.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct names names;

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, NAME_SLOT);
}

static void
assert_distinct(const struct name *table, size_t count)
{
	struct name *sorted = malloc(count * sizeof *sorted);
	assert_non_null(sorted);
	memcpy(sorted, table, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare);
	for (size_t i = 1; i < count; i++)
		if (compare(&sorted[i - 1], &sorted[i]) == 0)
			fail_msg("%s is there twice", sorted[i].text);
	free(sorted);
}

static void
first_names_are_3007_distinct_ones(void **state)
{
	(void)state;
	assert_int_equal(sizeof names.first / sizeof *names.first, 3007);
	assert_distinct(names.first, FIRST_NAMES);
}

static void
last_names_are_473_distinct_ones(void **state)
{
	(void)state;
	assert_int_equal(sizeof names.last / sizeof *names.last, 473);
	assert_distinct(names.last, LAST_NAMES);
}

static void
assert_well_formed(const struct name *name, size_t size)
{
	assert_in_range(size, 2, NAME_BYTES);
	assert_true(isupper((unsigned char)name->text[0]));
	for (size_t i = 1; i < size; i++)
		assert_true(islower((unsigned char)name->text[i]));
	for (size_t i = size; i < NAME_SLOT; i++)
		assert_int_equal(name->text[i], 0);
}

static void
names_are_capitalised_words_with_zeros_behind(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIRST_NAMES; i++)
		assert_well_formed(&names.first[i], names.first_size[i]);
	for (size_t i = 0; i < LAST_NAMES; i++)
		assert_well_formed(&names.last[i], names.last_size[i]);
}

/* Syllables know nothing of what they make. */
static void
no_first_name_is_an_insult(void **state)
{
	(void)state;
	static const char *const words[] = {
	    "Abo", "Abos", "Adolf", "Anal", "Anus", "Homo", "Moron", "Nazi", "Satan", "Slut"};
	for (size_t i = 0; i < FIRST_NAMES; i++)
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			assert_string_not_equal(names.first[i].text, words[k]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_names_are_3007_distinct_ones),
	    cmocka_unit_test(last_names_are_473_distinct_ones),
	    cmocka_unit_test(no_first_name_is_an_insult),
	    cmocka_unit_test(names_are_capitalised_words_with_zeros_behind),
	};
	memset(&names, 0xff, sizeof names);
	names_fill(&names);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
