/* JSON and msgpack maps: keys of every kind, repeated keys, sets. */
#include "tests/unit/walking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
the_last_of_several_keys_counts(void **state)
{
	(void)state;
	static const char schema[] = "message m { " MAP_OF("m", "binary", "optional int32 value;") " }";
	expect_both(schema, &ignore,
	    "{\"m\":{\"a\":1,\"b\":2,\"a\":3}}\n{\"m\":{\"a\":4,\"a\":5}}\n{\"m\":{\"a\":6}}",
	    COLUMNS("0,2=b 1,2=a 0,2=a 0,2=a", "0,3=2 1,3=3 0,3=5 0,3=6"));
	expect_json(schema, &ignore, "{\"m\":{\"a\":2,\"\\u0061\":1}}", COLUMNS("0,2=a", "0,3=1"));
	refuse_json(schema, &fail_twice, "{\"m\":{\"a\":1,\"a\":2}}", "m.key_value.key", 16, WALK_INVALID,
	    "the field comes twice in one object");
	refuse_pack(schema, &fail_twice, "{\"m\": {\"a\": 1, \"a\": 2}}", "m.key_value.key", 9,
	    "the field comes twice in one object");
}

static void
keys_of_one_map_are_none_of_another(void **state)
{
	(void)state;
	expect_both("message m { " MAP_OF(
			"m", "binary", MAP_OF("value", "binary", "optional int32 value;")) " " MAP_OF("n",
			"binary", "optional int32 value;") " }",
	    &fail_twice, "{\"m\":{\"a\":{\"a\":1,\"b\":2},\"b\":{\"a\":3}},\"n\":{\"a\":4}}",
	    COLUMNS("0,2=a 1,2=b", "0,4=a 2,4=b 1,4=a", "0,5=1 2,5=2 1,5=3", "0,2=a", "0,3=4"));
	expect_both("message m { " LIST_OF("optional", "l", MAP_OF("element", "int32", "")) " }", &fail_twice,
	    "{\"l\":[{},null,{}]}", COLUMNS("0,3 1,2 1,3"));
}

static void
keys_that_come_twice_in_maps_of_maps(void **state)
{
	(void)state;
	expect_both(
	    "message m { " MAP_OF("m", "binary", MAP_OF("value", "binary", "optional int32 value;")) " }",
	    &ignore, "{\"m\":{\"a\":{\"x\":1,\"x\":2},\"b\":{\"y\":3},\"a\":{\"z\":4,\"y\":5,\"z\":6}}}",
	    COLUMNS("0,2=b 1,2=a", "0,4=y 1,4=y 2,4=z", "0,5=3 1,5=5 2,5=6"));
}

static void
keys_of_other_types(void **state)
{
	(void)state;
	expect_json("message m { " MAP_OF("m", "int32", "optional boolean value;") " }", &ignore,
	    "{\"m\":{\"1\":true,\"-2\":false,\"1.0\":null}}\n{\"m\":{\"1e0\":true,\"3\":null}}",
	    COLUMNS("0,2=-2 1,2=1 0,2=1 1,2=3", "0,3=false 1,2 0,3=true 1,2"));
	expect_json("message m { " MAP_OF("m", "boolean", "optional int32 value;") " }", &ignore,
	    "{\"m\":{\"true\":1,\"false\":2}}", COLUMNS("0,2=true 1,2=false", "0,3=1 1,3=2"));
	expect_json("message m { " MAP_OF("m", "double", "") " }", &ignore,
	    "{\"m\":{\"0.5\":null,\"5e-1\":null}}", COLUMNS("0,2=0.5"));
	expect_json("message m { optional group m (MAP) { repeated group key_value { required int32 key "
		    "(DATE); } } }",
	    &ignore, "{\"m\":{\"1970-01-03\":null,\"4\":null}}", COLUMNS("0,2=2 1,2=4"));
	refuse_json("message m { " MAP_OF("m", "int32", "") " }", &ignore, "{\"m\":{\"x\":null}}",
	    "m.key_value.key", 6, WALK_INVALID, "an integer is due, not a key");
	refuse_json("message m { " MAP_OF("m", "boolean", "") " }", &ignore, "{\"m\":{\"True\":null}}",
	    "m.key_value.key", 6, WALK_INVALID, "a boolean is due, not a key");
	expect_pack("message m { " MAP_OF("m", "int32", "optional boolean value;") " }", &ignore,
	    "{\"m\": {1: true, -2: false, 1: null}}", COLUMNS("0,2=-2 1,2=1", "0,3=false 1,2"));
}

static void
maps_may_be_arrays_of_keys_and_values(void **state)
{
	(void)state;
	static const char schema[] = "message m { " MAP_OF("m", "binary", "optional int32 value;") " }";
	expect_json(schema, &ignore,
	    "{\"m\":[{\"key\":\"a\",\"value\":1},{\"value\":null,\"key\":\"b\"},{\"key\":\"c\"}]}\n{\"m\":[]"
	    "}",
	    COLUMNS("0,2=a 1,2=b 1,2=c 0,1", "0,3=1 1,2 1,2 0,1"));
	refuse_json(schema, &ignore, "{\"m\":[{\"value\":1}]}", "m.key_value.key", 17, WALK_INVALID,
	    "a required field is absent");
	refuse_json(schema, &ignore, "{\"m\":1}", "m", 5, WALK_INVALID, "an object is due, not a number");
	static const char structs[] = "message m { optional group m (MAP) { repeated group key_value {"
				      " required group key { required int32 x; } optional int32 value; } } }";
	expect_json(structs, &ignore, "{\"m\":[{\"key\":{\"x\":1},\"value\":2}]}\n{\"m\":{}}",
	    COLUMNS("0,2=1 0,1", "0,3=2 0,1"));
	refuse_json(structs, &ignore, "{\"m\":{\"a\":1}}", "m", 6, WALK_INVALID,
	    "the keys of this map are no texts; an array of objects with key and value is due");
}

static void
sets_have_keys_alone(void **state)
{
	(void)state;
	static const char schema[] = "message m { " MAP_OF("s", "binary", "") " }";
	expect_both(schema, &ignore, "{\"s\":{\"a\":null,\"b\":null,\"a\":null}}\n{\"s\":{}}",
	    COLUMNS("0,2=b 1,2=a 0,1"));
	refuse_json(schema, &ignore, "{\"s\":{\"a\":1}}", "s.key_value", 10, WALK_INVALID,
	    "null for the value of a set is due, not a number");
	refuse_json(schema, &ignore, "{\"s\":{\"a\":nul}}", "s.key_value", 13, WALK_BROKEN,
	    "true, false or null is due, not '}'");
	refuse_pack(schema, &ignore, "{\"s\": {\"a\": 1}}", "s.key_value", 6,
	    "nil for the value of a set is due, not an integer");
}

/* Where keys come twice: a map that is no JSON is broken, whatever is wrong with the values before. */
static void
a_map_that_is_broken_behind_a_wrong_value(void **state)
{
	(void)state;
	static const char schema[] = "message m { " MAP_OF("m", "binary", "optional int32 value;") " }";
	static const struct {
		const char *text;
		size_t at;
		const char *sentence;
	} broken[] = {{"{\"m\":{\"a\":1,\"a\":2,\"c\":\"x\" 1}}", 26, "a ',' or '}' is due, not '1'"},
	    {"{\"m\":{\"a\":1,\"a\":2,\"c\":\"x\",\"b\":tru}}", 33, "true, false or null is due, not '}'"},
	    {"{\"m\":{\"a\":1,\"a\":2,\"c\":\"x\",\"b\" 1}}", 30, "a ':' is due, not '1'"},
	    {"{\"m\":{\"a\":1,\"a\":2,\"c\":\"x\",1}}", 26, "a key in quotes is due, not '1'"}};
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		refuse_json(
		    schema, &ignore, broken[i].text, "", broken[i].at, WALK_BROKEN, broken[i].sentence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_of_several_keys_counts),
	    cmocka_unit_test(keys_of_one_map_are_none_of_another),
	    cmocka_unit_test(keys_that_come_twice_in_maps_of_maps),
	    cmocka_unit_test(keys_of_other_types),
	    cmocka_unit_test(maps_may_be_arrays_of_keys_and_values),
	    cmocka_unit_test(sets_have_keys_alone),
	    cmocka_unit_test(a_map_that_is_broken_behind_a_wrong_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
