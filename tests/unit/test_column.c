/* A column chunk under a preset: the encoding is chosen once, and again when the dictionary is closed. */
#include "lib/parquet/column.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PAGE_ROWS = 4 * COLUMN_STRIDE };

static struct nest_error error;
static struct page_scratch scratch;
static struct schema schema;
static struct column column;
static uint64_t random_state;

static uint32_t
draw(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

static void
put_stride(const uint32_t *values)
{
	struct plain_cursor cursor = {
	    (const uint8_t *)values, (const uint8_t *)(values + COLUMN_STRIDE), 0, NULL};
	struct column_run run = {NULL, NULL, COLUMN_STRIDE, COLUMN_STRIDE, COLUMN_STRIDE};
	assert_true(column_append(&column, &run, &cursor, &error));
	assert_true(column_decide(&column, &scratch, &error));
}

/* STRIDES of numbers: what the one before was, and STEP; or, where that is 0, one of KINDS by chance. */
static void
put_strides(int strides, uint32_t step, uint32_t kinds)
{
	static uint32_t last;
	while (strides-- > 0) {
		uint32_t values[COLUMN_STRIDE + PLAIN_SLACK];
		for (size_t i = 0; i < COLUMN_STRIDE; i++)
			values[i] = step > 0 ? (last += step) : draw() % kinds * 0x9e3779b9u;
		put_stride(values);
	}
}

/* A page of them. */
static void
put_page(uint32_t step, uint32_t kinds)
{
	put_strides(PAGE_ROWS / COLUMN_STRIDE, step, kinds);
}

static void
begin(enum preset preset)
{
	random_state = 1;
	const struct column_rules rules = {
	    .page_index = true,
	    .page_rows = PAGE_ROWS,
	    .page_bytes = COLUMN_PAGE_BYTES,
	    .chunk_rows = 1 << 17,
	    .dictionary = true,
	    .dictionary_bytes = COLUMN_DICTIONARY_BYTES,
	    .preset = preset,
	};
	assert_true(column_init(&column, &schema.nodes[1], &rules, &error));
}

static void
expect_pages(uint32_t plain, uint32_t dictionary, uint32_t packed)
{
	assert_true(column_finish(&column, &scratch, &error));
	assert_int_equal(column.chunk.pages[ENCODING_PLAIN], plain);
	assert_int_equal(column.chunk.pages[ENCODING_RLE_DICTIONARY], dictionary);
	assert_int_equal(column.chunk.pages[ENCODING_DELTA_BINARY_PACKED], packed);
}

static void
once_for_a_chunk(void **state)
{
	(void)state;
	begin(PRESET_BALANCED);
	put_page(3, 0);
	put_page(0, UINT32_MAX);
	put_page(3, 0);
	expect_pages(0, 0, 3);
	/* The next chunk is another one. */
	column_clear(&column);
	put_page(0, UINT32_MAX);
	put_page(3, 0);
	expect_pages(2, 0, 0);
}

static void
once_more_behind_a_dictionary(void **state)
{
	(void)state;
	for (int falls = 0; falls < 2; falls++) {
		begin(PRESET_SMALL);
		column.rules.dictionary_bytes = 1000;
		put_page(0, 100);
		put_page(0, 100);
		put_page(0, 2000);
		/* Now it is over its limit. */
		put_page(falls ? 0 : 5, UINT32_MAX);
		put_page(falls ? 5 : 0, UINT32_MAX);
		expect_pages(falls ? 2 : 0, 3, falls ? 0 : 2);
	}
}

/* A dictionary that the first page chose is kept while it grows, unless half of all values are new. */
static void
dictionaries_that_were_chosen(void **state)
{
	(void)state;
	begin(PRESET_BALANCED);
	put_page(0, 100);
	put_page(3, 0);
	put_page(3, 0);
	expect_pages(0, 2, 1);
}

/* So is one that was chosen before its trial would have been over: nothing more is on trial then. */
static void
dictionaries_that_were_chosen_early(void **state)
{
	(void)state;
	begin(PRESET_BALANCED);
	column.rules.page_rows = 2 * COLUMN_STRIDE;
	put_strides(2, 0, 100);
	put_strides(2, 3, 0);
	put_strides(2, 3, 0);
	expect_pages(0, 2, 1);
}

/* Where half of the first values were there before the trial is over, and the dictionary stays. */
static void
half_of_the_first_values(void **state)
{
	(void)state;
	for (uint32_t kinds = COLUMN_TRIAL_VALUES / 2; kinds <= COLUMN_TRIAL_VALUES / 2 + 1; kinds++) {
		begin(PRESET_FAST);
		column.rules.page_rows = 1 << 20;
		for (uint32_t first = 0; first < COLUMN_TRIAL_VALUES; first += COLUMN_STRIDE) {
			uint32_t values[COLUMN_STRIDE + PLAIN_SLACK];
			for (uint32_t i = 0; i < COLUMN_STRIDE; i++)
				values[i] = (first + i) % kinds * 0x9e3779b9u;
			put_stride(values);
		}
		for (int page = 0; page < 8; page++)
			put_page(3, 0);
		assert_int_equal(
		    column.mode, kinds * 2 > COLUMN_TRIAL_VALUES ? COLUMN_VALUES : COLUMN_DICTIONARY);
	}
}

static void
fast_is_as_ever(void **state)
{
	(void)state;
	begin(PRESET_FAST);
	put_page(3, 0);
	put_page(0, 100);
	expect_pages(2, 0, 0);
	column_clear(&column);
	put_page(0, 100);
	put_page(3, 0);
	put_page(3, 0);
	expect_pages(1, 2, 0);
}

/* Others have filters of booleans, too: it has what there is, and not the other. */
static void
filters_of_booleans(void **state)
{
	(void)state;
	for (uint8_t value = 0; value < 2; value++) {
		const struct column_rules rules = {.page_rows = 2, .page_bytes = 1000, .bloom_rate = 0.001};
		const uint8_t values[4 + PLAIN_SLACK] = {value, value, value, value}, other = !value;
		struct plain_cursor cursor = {.at = values, .end = values + 4};
		struct column_run run = {.rows = 4, .entries = 4, .value_count = 4};
		struct schema booleans;
		assert_true(
		    schema_parse(&booleans, view_of_text("message m { required boolean a; }"), &error));
		assert_true(column_init(&column, &booleans.nodes[1], &rules, &error));
		assert_true(column_append(&column, &run, &cursor, &error));
		assert_true(column_finish(&column, &scratch, &error));
		assert_true(bloom_has(&column.bloom, bloom_hash((struct view){&value, 1})));
		assert_false(bloom_has(&column.bloom, bloom_hash((struct view){&other, 1})));
		schema_free(&booleans);
	}
}

static int
set_up(void **state)
{
	(void)state;
	if (!schema_parse(&schema, view_of_text("message m { required int32 a; }"), &error))
		return -1;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	column_free(&column);
	codec_free(&scratch.codec);
	buffer_free(&scratch.body);
	buffer_free(&scratch.lengths);
	schema_free(&schema);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(once_for_a_chunk),
	    cmocka_unit_test(once_more_behind_a_dictionary),
	    cmocka_unit_test(dictionaries_that_were_chosen),
	    cmocka_unit_test(dictionaries_that_were_chosen_early),
	    cmocka_unit_test(half_of_the_first_values),
	    cmocka_unit_test(fast_is_as_ever),
	    cmocka_unit_test(filters_of_booleans),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
