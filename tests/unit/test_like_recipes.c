/*
 * The recipes that --like makes of samples with many kinds of fields, byte for byte, and memory that runs out
 * meanwhile.
 *
 * The recipes are in tests/data/like/; if they have to change, NEST_PUT_RECIPES=1 rewrites them.
 */
#include "gen/like/like.h"
#include "gen/like/sieve.h"
#include "gen/like/spread.h"
#include "gen/like/tally.h"
#include "lib/schema/schema.h"
#include "tests/unit/failing.h"
#include "tests/unit/memory_file.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- samples ---- */

/* A number below COUNT that looks like chance: value PLACE of row ROW. */
static unsigned
chance(unsigned row, unsigned place, unsigned count)
{
	uint64_t mixed = ((uint64_t)row << 16 | place) + 1;
	for (unsigned i = 0; i < 2; i++) {
		mixed *= UINT64_C(0x9e3779b97f4a7c15);
		mixed ^= mixed >> 29;
	}
	return (unsigned)((mixed >> 32) * count >> 32);
}

static __attribute__((format(printf, 2, 3))) void
put(struct buffer *out, const char *format, ...)
{
	char text[4096];
	va_list args;
	struct nest_error error;
	va_start(args, format);
	int size = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert_in_range(size, 0, sizeof text - 1);
	assert_true(buffer_append(out, text, (size_t)size, &error));
}

static const char *
one_of(unsigned row, unsigned place, const char *const *texts, unsigned count)
{
	return texts[chance(row, place, count)];
}

#define ONE_OF(place, ...)                                     \
	one_of(row, place, (const char *const[]){__VA_ARGS__}, \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void
put_whole_numbers(struct buffer *out, unsigned row)
{
	put(out, "\"rising\":%u,\"steps\":%u,\"negative\":%d,", row + 1, 5000 + 37 * row + chance(row, 1, 30),
	    (int)(13 * row) - 100000);
	put(out, "\"far\":%" PRId64 ",\"huge\":%" PRIu64 ",", INT64_C(1) << 60 | row,
	    UINT64_C(4000000000000000) * row);
	put(out, "\"scattered\":%u,\"wide\":%" PRIu64 ",\"below\":%d,", row * 7919 % 10007 + 1234,
	    (row + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 2, -(int)(row * 7919 % 10007));
	put(out, "\"constant\":777,\"small\":7,\"minus\":-777,\"two\":%d,\"hundred\":%u,", row % 2 ? -5 : 5,
	    chance(row, 2, 100));
	put(out, "\"code\":%s,\"spike\":%u,", ONE_OF(3, "200", "200", "200", "404", "200", "503"),
	    chance(row, 4, 3) ? 5000 : 100 + chance(row, 5, 9000));
	unsigned skewed = chance(row, 6, 2000);
	put(out, "\"skewed\":%u,\"cold\":%d,\"around\":%d,\"up_to_nine\":%u,", skewed * skewed / 100,
	    -1000 - (int)chance(row, 7, 500), (int)chance(row, 8, 4001) - 2000, chance(row, 9, 10));
	put(out, "\"ends\":%s,\"greatest\":%" PRId64 ",",
	    ONE_OF(10, "9223372036854775807", "-9223372036854775808", "12"),
	    INT64_MAX - chance(row, 11, 5000));
	if (row % 3 != 0)
		put(out, "\"rare\":%s,", row % 5 ? "31337" : "null");
	if (row == 3)
		put(out, "\"once\":4321,");
	put(out, "\"few\":%u", 1000 * chance(row, 12, 60));
}

static void
put_reals(struct buffer *out, unsigned row)
{
	put(out, "\"price\":%u.%02u,\"tenths\":-%u.%u,", chance(row, 1, 300), chance(row, 2, 100),
	    chance(row, 3, 40), chance(row, 4, 10));
	put(out, "\"usual\":%s,", chance(row, 5, 4) ? "3.3" : ONE_OF(6, "3.141", "3.275", "3.399"));
	put(out, "\"rough\":%u.%03ue-7,\"large\":%ue12,\"mixed\":%s,", 1 + chance(row, 7, 9),
	    chance(row, 8, 1000), 1 + chance(row, 9, 999), ONE_OF(10, "1e-9", "2.5e10", "1.0", "-3"));
	put(out, "\"fine\":0.%07u%u,\"one\":1.5,\"zero\":0.0,\"giant\":-%u.5e300,", chance(row, 11, 10000000),
	    1 + chance(row, 12, 9), 1 + chance(row, 13, 5));
	put(out, "\"tiny\":%ue-312,\"beyond\":1844674407370955%u,\"six\":%u.%06u,", 1 + chance(row, 14, 90),
	    1000 + chance(row, 15, 5000), chance(row, 16, 3), chance(row, 17, 1000000));
	put(out, "\"kept\":%s,\"sign\":%s%u.25,", ONE_OF(18, "0.12345678", "2.5", "2.5"),
	    chance(row, 19, 2) ? "-" : "", chance(row, 20, 30));
	put(out, "\"whole\":%u.0,\"null\":%s,\"spread\":%u.%u", chance(row, 21, 500),
	    row % 4 ? "2.75" : "null", chance(row, 22, 60) * chance(row, 23, 60), chance(row, 24, 10));
}

static void
put_words(struct buffer *out, unsigned row, unsigned place, const char *const *words, unsigned count,
    unsigned least, unsigned most, const char *between)
{
	unsigned wanted = least + chance(row, place, most - least + 1);
	for (unsigned i = 0; i < wanted; i++)
		put(out, "%s%s", i > 0 ? between : "", words[chance(row, place + 1 + i, count)]);
}

#define WORDS(name, place, least, most, between, ...)                                                  \
	do {                                                                                           \
		static const char *const words[] = {__VA_ARGS__};                                      \
		put(out, "\"%s\":\"", name);                                                           \
		put_words(out, row, place, words, sizeof words / sizeof *words, least, most, between); \
		put(out, "\",");                                                                       \
	} while (0)

static void
put_names(struct buffer *out, unsigned row)
{
	uint64_t mixed = (row + 1) * UINT64_C(0x9e3779b97f4a7c15);
	put(out, "\"uuid\":\"%08x-%04x-4%03x-8%03x-%012" PRIx64 "\",", (unsigned)(mixed >> 32),
	    row * 77 % 65536, row % 4096, row * 5 % 4096, mixed >> 16);
	put(out, "\"hex\":\"%06x\",\"upper\":\"%04X\",\"padded\":\"%05u\",\"digits\":\"%u\",",
	    chance(row, 1, 1 << 24), chance(row, 2, 1 << 16), chance(row, 3, 2000),
	    10 + chance(row, 4, 9990));
	put(out, "\"sku\":\"SKU-%05u\",\"unique\":\"u-%u/x\",\"number\":\"%07u\",\"tail\":\"n%u\",",
	    chance(row, 5, 500), row, 100 + row * 7, row);
	put(out, "\"phone\":\"+1-555-%03u-%04u\",\"url\":\"https://%s.com/%s?q=%u\",", chance(row, 6, 1000),
	    chance(row, 7, 10000), ONE_OF(8, "abc", "defg", "hijkl"), ONE_OF(9, "About", "contact", "news"),
	    chance(row, 10, 100));
	put(out, "\"email\":\"%s.%s%u@%s.org\",\"status\":\"%s\",\"often\":\"%s\",",
	    ONE_OF(11, "ann", "bob", "carl"), ONE_OF(12, "lee", "ray", "poe"), chance(row, 13, 100),
	    ONE_OF(14, "mail", "post"), ONE_OF(15, "paid", "paid", "paid", "open", "VOID", "In transit"),
	    ONE_OF(16, "https://www.example.org/a1", "www.b2.net/Index", "0123-abcd-89ef-77", "Zoë 7é"));
	put(out, "\"blank\":\"%s\",\"quotes\":\"%s\",\"marks\":\"%s\",", ONE_OF(17, "", "", "a b"),
	    ONE_OF(18, "say \\\"x\\\"", "it's {1}", "a\\\\b\\n", "\\u0007tab\\t", "del\\u007f\\u0000nul"),
	    ONE_OF(19, "a---b", "c://d", "e...", "(f)[g]|h*"));
	put(out, "\"pattern\":\"%s%u\",\"title\":\"%s\",",
	    ONE_OF(20, "^a$", "b.c+", "d\\te", "'f'", "\\\"g\\\"", "h?", "\\ri"), chance(row, 21, 9000),
	    ONE_OF(22, "Mr", "Mrs", "DR", "Prof", "mAd", "x1", "X2", "y3Z"));
	put(out, "\"mixed\":\"%s%u%s\",\"kinds\":\"%s-%u\"", ONE_OF(23, "a", "B", "cD"),
	    chance(row, 24, 100000), ONE_OF(25, "e", "F", "gH"), ONE_OF(26, "abc", "DEF", "Ghi", "77", "x9"),
	    chance(row, 27, 100000));
}

static void
put_texts(struct buffer *out, unsigned row)
{
	WORDS("prose", 1, 3, 25, " ", "the", "of", "and", "stone", "river", "considerable", "a");
	WORDS("capital", 40, 4, 6, " ", "The", "Winter", "Snow", "Falls");
	WORDS("listed", 50, 5, 12, ", ", "one", "two", "three");
	WORDS("dotted", 70, 11, 14, ".", "com", "org", "example");
	WORDS("greek", 90, 4, 9, " ", "και", "το", "ήταν");
	WORDS("cyrillic", 110, 1, 2, " ", "мир", "привет", "Дело");
	WORDS("kana", 115, 1, 1, " ", "ひらがな", "カタカナ", "ことば");
	WORDS("han", 120, 1, 2, "、", "日本語", "文字", "東京都");
	WORDS("others", 125, 1, 2, "-", "שלום", "سلام", "नमस्ते", "สวัสดี", "한국어", "😀😀", "naïve", "ÀÉ", "ʰ");
	WORDS("numbers", 130, 4, 5, " ", "12", "345", "a");
	WORDS("shapes", 140, 1, 9, "-", "a", "b2", "c/d", "e.f", "g:h");
	put(out, "\"long\":\"%s", row % 50 == 0 ? "" : "x");
	for (unsigned i = 0; row % 50 == 0 && i < 90; i++)
		put(out, "%0100u", row);
	put(out, "\",\"last\":\"%s\"", ONE_OF(150, "a b c d", "A b c d e", "1 2 3 4"));
}

static void
put_times(struct buffer *out, unsigned row)
{
	unsigned day = 1 + chance(row, 1, 28), month = 1 + chance(row, 2, 12), hour = chance(row, 3, 24);
	unsigned minute = chance(row, 4, 60), second = chance(row, 5, 60);
	put(out, "\"day\":\"2024-%02u-%02u\",\"at\":\"20%02u-%02u-%02uT%02u:%02u:%02uZ\",", month, day,
	    10 + chance(row, 6, 9), month, day, hour, minute, second);
	put(out,
	    "\"blank\":\"2024-%02u-%02u %02u:%02u:%02u\",\"milli\":\"2024-02-%02uT%02u:%02u:%02u.%03u\",",
	    month, day, hour, minute, second, day, hour, minute, second, chance(row, 7, 1000));
	put(out, "\"nano\":\"2024-02-29T12:%02u:%02u.%09uZ\",\"zone\":\"2024-02-29T23:59:%02u+02:00\",",
	    minute % 7, second, chance(row, 8, 1000000000), second);
	put(out,
	    "\"midnight\":\"1969-%02u-%02uT00:00:00.000\",\"blank_midnight\":\"2024-%02u-%02u 00:00:00\",",
	    month, day, month, day);
	put(out, "\"often\":\"%s\",\"often_at\":\"%s\",",
	    chance(row, 9, 3) ? "2023-12-25" : ONE_OF(10, "2023-01-06", "2023-08-15", "2023-11-01"),
	    chance(row, 11, 3) ? "2023-12-25T08:00:00.5Z"
			       : ONE_OF(12, "2023-01-06T09:30:00.25Z", "2022-01-06T09:30:00Z"));
	put(out,
	    "\"first\":\"000%u-01-01\",\"last\":\"9999-12-%02u\",\"first_at\":\"0001-01-01T00:00:%02uZ\",",
	    1 + chance(row, 13, 2), 20 + chance(row, 14, 12), second);
	put(out,
	    "\"last_at\":\"9999-12-31T23:59:%02u.%uZ\",\"span\":\"%04u-06-15\",\"usual\":\"2024-05-05 "
	    "%02u:00:00\",",
	    second, chance(row, 15, 10), 1 + chance(row, 16, 9999), chance(row, 17, 2) * 8);
	put(out, "\"no_day\":\"2023-02-%02u\",\"forms\":\"%s\",\"only\":\"2024-03-01T00:00:00Z\",",
	    20 + chance(row, 18, 15), ONE_OF(19, "2024-01-01", "2024-01-01T00:00:00Z"));
	put(out, "\"zones\":\"2024-01-01T00:00:00%s\",\"minutes\":\"2024-01-01T%02u:%02uZ\",\"none\":%s",
	    ONE_OF(20, "", "Z"), hour, minute, row % 3 ? "null" : "\"2024-06-30\"");
}

static void
put_groups(struct buffer *out, unsigned row)
{
	unsigned many = chance(row, 1, 5);
	put(out, "\"list\":[");
	for (unsigned i = 0; i < many * many; i++)
		put(out, "%s%u", i > 0 ? "," : "", chance(row, 100 + i, 1000));
	put(out, "],\"lists\":[[],[%s]],\"empty\":[],\"objects\":[", row % 3 ? "1,null" : "");
	for (unsigned i = 0; i < row % 4; i++)
		put(out, "%s{\"a\":\"%s\",\"b\":{\"c\":%s}}", i > 0 ? "," : "",
		    ONE_OF(200 + i, "x", "yy", ""), row % 2 ? "true" : "false");
	put(out, "],\"map\":{");
	for (unsigned i = 0; i < 6; i++)
		if (chance(row, 300 + i, 6) >= i)
			put(out, "%s\"%s\":%u", i > 0 ? "," : "",
			    (const char *const[]){"always", "mostly", "half", "seldom", "never", "x_1"}[i],
			    i);
	put(out, "},\"keys\":{\"k%u\":1,\"l%u\":2,\"m%u\":null},", chance(row, 310, 30), chance(row, 311, 30),
	    chance(row, 312, 30));
	put(out, "\"some\":%s,\"true\":true,\"flag\":%s,", row % 10 < 3 ? "{\"y\":1,\"z\":null}" : "null",
	    row % 8 ? "true" : "false");
	put(out, "\"json\":%s,",
	    ONE_OF(
		320, "1", "\"a\"", "null", "true", "{\"a\":[5,\"b\\\\\\u20ac\\n\"]}", "[]", "2.5", "false"));
	put(out, "\"wild\":%s%u%s,", (const char *const[]){"", "\"w ", "[\"a", "{\"k\":"}[row % 4],
	    1000 + row, (const char *const[]){"", "\"", "\"]", "}"}[row % 4]);
	put(out, "\"a b\":1,\"ünï\":\"q\",\"let x\":%u,\"\":2", row % 100);
	if (row % 25 == 0)
		put(out, ",\"seldom\":[%u]", row);
}

static void
put_often(struct buffer *out, unsigned times, const char *text)
{
	for (unsigned i = 0; i < times; i++)
		put(out, "%s", text);
}

/* Words and texts longer than a pattern makes them. */
static void
put_long_texts(struct buffer *out, unsigned row)
{
	put(out, "\"word\":\"");
	put_often(out, 70000 + row, "x");
	put(out, "\",\"foreign\":\"");
	put_often(out, 20000 + row, "\u65e5");
	put(out, "\",\"pair\":\"");
	put_often(out, 40000 + row, "y");
	put(out, " ");
	put_often(out, 40000 + row, "z");
	put(out, "\",\"prose\":\"");
	for (unsigned i = 0; i < 200; i++) {
		put_often(out, 120, "w");
		put(out, " %u ", i % 5 + row);
		put_often(out, 130, "v");
		put(out, " ");
	}
	put(out, "\",");
}

/* A row of such lists would take too much chance, so some are shorter. */
static void
put_long(struct buffer *out, unsigned row)
{
	put_long_texts(out, row);
	enum { LISTS = 3000, ELEMENTS = 4000 };
	put(out, "\"lists\":[[%u", row);
	for (unsigned i = 1; i < ELEMENTS; i++)
		put(out, ",%u", i % 3);
	put(out, "],[2]");
	for (unsigned i = 2; i < LISTS; i++)
		put(out, ",[]");
	put(out, "]");
}

/* With a field of this name, rows have no number. */
static void
put_hidden(struct buffer *out, unsigned row)
{
	put(out, "\"row\":%u,\"id\":%u,\"name\":\"u-%06u\"", row, row * 7919 % 10007, row);
}

static const struct sample {
	const char *name;
	void (*put)(struct buffer *out, unsigned row);
	unsigned rows, few; /* and so many where memory runs out */
	unsigned options;
} samples[] = {
    {"whole", put_whole_numbers, 2000, 4, 2},
    {"reals", put_reals, 3000, 4, 2},
    {"names", put_names, 1500, 4, 2},
    {"texts", put_texts, 600, 4, 2},
    {"times", put_times, 800, 4, 4},
    {"groups", put_groups, 1000, 4, 4},
    {"long", put_long, 3, 0, 1},
    {"hidden", put_hidden, 50, 4, 1},
    {"many", put_hidden, 20000, 4, 1},
};

static void
put_sample(const struct sample *sample, unsigned rows, struct buffer *out)
{
	for (unsigned row = 0; row < rows; row++) {
		put(out, "{");
		sample->put(out, row);
		put(out, "}\n");
	}
}

/* ---- recipes ---- */

static const struct {
	const char *name;
	struct like_options options;
} options[] = {
    {"", {0}},
    {"-kept", {.keeps_values = true}},
    {"-typed", {.dates = true, .maps = 3}},
    {"-typed-kept", {.keeps_values = true, .dates = true, .maps = 3}},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

struct wanted {
	struct view sample;
	const struct like_options *options;
};

static bool
make_recipe(const void *what, struct buffer *text, struct nest_error *error)
{
	const struct wanted *wanted = what;
	struct memory_file file;
	memory_file_open(&file, wanted->sample);
	bool fine = like_input(&file.input, wanted->options, text, error);
	memory_file_close(&file);
	return fine;
}

/* The file of a recipe becomes, or is, TEXT. */
static void
expect_file(const char *name, const char *option, struct view text)
{
	char path[128];
	bool puts = getenv("NEST_PUT_RECIPES") != NULL;
	snprintf(path, sizeof path, "tests/data/like/%s%s.recipe", name, option);
	FILE *file = fopen(path, puts ? "w" : "r");
	if (file == NULL)
		fail_msg("there is no %s", path);
	if (puts)
		assert_int_equal(fwrite(text.data, 1, text.size, file), text.size);
	for (size_t at = 0, line = 1; !puts && at <= text.size; at++) {
		int due = fgetc(file);
		if (due != (at < text.size ? text.data[at] : EOF))
			fail_msg("%s is another one from line %zu on: %.*s", path, line,
			    (int)(text.size - at > 60 ? 60 : text.size - at), text.data + at);
		line += due == '\n';
	}
	assert_int_equal(fclose(file), 0);
}

static void
recipes_are_those_kept(void **state)
{
	(void)state;
	struct buffer sample = {0}, text = {0};
	struct nest_error error;
	for (unsigned i = 0; i < SAMPLES; i++) {
		buffer_clear(&sample);
		put_sample(&samples[i], samples[i].rows, &sample);
		for (unsigned k = 0; k < samples[i].options; k++) {
			const struct wanted wanted = {{sample.data, sample.size}, &options[k].options};
			buffer_clear(&text);
			if (!make_recipe(&wanted, &text, &error))
				fail_msg("%s: %s", samples[i].name, error.text);
			expect_file(samples[i].name, options[k].name, (struct view){text.data, text.size});
		}
	}
	buffer_free(&sample);
	buffer_free(&text);
}

static void
an_allocation_that_fails_is_told(void **state)
{
	(void)state;
	struct buffer sample = {0};
	for (unsigned i = 0; can_fail() && i < SAMPLES; i++) {
		buffer_clear(&sample);
		put_sample(&samples[i], samples[i].few, &sample);
		const struct wanted wanted = {{sample.data, sample.size}, &options[0].options};
		if (samples[i].few > 0)
			fail_each_allocation(make_recipe, &wanted);
	}
	buffer_free(&sample);
}

/* What is counted of 200 values, each of which counts. */
static bool
count_values(const void *what, struct buffer *out, struct nest_error *error)
{
	enum { VALUES = 200, MOST = 256 };
	struct sieve sieve = {0};
	struct tally tally = {0};
	struct spread spread = {0};
	bool fine = true;
	for (uint64_t i = 0; i < VALUES && fine; i++) {
		struct view value = {(const uint8_t *)&i, sizeof i};
		fine = sieve_add(&sieve, value, error) && tally_add(&tally, value, MOST, error) &&
		       spread_add(&spread, (int64_t)i, MOST, error);
	}
	const uint32_t counts[] = {sieve.count, tally.count, spread.count};
	fine = fine && buffer_append(out, counts, sizeof counts, error);
	assert_null(what);
	sieve_free(&sieve);
	tally_free(&tally);
	spread_free(&spread);
	return fine;
}

static void
a_value_that_has_no_room_is_told(void **state)
{
	(void)state;
	fail_each_allocation(count_values, NULL);
}

/* ---- samples that are too much ---- */

static void
a_recipe_has_as_much_detail_as_there_is_room_for(void **state)
{
	(void)state;
	enum { FIELDS = 1200, ROWS = 100 };
	struct buffer sample = {0}, text = {0};
	struct nest_error error;
	for (unsigned row = 0; row < ROWS; row++) {
		put(&sample, "{\"f\":1");
		for (unsigned i = 0; i < FIELDS; i++)
			put(&sample, ",\"field_%u\":%u.%u", i,
			    chance(row, i, 4000) * chance(row, i + FIELDS, 4000), row % 10);
		put(&sample, "}\n");
	}
	const struct wanted wanted = {{sample.data, sample.size}, &options[0].options};
	if (!make_recipe(&wanted, &text, &error))
		fail_msg("%s", error.text);
	assert_in_range(text.size, SCHEMA_TEXT_LIMIT / 3, SCHEMA_TEXT_LIMIT);
	buffer_free(&sample);
	buffer_free(&text);
}

static void
more_fields_than_a_recipe_has_room_for_are_refused(void **state)
{
	(void)state;
	enum { FIELDS = 3000, NAME_BYTES = 200 };
	struct buffer sample = {0}, text = {0};
	struct nest_error error;
	put(&sample, "{\"f\":1");
	for (unsigned i = 0; i < FIELDS; i++)
		put(&sample, ",\"%0*u\":1", NAME_BYTES, i);
	put(&sample, "}\n");
	const struct wanted wanted = {{sample.data, sample.size}, &options[0].options};
	assert_false(make_recipe(&wanted, &text, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "the sample has more fields than a recipe has room for");
	assert_int_equal(text.size, 0);
	buffer_free(&sample);
	buffer_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recipes_are_those_kept),
	    cmocka_unit_test(an_allocation_that_fails_is_told),
	    cmocka_unit_test(a_value_that_has_no_room_is_told),
	    cmocka_unit_test(a_recipe_has_as_much_detail_as_there_is_room_for),
	    cmocka_unit_test(more_fields_than_a_recipe_has_room_for_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
