/* Pages with a dictionary: each distinct value once, and the counts of all values. */
#include "merge/page_values.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct nest_error error;

/* A reader of LEAF at a page of COUNT INDICES into a dictionary of SIZE values, which are BYTES. */
static struct chunk_reader
reader_of(const struct schema_node *leaf, struct page_dictionary *dictionary, struct view bytes,
    uint32_t size, const uint32_t *indices, uint64_t count)
{
	struct chunk_reader reader = {.leaf = leaf};
	const struct page_header header = {.type = PAGE_DICTIONARY, .num_values = size};
	assert_true(page_dictionary_decode(dictionary, leaf, &header, bytes, &error));
	assert_true(buffer_append(&reader.content.indices, indices, count * sizeof *indices, &error));
	reader.content.dictionary = dictionary;
	reader.content.entries = reader.content.value_count = count;
	return reader;
}

/* Dictionaries as large as the page, and so large that its indices are taken as they are. */
static void
each_different_value_once(void **state)
{
	(void)state;
	enum { MOST = 1000, COUNT = 50 };
	static const uint32_t sizes[] = {1, 7, 8, 9, 50, 150, MOST};
	const struct schema_node leaf = {.physical = PHYSICAL_INT32};
	uint32_t numbers[MOST], indices[COUNT], chance = 1;
	struct page_values values = {0};
	for (uint32_t i = 0; i < MOST; i++)
		numbers[i] = 3 * i;
	for (size_t turn = 0; turn < 5 * sizeof sizes / sizeof *sizes; turn++) {
		uint32_t size = sizes[turn % (sizeof sizes / sizeof *sizes)];
		uint8_t seen[MOST] = {0};
		struct page_dictionary dictionary = {0};
		for (size_t i = 0; i < COUNT; i++) {
			chance = chance * 1664525 + 1013904223;
			indices[i] = (chance >> 16) % size;
		}
		struct chunk_reader reader = reader_of(&leaf, &dictionary,
		    (struct view){(const uint8_t *)numbers, size * sizeof *numbers}, size, indices, COUNT);
		assert_true(page_values_take(&values, &reader, &error));
		assert_int_equal(values.values.size, values.count * sizeof *numbers);
		for (uint64_t i = 0; i < values.count; i++) {
			uint32_t number, index;
			memcpy(&number, values.values.data + i * sizeof number, sizeof number);
			index = number / 3;
			assert_true(size == MOST || !seen[index]);
			seen[index] = 1;
			/* The first of all that it is. */
			uint64_t first = page_values_first(&values, i);
			assert_int_equal(indices[first], index);
			for (uint64_t before = 0; before < first; before++)
				assert_int_not_equal(indices[before], index);
		}
		for (size_t i = 0; i < COUNT; i++)
			assert_true(seen[indices[i]]);
		chunk_reader_free(&reader);
		page_dictionary_free(&dictionary);
	}
	page_values_free(&values);
}

static void
bytes_of_all_strings(void **state)
{
	(void)state;
	static const uint8_t words[] = "\1\0\0\0a\0\0\0\0\2\0\0\0bc";
	static const uint32_t indices[] = {2, 0, 2, 2};
	const struct schema_node leaf = {.physical = PHYSICAL_BYTE_ARRAY};
	struct page_dictionary dictionary = {0};
	struct page_values values = {0};
	struct chunk_reader reader =
	    reader_of(&leaf, &dictionary, (struct view){words, sizeof words - 1}, 3, indices, 4);
	assert_true(page_values_take(&values, &reader, &error));
	assert_int_equal(values.count, 2);
	assert_int_equal(values.string_bytes, 7);
	assert_int_equal(values.values.size, 11);
	assert_memory_equal(values.values.data, "\1\0\0\0a\2\0\0\0bc", 11);
	assert_int_equal(page_values_first(&values, 0), 1);
	assert_int_equal(page_values_first(&values, 1), 0);
	chunk_reader_free(&reader);
	page_dictionary_free(&dictionary);
	page_values_free(&values);
}

static void
all_that_are_no_numbers(void **state)
{
	(void)state;
	const double numbers[] = {1, NAN, 2, -NAN};
	static const uint32_t indices[] = {1, 0, 1, 3, 2, 1};
	const struct schema_node leaf = {.physical = PHYSICAL_DOUBLE};
	struct page_dictionary dictionary = {0};
	struct page_values values = {0};
	struct chunk_reader reader = reader_of(
	    &leaf, &dictionary, (struct view){(const uint8_t *)numbers, sizeof numbers}, 4, indices, 6);
	assert_true(page_values_take(&values, &reader, &error));
	assert_int_equal(page_values_nans(&values, ORDER_DOUBLE), 4);
	/* The same without a dictionary. */
	reader.content.dictionary = NULL;
	reader.content.values = (struct view){(const uint8_t *)numbers, sizeof numbers};
	reader.content.value_count = 4;
	assert_true(page_values_take(&values, &reader, &error));
	assert_int_equal(values.count, 4);
	assert_int_equal(page_values_nans(&values, ORDER_DOUBLE), 2);
	assert_int_equal(page_values_first(&values, 3), 3);
	chunk_reader_free(&reader);
	page_dictionary_free(&dictionary);
	page_values_free(&values);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_different_value_once),
	    cmocka_unit_test(bytes_of_all_strings),
	    cmocka_unit_test(all_that_are_no_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
