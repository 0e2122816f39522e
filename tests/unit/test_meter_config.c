/* Properties files and set files: what they mean, and what is refused. */
#include "lib/meter/config.h"
#include "lib/meter/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct told {
	unsigned count, line;
	char path[64], text[256];
};
static struct told told;

static void
note(const char *path, unsigned line, const char *text)
{
	told.count++;
	told.line = line;
	snprintf(told.path, sizeof told.path, "%s", path);
	snprintf(told.text, sizeof told.text, "%s", text);
}

static struct meter_places nowhere;

static int
find(const struct meter_groups *groups, size_t count, const char *name)
{
	return meter_groups_find(groups, count, name, nowhere);
}

static struct meter_config
parse(const char *text)
{
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	told = (struct told){0};
	if (!meter_config_parse(&config, view_of_text(text), note, "a file", &error))
		fail_msg("%s", error.text);
	return config;
}

static void
every_key_in_both_prefixes(void **state)
{
	(void)state;
	static const char keys[] = "%shotspot.enabled=true\n%shotspot.initial=1\n%shotspot.lower=2\n"
				   "%shotspot.upper=3\n%shotspot.threshold=4\n%shotspot.threshold.credit=5\n"
				   "%shotspot.threshold.debit=6\n%shotspot.threshold.inherent=0.007\n"
				   "%shotspot.threshold.inherent.credit=8\n"
				   "%shotspot.threshold.inherent.debit=9\n%snonrecursive.enabled=true\n"
				   "%snonreentrant.enabled=true\n%stierpoint.enabled=true\n"
				   "%stracking.enabled=true\n%sautolabel.enabled=true\n"
				   "%stimeline.enabled=true\n%stimeline.limit=10\n";
	static const char *const prefixes[] = {"", "j.s.p.", "jxinsight.server.probes."};
	for (size_t i = 0; i < 3; i++) {
		char text[2048];
		const char *p = prefixes[i];
		snprintf(text, sizeof text, keys, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p);
		struct meter_config config = parse(text);
		assert_int_equal(told.count, 0);
		assert_true(config.hotspot && config.nonrecursive && config.nonreentrant &&
			    config.tierpoint && config.tracking && config.autolabel && config.timeline);
		assert_true(config.timeline_limit == 10);
		assert_true(config.initial == 1 && config.lower == 2 && config.upper == 3);
		assert_true(config.inclusive.at_ns == 4000 && config.inclusive.credit == 5 &&
			    config.inclusive.debit == 6);
		assert_true(
		    config.inherent.at_ns == 7 && config.inherent.credit == 8 && config.inherent.debit == 9);
		meter_config_free(&config);
	}
}

static void
the_defaults(void **state)
{
	(void)state;
	struct meter_config config = parse("");
	assert_false(config.hotspot || config.nonrecursive || config.nonreentrant || config.tierpoint ||
		     config.tracking || config.autolabel || config.timeline);
	assert_true(config.initial == 1000 && config.lower == 2000 && config.upper == 100000);
	assert_true(config.inclusive.at_ns == 10000 && config.inherent.at_ns == 2000);
	assert_true(config.inclusive.credit == 1 && config.inclusive.debit == 2);
	assert_int_equal(config.meter_count, 1);
	meter_config_free(&config);
}

static void
lines_as_properties_have_them(void **state)
{
	(void)state;
	struct meter_config config =
	    parse("# a comment\n! another\n\n  \t\r\n  hotspot.initial : 12 \r\n"
		  "hotspot.lower 13\nhotspot.upper=\\\n   14\n"
		  "meters = clock.time, \\\n  cpu.cycles page.faults\nhotspot.enabled=true");
	assert_int_equal(told.count, 0);
	assert_true(config.initial == 12 && config.lower == 13 && config.upper == 14 && config.hotspot);
	assert_int_equal(config.meter_count, 3);
	assert_int_equal(config.meters[2], METER_PAGE_FAULTS);
	meter_config_free(&config);
}

static void
groups_may_stand_before_their_list(void **state)
{
	(void)state;
	struct meter_config config =
	    parse("autolabel.label.hotspot.name.groups=main.\nautolabel.labels=hotspot,other\n"
		  "tierpoint.tiers=lib app\ntierpoint.tier.app.name.groups=a,a.b.*\n"
		  "tierpoint.tier.lib.name.groups=*\n");
	assert_int_equal(told.count, 0);
	assert_int_equal(config.label_count, 2);
	assert_string_equal(config.labels[0].groups[0], "main");
	assert_int_equal(find(config.labels, 2, "main"), 0);
	assert_int_equal(find(config.labels, 2, "mainly"), -1);
	assert_int_equal(find(config.tiers, 2, "a.c"), 1);
	assert_int_equal(find(config.tiers, 2, "b"), 0);
	assert_string_equal(config.tiers[1].groups[1], "a.b");
	meter_config_free(&config);
}

static void
unknown_keys_warn_with_their_line(void **state)
{
	(void)state;
	struct meter_config config = parse("hotspot.enabled=true\nhotspot.\\\nthreshhold=4\n");
	assert_int_equal(told.count, 1);
	assert_string_equal(told.path, "a file");
	assert_int_equal(told.line, 2);
	assert_string_equal(told.text, "hotspot.threshhold: unknown key");
	meter_config_free(&config);
	config = parse("\n\nautolabel.label.x.name.groups=a\n");
	assert_int_equal(told.line, 3);
	meter_config_free(&config);
}

static void
bad_values_are_refused_with_their_line(void **state)
{
	(void)state;
	static const char *const bad[] = {"hotspot.enabled=yes", "hotspot.initial=", "hotspot.initial=1x",
	    "hotspot.initial=-1", "hotspot.upper=99999999999999999999", "hotspot.threshold=-1",
	    "hotspot.threshold=1.", "hotspot.threshold=.5", "hotspot.threshold=1.2345",
	    "hotspot.threshold=99999999999", "hotspot.threshold.credit=100001", "tracking.limit=0",
	    "timeline.limit=0", "timeline.limit=16777217", "meters=clock.tim",
	    "tierpoint.tiers=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct meter_config config;
		struct nest_error error;
		char text[256];
		snprintf(text, sizeof text, "# one\n%s\n", bad[i]);
		meter_config_init(&config);
		assert_false(meter_config_parse(&config, view_of_text(text), NULL, NULL, &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_non_null(strstr(error.text, "line 2: "));
		meter_config_free(&config);
	}
}

static void
scores_that_leave_no_room_for_a_hotspot_are_refused(void **state)
{
	(void)state;
	struct meter_config config;
	struct nest_error error;
	meter_config_init(&config);
	assert_false(meter_config_parse(
	    &config, view_of_text("hotspot.enabled=true\nhotspot.lower=100001\n"), NULL, NULL, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_non_null(strstr(error.text, "hotspot.upper=100000 is below hotspot.lower=100001"));
	meter_config_free(&config);
	config = parse("hotspot.enabled=true\nhotspot.lower=100000\n");
	meter_config_free(&config);
}

static void
a_printed_config_is_the_same(void **state)
{
	(void)state;
	struct nest_error error;
	struct buffer once = {0}, twice = {0};
	struct meter_config config =
	    parse("hotspot.enabled=true\nhotspot.threshold=0.05\nautolabel.labels=a,b\n"
		  "autolabel.label.b.name.groups=x.y,z\ntierpoint.tiers=t\n"
		  "tierpoint.tier.t.name.groups=*\nmeters=branches");
	assert_true(meter_config_print(&config, &once, &error));
	meter_config_free(&config);
	meter_config_init(&config);
	assert_true(meter_config_parse(&config, (struct view){once.data, once.size}, note, "a file", &error));
	assert_int_equal(told.count, 0);
	assert_true(meter_config_print(&config, &twice, &error));
	assert_int_equal(once.size, twice.size);
	assert_memory_equal(once.data, twice.data, once.size);
	assert_int_equal(config.inclusive.at_ns, 50);
	meter_config_free(&config);
	buffer_free(&once);
	buffer_free(&twice);
}

static void
the_profiles_are_sound(void **state)
{
	(void)state;
	static const char *const paths[] = {
	    "meter/profiles/satoris.properties", "meter/profiles/native.properties"};
	for (size_t i = 0; i < 2; i++) {
		struct meter_config config;
		struct nest_error error;
		meter_config_init(&config);
		told.count = 0;
		if (!meter_config_read(&config, paths[i], note, &error))
			fail_msg("%s", error.text);
		assert_int_equal(told.count, 0);
		assert_true(config.hotspot);
		/* As it was published, every run begins anew. */
		assert_int_equal(config.failures, i == 0 ? 1 : 3);
		meter_config_free(&config);
	}
}

static void
sets_are_sorted_and_found(void **state)
{
	(void)state;
	struct meter_set set;
	struct nest_error error;
	assert_true(meter_set_parse(
	    &set, view_of_text("b.c\r\n# no\n\na\thotspot x\nb.c\tlater\nwith blank"), &error));
	assert_int_equal(set.count, 3);
	assert_string_equal(meter_set_find(&set, "a")->labels, "hotspot x");
	assert_string_equal(meter_set_find(&set, "b.c")->labels, "");
	assert_non_null(meter_set_find(&set, "with blank"));
	assert_null(meter_set_find(&set, "b"));
	meter_set_free(&set);
	assert_true(meter_set_parse(&set, (struct view){0}, &error));
	assert_null(meter_set_find(&set, "a"));
	meter_set_free(&set);
}

static void
groups_may_be_patterns(void **state)
{
	(void)state;
	static const struct {
		const char *group, *name;
		bool fits;
	} cases[] = {
	    {"program.lua?_*", "program.luaV_execute", true},
	    {"program.lua?_*", "program.luaopen_base", false},
	    {"program.lua?_*", "program.luaV_", true},
	    {"program.lua?_*", "program.luaV", false},
	    {"*_free", "z.a_free", true},
	    {"*_free", "z.a_free_b_free", true},
	    {"*_free", "z.a_free_b", false},
	    {"*.table.*", "db.table.find", true},
	    {"*.table.*", "db.table", false},
	    {"a*b*c", "abbc", true},
	    {"a*b*c", "acb", false},
	    {"?", "\xc3\xa9", true},
	    {"?", "ab", false},
	    {"?*", "", false},
	    {"**", "anything", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(meter_group_matches(cases[i].group, cases[i].name, nowhere), cases[i].fits);
	struct meter_config config = parse(
	    "tierpoint.tiers=all,lua,vm\ntierpoint.tier.all.name.groups=*\n"
	    "tierpoint.tier.lua.name.groups=program.lua*\ntierpoint.tier.vm.name.groups=program.luaV_*\n");
	assert_int_equal(told.count, 0);
	assert_int_equal(find(config.tiers, 3, "program.main"), 0);
	assert_int_equal(find(config.tiers, 3, "program.lua_call"), 1);
	assert_int_equal(find(config.tiers, 3, "program.luaV_execute"), 2);
	meter_config_free(&config);
}

static void
groups_may_be_of_places(void **state)
{
	(void)state;
	static const struct {
		const char *group, *object, *file;
		bool fits;
	} cases[] = {
	    {"object:libz.so*", "/usr/lib/libz.so.1", "", true},
	    {"object:libz.so", "/usr/lib/libz.so.1", "", false},
	    {"object:lib/libz.so.1", "/usr/lib/libz.so.1", "", true},
	    {"object:/lib/libz.so.1", "/usr/lib/libz.so.1", "", false},
	    {"object:/usr/*", "/usr/lib/libz.so.1", "", true},
	    {"object:a.c", "/bin/b", "/w/a.c", false},
	    {"file:a.c", "/bin/b", "/w/a.c", true},
	    {"file:a.c", "/bin/b", "/w/aa.c", false},
	    {"file:a.*", "/bin/b", "/w/a.c", true},
	    {"file:w/?.c", "/bin/b", "/w/a.c", true},
	    {"file:w", "/bin/b", "/w/a.c", false},
	    {"file:/w/a.c", "/bin/b", "/w/a.c", true},
	    {"file:a.c", "/bin/b", "a.c", true},
	    {"directory:wire", "/bin/b", "/w/lib/wire/a.c", true},
	    {"directory:lib", "/bin/b", "/w/lib/wire/a.c", true},
	    {"directory:lib/", "/bin/b", "/w/lib/wire/a.c", true},
	    {"directory:lib/w*", "/bin/b", "/w/lib/wire/a.c", true},
	    {"directory:lib/*", "/bin/b", "/w/lib/a.c", false},
	    {"directory:ib/wire", "/bin/b", "/w/lib/wire/a.c", false},
	    {"directory:lib/wi", "/bin/b", "/w/lib/wire/a.c", false},
	    {"directory:a.c", "/bin/b", "/w/lib/wire/a.c", false},
	    {"directory:/w/lib", "/bin/b", "/w/lib/wire/a.c", true},
	    {"directory:/lib", "/bin/b", "/w/lib/wire/a.c", false},
	    {"directory:lib", "/bin/b", "lib/a.c", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct meter_place places[] = {{"/x/y", "/x/y.c"}, {cases[i].object, cases[i].file}};
		char group[64];
		snprintf(group, sizeof group, "%s", cases[i].group);
		assert_null(meter_group_check(group));
		assert_int_equal(
		    meter_group_matches(group, "b.f", (struct meter_places){places, 2}), cases[i].fits);
		assert_false(meter_group_matches(group, "b.f", nowhere));
	}
}

static void
what_says_nothing_is_cut_off(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"a.", "a"}, {"a..", "a"}, {"a.b.*", "a.b"}, {"a..*", "a"},
	    {"*", "*"}, {".", "."}, {".*", ".*"}, {"*.b.*", "*.b.*"}, {"a.*.", "a"}, {"a.*.*", "a.*.*"},
	    {"?.*", "?.*"}, {"directory:a/", "directory:a"}, {"file:a.*", "file:a.*"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char group[64];
		snprintf(group, sizeof group, "%s", cases[i][0]);
		assert_null(meter_group_check(group));
		assert_string_equal(group, cases[i][1]);
	}
}

static void
the_narrowest_group_decides(void **state)
{
	(void)state;
	static const char *const groups[] = {"*", "program", "object:program", "object:bin/program",
	    "directory:a/very/long/source", "directory:/a/very/long/source", "file:x.c", "file:source/x.?",
	    "program.f", "*.*"};
	struct meter_place place = {"/bin/program", "/a/very/long/source/x.c"};
	enum { GROUPS = sizeof groups / sizeof *groups };
	/* Each decides before those in front of it, wherever it stands, but *.* before no name. */
	for (int last = 0; last < GROUPS; last++) {
		struct meter_groups tiers[GROUPS];
		char *texts[GROUPS];
		for (int i = 0; i <= last; i++) {
			texts[i] = strdup(groups[(i + last / 2) % (last + 1)]);
			tiers[i] = (struct meter_groups){.groups = &texts[i], .count = 1};
		}
		int found =
		    meter_groups_find(tiers, (size_t)last + 1, "program.f", (struct meter_places){&place, 1});
		assert_string_equal(texts[found], groups[last < GROUPS - 1 ? last : GROUPS - 2]);
		for (int i = 0; i <= last; i++)
			free(texts[i]);
	}
}

static void
groups_of_places_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *group, *problem;
	} cases[] = {
	    {"file:", "nothing follows the colon"},
	    {"directory:", "nothing follows the colon"},
	    {"directory:/", "slash"},
	    {"file:src/", "slash"},
	    {"file:src//a.c", "empty"},
	    {"file:../a.c", ". or .."},
	    {"directory:./src", ". or .."},
	    {"object:/usr/../bin", ". or .."},
	    {"folder:src", "object, file or directory"},
	    {"dir:src", "object, file or directory"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char group[64];
		snprintf(group, sizeof group, "%s", cases[i].group);
		const char *problem = meter_group_check(group);
		assert_non_null(problem);
		assert_non_null(strstr(problem, cases[i].problem));
	}
	char groups[][32] = {"program.std::map<a:b>", "std::map"};
	assert_null(meter_group_check(groups[0]));
	assert_null(meter_group_check(groups[1]));
}

/* Words that are no whole number are labels, as any others. */
static void
sets_carry_scores(void **state)
{
	(void)state;
	static const char text[] =
	    "a\tscore=12 failed=2\nb\thotspot x score=1000000000\nc\tscore=1x score=1000000001\n"
	    "d\tsampled=64\ne\thotspot score=3 sampled=4096\n";
	struct meter_set set;
	struct nest_error error;
	struct buffer again = {0};
	assert_true(meter_set_parse(&set, view_of_text(text), &error));
	assert_int_equal(meter_set_find(&set, "a")->score, 12);
	assert_int_equal(meter_set_find(&set, "a")->failures, 2);
	assert_string_equal(meter_set_find(&set, "a")->labels, "");
	assert_int_equal(meter_set_find(&set, "b")->score, 1000000000);
	assert_string_equal(meter_set_find(&set, "b")->labels, "hotspot x");
	assert_int_equal(meter_set_find(&set, "c")->score, 0);
	assert_int_equal(meter_set_find(&set, "c")->sampled, 0);
	assert_int_equal(meter_set_find(&set, "d")->sampled, 64);
	assert_int_equal(meter_set_find(&set, "e")->sampled, 4096);
	for (size_t i = 0; i < set.count; i++)
		assert_true(meter_set_print(&set.entries[i], &again, &error));
	assert_int_equal(again.size, strlen(text));
	assert_memory_equal(again.data, text, again.size);
	buffer_free(&again);
	meter_set_free(&set);
}

static void
bad_sets_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"a\n\tb\n", "a\nb\x01\n", "a\n\xff\n"};
	for (size_t i = 0; i < 3; i++) {
		struct meter_set set;
		struct nest_error error;
		assert_false(meter_set_parse(&set, view_of_text(bad[i]), &error));
		assert_non_null(strstr(error.text, "line 2"));
		assert_null(set.entries);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_in_both_prefixes),
	    cmocka_unit_test(the_defaults),
	    cmocka_unit_test(lines_as_properties_have_them),
	    cmocka_unit_test(groups_may_stand_before_their_list),
	    cmocka_unit_test(unknown_keys_warn_with_their_line),
	    cmocka_unit_test(bad_values_are_refused_with_their_line),
	    cmocka_unit_test(scores_that_leave_no_room_for_a_hotspot_are_refused),
	    cmocka_unit_test(a_printed_config_is_the_same),
	    cmocka_unit_test(the_profiles_are_sound),
	    cmocka_unit_test(sets_are_sorted_and_found),
	    cmocka_unit_test(groups_may_be_patterns),
	    cmocka_unit_test(groups_may_be_of_places),
	    cmocka_unit_test(what_says_nothing_is_cut_off),
	    cmocka_unit_test(the_narrowest_group_decides),
	    cmocka_unit_test(groups_of_places_that_cannot_be_are_refused),
	    cmocka_unit_test(sets_carry_scores),
	    cmocka_unit_test(bad_sets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
