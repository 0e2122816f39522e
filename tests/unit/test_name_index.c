/* Looking up items by name, with more of them than there are slots of their own. */
#include "gen/notation/name_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { NAMES = 300, GROUPS = 3 };

static void
every_name_is_found_in_its_group(void **state)
{
	(void)state;
	static char texts[NAMES][8];
	struct name_index index = {0};
	struct nest_error error;
	assert_true(name_index_open(&index, NAMES * GROUPS, &error));
	for (uint32_t i = 0; i < NAMES; i++) {
		snprintf(texts[i], sizeof texts[i], "n%u", i);
		for (uint32_t group = 0; group < GROUPS; group++) {
			assert_null(name_index_find(&index, group, view_of_text(texts[i])));
			name_index_add(&index, group, view_of_text(texts[i]), i * GROUPS + group);
		}
	}
	for (uint32_t i = 0; i < NAMES; i++)
		for (uint32_t group = 0; group < GROUPS; group++)
			assert_int_equal(
			    *name_index_find(&index, group, view_of_text(texts[i])), i * GROUPS + group);
	assert_null(name_index_find(&index, GROUPS, view_of_text("n1")));
	assert_null(name_index_find(&index, 0, view_of_text("n")));
	name_index_free(&index);
}

static void
an_empty_name_is_one_and_no_room_has_none(void **state)
{
	(void)state;
	struct name_index index = {0};
	struct nest_error error;
	assert_true(name_index_open(&index, 0, &error));
	assert_null(name_index_find(&index, 0, (struct view){0}));
	name_index_free(&index);
	assert_true(name_index_open(&index, 1, &error));
	name_index_add(&index, 7, (struct view){0}, 5);
	assert_int_equal(*name_index_find(&index, 7, (struct view){0}), 5);
	assert_null(name_index_find(&index, 7, view_of_text("a")));
	name_index_free(&index);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_is_found_in_its_group),
	    cmocka_unit_test(an_empty_name_is_one_and_no_room_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
