/* Options for single columns: paths read and found, settings taken and refused, in any order.
 */
#include "encode/columns_options.h"
#include "lib/schema/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char TEXT[] = "message t { required int64 id; optional binary name (STRING); "
			   "optional group phones (LIST) { repeated group list { optional group element { "
			   "required binary number (STRING); optional boolean is_main; } } } "
			   "required group \"a.b\" { required float \"c:d\"; required int96 \"e f\"; } }";

static struct nest_error error;
static struct schema schema;

/* ---- paths ---- */

static struct buffer names;

/* The path that TEXT begins with; what is left behind it. */
static struct view
take_path(const char *text)
{
	struct view rest = view_of_text(text);
	buffer_clear(&names);
	if (!path_take(&rest, &names, &error))
		fail_msg("%s: %s", text, error.text);
	return rest;
}

static void
expect_path(const char *text, const char *expected, size_t size, const char *rest)
{
	struct view left = take_path(text);
	assert_int_equal(names.size, size);
	assert_memory_equal(names.data, expected, size);
	assert_true(view_equal(left, view_of_text(rest)));
}

static void
reads_paths(void **state)
{
	(void)state;
	expect_path("id", "id", 3, "");
	expect_path("phones.list.element.number:x", "phones\0list\0element\0number", 27, ":x");
	expect_path("\"a.b\".\"c:d\":e.f", "a.b\0c:d", 8, ":e.f");
	expect_path("a.\"\\u0042\\\"\":", "a\0B\"", 5, ":");
}

static void
refuses_what_is_no_path(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"", "a name is empty"},
	    {".a", "a name is empty"},
	    {"a.", "a name is empty"},
	    {"a..b", "a name is empty"},
	    {"\"\"", "a name is empty"},
	    {":", "a name is empty"},
	    {"a b", "names are words or stand in double quotes, with dots between"},
	    {"\"a\"b", "names are words or stand in double quotes, with dots between"},
	    {"\"a", "the name that begins here has no closing quote"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct view text = view_of_text(bad[i][0]);
		assert_false(path_take(&text, &names, &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_string_equal(error.text, bad[i][1]);
	}
}

static void
finds_leaves(void **state)
{
	(void)state;
	static const char *const paths[] = {"id", "name", "phones.list.element.number",
	    "phones.list.element.is_main", "\"a.b\".\"c:d\"", "\"a.b\".\"e f\""};
	for (uint32_t i = 0; i < schema.leaf_count; i++) {
		uint32_t leaf = UINT32_MAX;
		take_path(paths[i]);
		assert_true(path_find(&schema, (struct view){names.data, names.size}, &leaf, &error));
		assert_int_equal(leaf, i);
	}
}

static void
names_the_nearest_leaf(void **state)
{
	(void)state;
	static const char *const missed[][2] = {
	    {"nmae", "column nmae is not in the schema; the nearest is name"},
	    {"phones.number", "column phones.number is not in the schema; the nearest is "
			      "phones.list.element.number"},
	    {"is_main", "column is_main is not in the schema; the nearest is phones.list.element.is_main"},
	    {"id.x", "column id.x is not in the schema; the nearest is id"},
	    {"\"a.b\".c", "column \"a.b\".c is not in the schema; the nearest is \"a.b\".c:d"},
	    {"phones.list", "column phones.list is a group; name a leaf of it, such as "
			    "phones.list.element.number"},
	};
	for (size_t i = 0; i < sizeof missed / sizeof *missed; i++) {
		uint32_t leaf;
		take_path(missed[i][0]);
		assert_false(path_find(&schema, (struct view){names.data, names.size}, &leaf, &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_string_equal(error.text, missed[i][1]);
	}
}

/* In a message a path has its limit. */
static void
long_paths_are_cut(void **state)
{
	(void)state;
	char text[400], expected[400];
	uint32_t leaf;
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	snprintf(expected, sizeof expected, "column %.255s is not in the schema; the nearest is ", text);
	take_path(text);
	assert_false(path_find(&schema, (struct view){names.data, names.size}, &leaf, &error));
	assert_memory_equal(error.text, expected, strlen(expected));
}

/* ---- settings ---- */

static void
add(struct columns_options *options, const char *text)
{
	if (!columns_options_add(options, text, &error))
		fail_msg("%s: %s", text, error.text);
}

static void
chooses_for_each_leaf(void **state)
{
	(void)state;
	struct columns_options options = {0};
	struct column_options chosen[6];
	assert_true(columns_options_choose(NULL, &schema, chosen, &error));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(chosen[i].given, 0);
	add(&options, "name:compression=zstd:-3,encoding=RLE_DICTIONARY");
	add(&options, "\"a.b\".\"e f\":encoding=PLAIN");
	columns_options_settle(&options);
	assert_true(columns_options_choose(&options, &schema, chosen, &error));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(column_options_has(&chosen[i], COLUMN_ENCODING), i == 1 || i == 5);
	assert_int_equal(chosen[1].encoding, ENCODING_RLE_DICTIONARY);
	assert_int_equal(chosen[5].encoding, ENCODING_PLAIN);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(column_options_has(&chosen[i], COLUMN_COMPRESSION), i == 1);
	assert_int_equal(chosen[1].compression.kind, CODEC_ZSTD);
	assert_int_equal(chosen[1].compression.level, -3);
	columns_options_free(&options);
}

static void
refuses_settings(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"id", "--column 'id': a colon and a setting are due behind the column's name"},
	    {"id:", "--column 'id:': a colon and a setting are due behind the column's name"},
	    {"id:encoding", "--column 'id:encoding': encoding= stands without a value"},
	    {"id:encoding=", "--column 'id:encoding=': encoding= stands without a value"},
	    {"id:encoding=PLAIN,", "--column 'id:encoding=PLAIN,': '' is no setting of a column; there is "
				   "encoding=, compression=, bloom="},
	    {"id:encodings=PLAIN", "--column 'id:encodings=PLAIN': 'encodings=PLAIN' is no setting of a "
				   "column; there is encoding=, compression=, bloom="},
	    {"id:compression=lzo,encoding=PLAIN",
		"--column 'id:compression=lzo,encoding=PLAIN': compression: 'lzo' is none of " CODEC_WORDS},
	    {"name:compression=zstd:23",
		"--column 'name:compression=zstd:23': compression: '23' is no level of "
		"zstd, which has -131072 to 22"},
	    {"id:encoding=PLAIN,encoding=PLAIN",
		"--column 'id:encoding=PLAIN,encoding=PLAIN': encoding is given twice"},
	    {"name:encoding=PLAIN", "--column 'name:encoding=PLAIN': encoding is given twice"},
	    {"i d:encoding=PLAIN",
		"--column 'i d:encoding=PLAIN': names are words or stand in double quotes, "
		"with dots between"},
	};
	struct columns_options options = {0};
	add(&options, "name:encoding=PLAIN");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(columns_options_add(&options, bad[i][0], &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_string_equal(error.text, bad[i][1]);
	}
	columns_options_free(&options);
	assert_false(columns_options_add(&options, "id:encoding=BIT_PACKED", &error));
	assert_non_null(strstr(error.text, "encoding=BIT_PACKED is none of PLAIN, RLE, DELTA_BINARY_PACKED, "
					   "DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY, "
					   "RLE_DICTIONARY, BYTE_STREAM_SPLIT"));
	columns_options_free(&options);
}

static void
takes_rates_of_filters(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double rate;
	} rates[] = {{"on", 0.01}, {"off", 0}, {"0.5", 0.5}, {"1e-9", 1e-9}, {"0.999", 0.999}};
	struct column_options chosen[6];
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct columns_options options = {0};
		char text[64];
		snprintf(text, sizeof text, "id:bloom=%s", rates[i].text);
		add(&options, text);
		columns_options_settle(&options);
		assert_true(columns_options_choose(&options, &schema, chosen, &error));
		assert_true(column_options_has(&chosen[0], COLUMN_BLOOM));
		assert_true(chosen[0].bloom_rate == rates[i].rate);
		columns_options_free(&options);
	}
	static const char *const bad[] = {"ON", "o", "0", "1", "1.5", "-0.5", "0.1x", " 0.1", "nan", "inf",
	    ".5", "0.1000000000000000000000000000000000000000000000000000000000000"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct columns_options options = {0};
		char text[192];
		snprintf(text, sizeof text, "id:bloom=%s", bad[i]);
		assert_false(columns_options_add(&options, text, &error));
		assert_int_equal(error.status, NEST_USAGE);
		snprintf(text, sizeof text,
		    "bloom=%.60s is neither on nor off, nor a rate of false positives between 0 and 1",
		    bad[i]);
		assert_non_null(strstr(error.text, text));
		columns_options_free(&options);
	}
}

/* Whether a column of a type can have a filter. */
static bool
has_filter(const char *field, const char *setting)
{
	struct schema one;
	struct columns_options options = {0};
	struct column_options chosen[1];
	char text[128];
	snprintf(text, sizeof text, "message m { required %s; }", field);
	assert_true(schema_parse(&one, view_of_text(text), &error));
	snprintf(text, sizeof text, "a:bloom=%s", setting);
	add(&options, text);
	columns_options_settle(&options);
	bool fine = columns_options_choose(&options, &one, chosen, &error);
	columns_options_free(&options);
	schema_free(&one);
	return fine;
}

static void
types_with_filters(void **state)
{
	(void)state;
	assert_true(has_filter("int96 a", "on"));
	assert_true(has_filter("binary a (STRING)", "on"));
	assert_true(has_filter("fixed_len_byte_array(5) a (DECIMAL(9,2))", "on"));
	assert_true(has_filter("int32 a (DECIMAL(9,2))", "on"));
	assert_true(has_filter("boolean a", "off"));
	assert_false(has_filter("boolean a", "on"));
	assert_string_equal(
	    error.text, "--column: column a: a bloom filter does not go with the type boolean");
	assert_false(has_filter("binary a (DECIMAL(9,2))", "0.1"));
	assert_string_equal(
	    error.text, "--column: column a: a bloom filter does not go with the type binary (DECIMAL)");
}

static void
refuses_what_a_schema_does_not_have(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"nam:encoding=PLAIN", "--column: column nam is not in the schema; the nearest is name"},
	    {"phones.list.element.is_main:encoding=RLE_DICTIONARY",
		"--column: column phones.list.element.is_main: RLE_DICTIONARY does not go with the type "
		"boolean"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct columns_options options = {0};
		struct column_options chosen[6];
		add(&options, bad[i][0]);
		columns_options_settle(&options);
		assert_false(columns_options_choose(&options, &schema, chosen, &error));
		assert_int_equal(error.status, NEST_USAGE);
		assert_string_equal(error.text, bad[i][1]);
		columns_options_free(&options);
	}
}

/* ---- fingerprints ---- */

static struct digest_value
fingerprint(const char *const *texts, size_t count)
{
	struct columns_options options = {0};
	struct digest *digest;
	for (size_t i = 0; i < count; i++)
		add(&options, texts[i]);
	columns_options_settle(&options);
	assert_true(digest_open(&digest, &error));
	columns_options_digest(&options, digest);
	struct digest_value value = digest_value(digest);
	digest_close(digest);
	columns_options_free(&options);
	return value;
}

static void
the_order_does_not_show(void **state)
{
	(void)state;
	static const char *const texts[] = {"id:encoding=PLAIN", "name:encoding=RLE_DICTIONARY",
	    "id2:encoding=PLAIN", "\"id\":encoding=PLAIN", "name:encoding=PLAIN"};
	const char *const other[] = {texts[2], texts[1], texts[3]}, *const changed[] = {
									texts[2], texts[4], texts[0]};
	struct digest_value value = fingerprint(texts, 3);
	assert_true(digest_equal(value, fingerprint(other, 3)));
	assert_false(digest_equal(value, fingerprint(changed, 3)));
	assert_false(digest_equal(value, fingerprint(texts, 2)));
	assert_false(digest_equal(fingerprint(texts, 1), fingerprint(&texts[2], 1)));
	static const char *const codecs[] = {
	    "id:compression=zstd", "id:compression=zstd:2", "id:compression=gzip:1"};
	assert_true(
	    digest_equal(fingerprint(codecs, 1), fingerprint(&(const char *){"id:compression=zstd:1"}, 1)));
	assert_false(digest_equal(fingerprint(codecs, 1), fingerprint(&codecs[1], 1)));
	assert_false(digest_equal(fingerprint(codecs, 1), fingerprint(&codecs[2], 1)));
	static const char *const filters[] = {"id:bloom=0.1", "id:bloom=0.2"};
	assert_false(digest_equal(fingerprint(filters, 1), fingerprint(&filters[1], 1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_paths),
	    cmocka_unit_test(refuses_what_is_no_path),
	    cmocka_unit_test(finds_leaves),
	    cmocka_unit_test(names_the_nearest_leaf),
	    cmocka_unit_test(long_paths_are_cut),
	    cmocka_unit_test(chooses_for_each_leaf),
	    cmocka_unit_test(refuses_settings),
	    cmocka_unit_test(takes_rates_of_filters),
	    cmocka_unit_test(types_with_filters),
	    cmocka_unit_test(refuses_what_a_schema_does_not_have),
	    cmocka_unit_test(the_order_does_not_show),
	};
	if (!schema_parse(&schema, view_of_text(TEXT), &error))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	schema_free(&schema);
	buffer_free(&names);
	return failed;
}
