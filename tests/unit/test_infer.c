/* Schema inference: what each kind of value becomes, alone and together with others. */
#include "tests/unit/inferring.h"
#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct infer_options plain, dates = {.dates = true}, maps = {.maps = 2};

static void
expect_fields(const char *records, const struct infer_options *options, const char *fields)
{
	expect_inferred(view_of_text(records), options, fields);
}

/* The same of msgpack, written as packing.h has it. */
static void
expect_packed(const char *records, const struct infer_options *options, const char *fields)
{
	struct buffer packed = {0};
	pack_text(&packed, records);
	expect_inferred((struct view){packed.data, packed.size}, options, fields);
	buffer_free(&packed);
}

/* Both, where a text is both. */
static void
expect_both(const char *records, const struct infer_options *options, const char *fields)
{
	expect_fields(records, options, fields);
	expect_packed(records, options, fields);
}

static void
refuse(const char *records, const struct infer_options *options, const char *sentence)
{
	struct buffer text = {0};
	struct nest_error error;
	bool all;
	assert_false(infer_text(view_of_text(records), options, &text, &all, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, sentence);
	buffer_free(&text);
}

#define MAP_OF(value) \
	"optional group a (MAP) { repeated group key_value { required binary key (STRING); " value " } }"

/* ---- leaves ---- */

static void
values_of_one_kind_are_leaves(void **state)
{
	(void)state;
	expect_fields("{\"a\":true,\"b\":1,\"c\":1.5,\"d\":\"x\"}", &plain,
	    "optional boolean a; optional int64 b; optional double c; optional binary d (STRING);");
	expect_packed("{\"a\": false, \"b\": -1, \"c\": 1.5, \"d\": \"x\", \"e\": b\"x\"}", &plain,
	    "optional boolean a; optional int64 b; optional double c; optional binary d (STRING);"
	    " optional binary e;");
}

static void
nulls_are_of_no_kind(void **state)
{
	(void)state;
	expect_both("{\"a\":null,\"b\":null}\n{\"b\":1}\n{\"b\":null}\n{}", &plain,
	    "optional binary a (JSON); optional int64 b;");
}

static void
integers_are_of_the_kind_that_holds_them_all(void **state)
{
	(void)state;
	expect_fields(
	    "{\"a\":9223372036854775807}\n{\"a\":-9223372036854775808}", &plain, "optional int64 a;");
	expect_fields("{\"a\":9223372036854775808}\n{\"a\":0}\n{\"a\":-0}", &plain,
	    "optional int64 a (INTEGER(64,false));");
	expect_fields("{\"a\":18446744073709551615}", &plain, "optional int64 a (INTEGER(64,false));");
	expect_fields("{\"a\":9223372036854775808}\n{\"a\":-1}", &plain, "optional double a;");
	expect_fields("{\"a\":18446744073709551616}", &plain, "optional double a;");
	expect_fields("{\"a\":-9223372036854775809}", &plain, "optional double a;");
	expect_packed("{\"a\": 18446744073709551615}", &plain, "optional int64 a (INTEGER(64,false));");
	expect_packed(
	    "{\"a\": 9223372036854775807} {\"a\": -9223372036854775808}", &plain, "optional int64 a;");
}

/* Up to 2^53 a double holds every integer. */
static void
packed_integers_beyond_doubles_make_json_beside_fractions(void **state)
{
	(void)state;
	expect_packed("{\"a\": 9007199254740992, \"b\": -9007199254740992} {\"a\": 1.5, \"b\": 1.5}", &plain,
	    "optional double a; optional double b;");
	expect_packed("{\"a\": 9007199254740993, \"b\": -9007199254740993} {\"a\": 1.5, \"b\": 1.5}", &plain,
	    "optional binary a (JSON); optional binary b (JSON);");
}

static void
integers_and_fractions_are_doubles(void **state)
{
	(void)state;
	expect_fields("{\"a\":1,\"b\":1.5,\"c\":1e2,\"d\":1E2}\n{\"a\":0.5,\"b\":2,\"c\":1,\"d\":1}", &plain,
	    "optional double a; optional double b; optional double c; optional double d;");
	expect_fields("{\"a\":1.0}", &plain, "optional double a;");
}

static void
values_of_several_kinds_are_json(void **state)
{
	(void)state;
	static const char *const values[] = {"1", "\"x\"", "true", "[1]", "{\"x\":1}"};
	char records[100];
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++) {
			if (i == j)
				continue;
			snprintf(records, sizeof records, "{\"a\":%s}\n{\"a\":%s}\n{\"a\":%s}\n{\"a\":%s}",
			    values[i], values[j], values[i], values[i]);
			expect_both(records, &plain, "optional binary a (JSON);");
		}
	expect_packed("{\"a\": b\"x\"} {\"a\": \"x\"}", &plain, "optional binary a (JSON);");
}

/* An object of several fields that has been an array in between. */
static void
a_field_goes_to_and_fro_between_objects_and_arrays(void **state)
{
	(void)state;
	expect_both(
	    "{\"a\":{\"x\":1,\"y\":1}}\n{\"a\":[1]}\n{\"a\":{\"x\":1,\"y\":1}}\n{\"a\":{\"y\":1,\"z\":1}}\n"
	    "{\"a\":[{\"x\":1}]}\n{\"a\":{\"z\":1}}\n{\"a\":{\"q\":1}}",
	    &plain, "optional binary a (JSON);");
	expect_both("{\"a\":[1]}\n{\"a\":{\"x\":1,\"y\":1,\"z\":1}}\n{\"a\":[1]}\n{\"a\":{\"x\":1}}", &maps,
	    "optional binary a (JSON);");
	expect_both("{\"a\":{\"x\":1,\"y\":1,\"z\":1}}\n{\"a\":[1]}\n{\"a\":[\"x\"]}\n{\"a\":{\"x\":1}}",
	    &maps, "optional binary a (JSON);");
}

/* ---- dates ---- */

static void
strings_are_dates_only_where_that_is_asked_for(void **state)
{
	(void)state;
	static const char record[] = "{\"a\":\"2024-02-29\",\"b\":\"2024-02-29T12:00:00Z\"}";
	expect_both(record, &plain, "optional binary a (STRING); optional binary b (STRING);");
	expect_both(record, &dates, "optional int32 a (DATE); optional int64 b (TIMESTAMP(MICROS,true));");
}

static void
timestamps_are_of_the_kind_that_holds_them_all(void **state)
{
	(void)state;
	static const struct {
		const char *first, *second, *type;
	} times[] = {
	    {"2024-01-01", "1969-12-31", "int32 a (DATE)"},
	    {"2024-01-01", "2023-02-29", "binary a (STRING)"},
	    {"2024-01-01", "", "binary a (STRING)"},
	    {"2024-01-01 12:00", "2024-01-01", "int64 a (TIMESTAMP(MICROS,false))"},
	    {"2024-01-01", "2024-01-01T12:00:00.000001", "int64 a (TIMESTAMP(MICROS,false))"},
	    {"2024-01-01", "2024-01-01T12:00:00.0000001", "int64 a (TIMESTAMP(NANOS,false))"},
	    {"2024-01-01T12:00Z", "2024-01-01T12:00:00+05:30", "int64 a (TIMESTAMP(MICROS,true))"},
	    {"2024-01-01T12:00Z", "2024-01-01T12:00:00.123456789Z", "int64 a (TIMESTAMP(NANOS,true))"},
	    {"2024-01-01T12:00Z", "2024-01-01T12:00", "binary a (STRING)"},
	    {"2024-01-01T12:00Z", "2024-01-01", "binary a (STRING)"},
	    {"2024-01-01T12:00:00.1234567890", "2024-01-01T12:00:00.1234567891", "binary a (STRING)"},
	    {"12:00:00", "12:00:00", "binary a (STRING)"},
	};
	char records[200], fields[100];
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		snprintf(fields, sizeof fields, "optional %s;", times[i].type);
		snprintf(records, sizeof records, "{\"a\":\"%s\"}\n{\"a\":\"%s\"}", times[i].first,
		    times[i].second);
		expect_fields(records, &dates, fields);
		snprintf(records, sizeof records, "{\"a\":\"%s\"}\n{\"a\":\"%s\"}", times[i].second,
		    times[i].first);
		expect_fields(records, &dates, fields);
		snprintf(records, sizeof records, "{\"a\": \"%s\"} {\"a\": \"%s\"}", times[i].first,
		    times[i].second);
		expect_packed(records, &dates, fields);
	}
}

/* ---- groups ---- */

static void
objects_are_groups_in_the_order_of_their_fields(void **state)
{
	(void)state;
	expect_both("{\"b\":{\"y\":1}}\n{\"a\":1,\"b\":{\"x\":true,\"y\":2}}\n{\"b\":null}", &plain,
	    "optional group b { optional int64 y; optional boolean x; } optional int64 a;");
}

static void
objects_without_fields_are_json(void **state)
{
	(void)state;
	expect_both("{\"a\":{}}", &plain, "optional binary a (JSON);");
	expect_both("{\"a\":{}}\n{\"a\":{\"x\":1}}", &plain, "optional group a { optional int64 x; }");
}

static void
names_may_be_any_text(void **state)
{
	(void)state;
	expect_fields("{\"a b\":1,\"\":2,\"\\\"\":3,\"\\u00e4\":4,\"a\\u0020b\":5}", &plain,
	    "optional int64 \"a b\"; optional int64 \"\"; optional int64 \"\\\"\"; optional int64 "
	    "\"\xc3\xa4\";");
	expect_packed("{\"a\": {1: 2}} {\"a\": {\"x\": 2}}", &plain, "optional binary a (JSON);");
	expect_packed("{\"b\": 1, \"a\": {1: \"x\"}}", &plain, "optional int64 b; optional binary a (JSON);");
	/* A zero cannot be said in a schema. */
	expect_fields("{\"a\":{\"x\\u0000\":1,\"y\":2},\"b\\u0000\":1}", &plain, "optional binary a (JSON);");
}

/* Whatever comes to it, alone or joined with another. */
static void
what_is_json_already_stays_json(void **state)
{
	(void)state;
	static const char *const firsts[] = {"{\"x\\u0000\":1}", "{\"y\":1,\"x\\u0000\":1}"};
	static const char *const others[] = {"[1,[2],{\"y\":1}]", "{\"y\":1}", "{\"y\":1,\"z\":2,\"u\":3}",
	    "{\"y\":[1],\"z\":[2],\"u\":[3]}", "1", "\"x\"", "{}", "[]"};
	char records[200];
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < sizeof others / sizeof *others; j++) {
			snprintf(records, sizeof records, "{\"a\":%s}\n{\"a\":%s}", firsts[i], others[j]);
			expect_fields(records, &plain, "optional binary a (JSON);");
			expect_fields(records, &maps, "optional binary a (JSON);");
			snprintf(records, sizeof records,
			    "{\"a\":{\"x\":{\"p\":%s},\"y\":{\"p\":%s},\"z\":{}}}", firsts[i], others[j]);
			expect_fields(
			    records, &maps, MAP_OF("optional group value { optional binary p (JSON); }"));
			snprintf(records, sizeof records,
			    "{\"a\":{\"x\":{\"p\":%s},\"y\":{\"p\":%s},\"z\":{}}}", others[j], firsts[i]);
			expect_fields(
			    records, &maps, MAP_OF("optional group value { optional binary p (JSON); }"));
		}
}

static void
arrays_are_lists(void **state)
{
	(void)state;
	expect_both("{\"a\":[1,null,2.5],\"b\":[[true],[]],\"c\":[{\"x\":1},{\"y\":2}]}", &plain,
	    "optional group a (LIST) { repeated group list { optional double element; } }"
	    " optional group b (LIST) { repeated group list { optional group element (LIST) {"
	    " repeated group list { optional boolean element; } } } }"
	    " optional group c (LIST) { repeated group list { optional group element {"
	    " optional int64 x; optional int64 y; } } }");
}

static void
arrays_without_values_are_lists_of_json(void **state)
{
	(void)state;
	static const char list[] =
	    "optional group a (LIST) { repeated group list { optional binary element (JSON); } }";
	expect_both("{\"a\":[]}", &plain, list);
	expect_both("{\"a\":[null]}", &plain, list);
	expect_both("{\"a\":[1,\"x\"]}", &plain, list);
	expect_both("{\"a\":[{}]}", &plain, list);
	expect_both("{\"a\":[]}\n{\"a\":[1]}", &plain,
	    "optional group a (LIST) { repeated group list { optional int64 element; } }");
}

/* ---- maps ---- */

static void
objects_with_many_keys_are_maps(void **state)
{
	(void)state;
	expect_both(
	    "{\"a\":{\"x\":1,\"y\":2}}", &maps, "optional group a { optional int64 x; optional int64 y; }");
	expect_both("{\"a\":{\"x\":1,\"y\":2,\"z\":3}}", &maps, MAP_OF("optional int64 value;"));
	expect_both("{\"a\":{\"x\":1,\"y\":2}}\n{\"a\":{\"z\":2.5,\"u\":null}}", &maps,
	    MAP_OF("optional double value;"));
	expect_both("{\"a\":{\"x\":1,\"y\":2,\"z\":3}}", &plain,
	    "optional group a { optional int64 x; optional int64 y; optional int64 z; }");
	/* The message itself is none. */
	expect_both(
	    "{\"x\":1,\"y\":2,\"z\":3}", &maps, "optional int64 x; optional int64 y; optional int64 z;");
}

static void
numbers_are_of_one_kind_in_maps(void **state)
{
	(void)state;
	static const char *const values[] = {"1", "2.5"};
	char record[100];
	for (unsigned i = 0; i < 8; i++) {
		snprintf(record, sizeof record, "{\"a\":{\"x\":%s,\"y\":%s,\"z\":%s}}", values[i & 1],
		    values[i >> 1 & 1], values[i >> 2]);
		expect_both(record, &maps,
		    i == 0 ? MAP_OF("optional int64 value;") : MAP_OF("optional double value;"));
	}
}

static void
objects_with_values_of_several_kinds_are_no_maps(void **state)
{
	(void)state;
	expect_both("{\"a\":{\"x\":1,\"y\":\"2\",\"z\":3}}", &maps,
	    "optional group a { optional int64 x; optional binary y (STRING); optional int64 z; }");
	expect_both("{\"a\":{\"x\":null,\"y\":null,\"z\":null}}", &maps,
	    "optional group a { optional binary x (JSON); optional binary y (JSON); optional binary z "
	    "(JSON); }");
	/* What comes once it is a map is a value. */
	expect_both(
	    "{\"a\":{\"x\":1,\"y\":2,\"z\":3,\"u\":\"x\"}}", &maps, MAP_OF("optional binary value (JSON);"));
}

static void
values_of_maps_are_what_all_of_them_are(void **state)
{
	(void)state;
	expect_both("{\"a\":{\"x\":{\"p\":1},\"y\":{\"q\":true},\"z\":{\"p\":1.5}}}", &maps,
	    MAP_OF("optional group value { optional double p; optional boolean q; }"));
	expect_both("{\"a\":{\"x\":[1],\"y\":[],\"z\":[2.5]}}", &maps,
	    MAP_OF("optional group value (LIST) { repeated group list { optional double element; } }"));
	expect_both("{\"a\":{\"x\":[1],\"y\":[\"x\"],\"z\":[2.5]}}", &maps,
	    MAP_OF(
		"optional group value (LIST) { repeated group list { optional binary element (JSON); } }"));
	const struct infer_options both = {.dates = true, .maps = 2};
	expect_both(
	    "{\"a\":{\"x\":\"2024-01-01\",\"y\":\"2024-01-02T00:00\",\"z\":\"2024-01-02T00:00:00.0000001\"}}",
	    &both, MAP_OF("optional int64 value (TIMESTAMP(NANOS,false));"));
	expect_fields(
	    "{\"a\":{\"x\":9223372036854775808,\"y\":-1,\"z\":1}}", &maps, MAP_OF("optional double value;"));
	expect_packed("{\"a\":{\"x\":9223372036854775808,\"y\":-1,\"z\":1}}", &maps,
	    MAP_OF("optional binary value (JSON);"));
	expect_fields(
	    "{\"a\":{\"x\":18446744073709551616,\"y\":1,\"z\":1}}", &maps, MAP_OF("optional double value;"));
}

static void
values_of_maps_are_dates_where_all_of_them_are(void **state)
{
	(void)state;
	const struct infer_options both = {.dates = true, .maps = 2};
	static const char *const others[] = {"2024-01-01T00:00", "2024-01-01", "none", ""};
	char record[200];
	for (size_t i = 0; i < 4; i++)
		for (unsigned place = 0; place < 3; place++) {
			static const char stamp[] = "2024-01-01T00:00Z";
			snprintf(record, sizeof record, "{\"a\":{\"x\":\"%s\",\"y\":\"%s\",\"z\":\"%s\"}}",
			    place == 0 ? others[i] : stamp, place == 1 ? others[i] : stamp,
			    place == 2 ? others[i] : stamp);
			expect_both(record, &both, MAP_OF("optional binary value (STRING);"));
		}
	expect_both("{\"a\":{\"x\":\"2024-01-01\",\"y\":\"2024-01-02\",\"z\":\"2024-01-02\"}}", &both,
	    MAP_OF("optional int32 value (DATE);"));
	expect_both("{\"a\":{\"x\":\"2024-01-01\",\"y\":\"2024-01-02 00:00\",\"z\":\"2024-01-02\"}}", &both,
	    MAP_OF("optional int64 value (TIMESTAMP(MICROS,false));"));
}

/* What one value has had counts for all, wherever it stands among them. */
static void
values_of_maps_are_as_fine_and_as_far_as_any_of_them(void **state)
{
	(void)state;
	const struct infer_options both = {.dates = true, .maps = 2};
	static const char *const stamps[] = {
	    "2024-01-01T00:00", "2024-01-01T00:00:00.0000001", "0001-01-01T00:00"};
	char record[200];
	for (unsigned i = 0; i < 27; i++) {
		unsigned x = i % 3, y = i / 3 % 3, z = i / 9;
		bool is_fine = x == 1 || y == 1 || z == 1, is_far = x == 2 || y == 2 || z == 2;
		snprintf(record, sizeof record, "{\"a\":{\"x\":\"%s\",\"y\":\"%s\",\"z\":\"%s\"}}", stamps[x],
		    stamps[y], stamps[z]);
		expect_both(record, &both,
		    is_fine && is_far ? MAP_OF("optional binary value (STRING);")
		    : is_fine         ? MAP_OF("optional int64 value (TIMESTAMP(NANOS,false));")
				      : MAP_OF("optional int64 value (TIMESTAMP(MICROS,false));"));
	}
}

static void
numbers_of_maps_are_of_the_type_that_holds_them_all(void **state)
{
	(void)state;
	static const struct {
		const char *odd, *other, *value;
	} numbers[] = {{"9223372036854775808", "1", "optional int64 value (INTEGER(64,false));"},
	    {"9223372036854775808", "-1", "optional double value;"},
	    {"18446744073709551616", "1", "optional double value;"},
	    {"1e999", "1", "optional binary value (JSON);"}, {"1.5", "1", "optional double value;"}};
	char record[200], fields[200];
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		for (unsigned place = 0; place < 6; place++) {
			const char *odd = numbers[i].odd, *other = numbers[i].other;
			bool is_one = place < 3;
			snprintf(record, sizeof record, "{\"a\":{\"x\":%s,\"y\":%s,\"z\":%s}}",
			    (place % 3 == 0) == is_one ? odd : other,
			    (place % 3 == 1) == is_one ? odd : other,
			    (place % 3 == 2) == is_one ? odd : other);
			snprintf(fields, sizeof fields, MAP_OF("%s"), numbers[i].value);
			expect_fields(record, &maps, fields);
		}
}

static void
maps_of_maps(void **state)
{
	(void)state;
	static const char due[] = MAP_OF("optional group value (MAP) { repeated group key_value {"
					 " required binary key (STRING); optional int64 value; } }");
	/* All of them are maps before the outer one is; the first only; the last only. */
	expect_both(
	    "{\"a\":{\"x\":{\"p\":1,\"q\":1,\"r\":1},\"y\":{\"s\":1,\"t\":1,\"u\":1},\"z\":{\"v\":1}}}",
	    &maps, due);
	expect_both("{\"a\":{\"x\":{\"p\":1,\"q\":1,\"r\":1},\"y\":{\"s\":1},\"z\":{\"v\":1}}}", &maps, due);
	expect_both("{\"a\":{\"x\":{\"p\":1},\"y\":{\"s\":1,\"t\":1,\"u\":1},\"z\":{\"v\":1}}}", &maps, due);
	expect_both("{\"a\":{\"x\":{\"p\":1},\"y\":{\"s\":1},\"z\":{\"v\":1}}}", &maps, due);
	expect_both(
	    "{\"a\":{\"x\":{\"p\":1},\"y\":{\"s\":1},\"z\":{}}}\n{\"a\":{\"u\":{\"a\":1,\"b\":2,\"c\":3}}}",
	    &maps, due);
	/* And a group that has been joined from a map and from no map. */
	expect_both("{\"a\":{\"x\":{\"p\":1},\"y\":{\"s\":\"t\",\"t\":\"u\",\"u\":\"v\"},\"z\":{\"v\":1}}}",
	    &maps,
	    MAP_OF("optional group value (MAP) { repeated group key_value {"
		   " required binary key (STRING); optional binary value (JSON); } }"));
}

/* ---- records ---- */

static void
only_so_many_records_are_looked_at(void **state)
{
	(void)state;
	struct buffer text = {0};
	struct nest_error error;
	bool all;
	static const char records[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":\"x\"}\n";
	for (uint64_t rows = 1; rows <= 4; rows++) {
		const struct infer_options options = {.rows = rows};
		buffer_clear(&text);
		assert_true(infer_text(view_of_text(records), &options, &text, &all, &error));
		assert_int_equal(all, rows >= 3);
		assert_int_equal(strstr((const char *)text.data, "int64") != NULL, rows < 3);
	}
	buffer_free(&text);
}

static void
records_need_not_lie_in_lines(void **state)
{
	(void)state;
	static const char fields[] = "optional int64 a; optional group b { optional boolean c; }";
	expect_fields("{\"a\"\n:\n1,\n\"b\":{\n}}\n{\"b\":{\n\"c\":true\n}\n}", &plain, fields);
	expect_fields("{\"a\":1}{\"b\":{\"c\":true}}", &plain, fields);
	expect_fields("[\n{\"a\":1},\n{\"b\":\n{\"c\":true}}\n]\n", &plain, fields);
}

static void
a_field_for_unknown_ones_is_added(void **state)
{
	(void)state;
	const struct infer_options keep = {.keep = "rest"};
	expect_fields("{\"a\":1}", &keep, "optional int64 a; optional binary rest (JSON);");
	expect_fields("{\"rest\":1}", &keep, "optional int64 rest;");
	const struct infer_options odd = {.keep = "the rest"};
	expect_fields("{\"a\":1}", &odd, "optional int64 a; optional binary \"the rest\" (JSON);");
}

static void
what_is_no_record_is_refused_where_it_is(void **state)
{
	(void)state;
	refuse("{\"a\":1}\n{\"a\":x}\n", &plain, "input, line 2, column 6: a value is due, not 'x'");
	refuse("{\"a\"::}", &plain, "input, line 1, column 6: a value is due, not ':'");
	refuse("{\"a\":/}", &plain, "input, line 1, column 6: a value is due, not '/'");
	refuse("{\"a\":1}\n[1]\n", &plain, "input, line 2, column 1: an object is due, not '['");
	refuse("{\"a\":1}\n{\"a\":\"\xff\"}\n", &plain, "input, line 2, column 7: the text is not UTF-8");
	refuse("{\"a\":1,}\n", &plain, "input, line 1, column 8: a key in quotes is due, not '}'");
	refuse("{\"a\" 1}\n", &plain, "input, line 1, column 6: a ':' is due, not '1'");
	refuse(
	    "[{\"a\":1}\n,{\"a\":[1 2]}]", &plain, "input, line 2, column 10: a ',' or ']' is due, not '2'");
	refuse("", &plain, "there is no record to infer a schema from; give --schema");
	refuse("\n \n", &plain, "there is no record to infer a schema from; give --schema");
	refuse("{}\n{}\n", &plain,
	    "no record looked at has a field, so there is no schema to infer; give --schema");
	refuse("\x91\x01", &plain,
	    "input, record 1, byte 0: a map of names to values is due where no schema is given; --schema "
	    "would name the fields");
	refuse("\x81\xa1x\xd4\x01\x02", &plain, "input, record 1, byte 0: the record is broken");
	refuse("\x81\xa1x", &plain, "input, record 1, byte 0: the record is broken");
}

static void
what_is_no_record_can_be_passed_over(void **state)
{
	(void)state;
	const struct infer_options skips = {.skips_wrong = true};
	expect_fields(
	    "{\"a\":1}\n{\"a\":x}\n[1]\n{\"b\":2}\n", &skips, "optional int64 a; optional int64 b;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_one_kind_are_leaves),
	    cmocka_unit_test(nulls_are_of_no_kind),
	    cmocka_unit_test(integers_are_of_the_kind_that_holds_them_all),
	    cmocka_unit_test(packed_integers_beyond_doubles_make_json_beside_fractions),
	    cmocka_unit_test(integers_and_fractions_are_doubles),
	    cmocka_unit_test(values_of_several_kinds_are_json),
	    cmocka_unit_test(a_field_goes_to_and_fro_between_objects_and_arrays),
	    cmocka_unit_test(strings_are_dates_only_where_that_is_asked_for),
	    cmocka_unit_test(timestamps_are_of_the_kind_that_holds_them_all),
	    cmocka_unit_test(objects_are_groups_in_the_order_of_their_fields),
	    cmocka_unit_test(objects_without_fields_are_json),
	    cmocka_unit_test(names_may_be_any_text),
	    cmocka_unit_test(what_is_json_already_stays_json),
	    cmocka_unit_test(arrays_are_lists),
	    cmocka_unit_test(arrays_without_values_are_lists_of_json),
	    cmocka_unit_test(objects_with_many_keys_are_maps),
	    cmocka_unit_test(numbers_are_of_one_kind_in_maps),
	    cmocka_unit_test(objects_with_values_of_several_kinds_are_no_maps),
	    cmocka_unit_test(values_of_maps_are_what_all_of_them_are),
	    cmocka_unit_test(values_of_maps_are_dates_where_all_of_them_are),
	    cmocka_unit_test(values_of_maps_are_as_fine_and_as_far_as_any_of_them),
	    cmocka_unit_test(numbers_of_maps_are_of_the_type_that_holds_them_all),
	    cmocka_unit_test(maps_of_maps),
	    cmocka_unit_test(only_so_many_records_are_looked_at),
	    cmocka_unit_test(records_need_not_lie_in_lines),
	    cmocka_unit_test(a_field_for_unknown_ones_is_added),
	    cmocka_unit_test(what_is_no_record_is_refused_where_it_is),
	    cmocka_unit_test(what_is_no_record_can_be_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
