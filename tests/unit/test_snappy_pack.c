/* Snappy's format: the library reads what is packed here; lengths, offsets and fragments at their limits. */
#include "lib/parquet/snappy_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <snappy-c.h>

enum { MOST = 200000 };

static struct snappy_places places;
static uint8_t plain[MOST];
static uint64_t random_state = 1;

static uint64_t
draw(uint64_t limit)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % limit;
}

/* Packs SIZE bytes of PLAIN in memory of their own sizes, so that what goes past an end shows. */
static size_t
check(size_t size)
{
	size_t bound = snappy_pack_bound(size), made;
	uint8_t *copy = malloc(size + 1), *packed = malloc(bound), *again = malloc(size + 1);
	assert_non_null(copy);
	assert_non_null(packed);
	assert_non_null(again);
	/* At an odd place. */
	memcpy(copy + 1, plain, size);
	/* Whatever is in the places does not matter. */
	memset(&places, (int)draw(256), sizeof places);
	size_t packed_bytes = snappy_pack(&places, (struct view){copy + 1, size}, packed);
	assert_in_range(packed_bytes, 1, bound);
	assert_int_equal(snappy_uncompressed_length((char *)packed, packed_bytes, &made), SNAPPY_OK);
	assert_int_equal(made, size);
	assert_int_equal(snappy_uncompress((char *)packed, packed_bytes, (char *)again, &made), SNAPPY_OK);
	assert_int_equal(made, size);
	assert_memory_equal(again, plain, size);
	free(copy);
	free(packed);
	free(again);
	return packed_bytes;
}

static void
fill(size_t size, uint64_t kinds)
{
	for (size_t i = 0; i < size; i++)
		plain[i] = (uint8_t)draw(kinds);
}

static void
every_small_size(void **state)
{
	(void)state;
	static const uint64_t kinds[] = {1, 2, 4, 20, 256};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t size = 0; size < 400; size++) {
			fill(size, kinds[k]);
			check(size);
		}
}

static void
around_fragments(void **state)
{
	(void)state;
	static const uint64_t kinds[] = {1, 3, 256};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t fragments = 1; fragments <= 3; fragments++)
			for (size_t more = 0; more <= 40; more++) {
				size_t size = (fragments << 16) - 20 + more;
				fill(size, kinds[k]);
				check(size);
			}
}

/* What is at the start comes again at each offset, so long that each form of a copy is its end once. */
static void
every_length_and_offset(void **state)
{
	(void)state;
	static const size_t offsets[] = {150, 2046, 2047, 2048, 2049, 65000, 65300};
	for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++)
		for (size_t length = 4; length <= 140; length++) {
			size_t size = offsets[o] + length;
			fill(size + 60, 256);
			memcpy(plain + offsets[o], plain, length);
			plain[size] = (uint8_t)~plain[length];
			check(size + 60);
			check(size);
		}
}

static void
lengths_of_literals(void **state)
{
	(void)state;
	/* Chance has no matches, and so is one literal: its tag, and before it the size. */
	static const struct {
		size_t size, more;
	} cases[] = {
	    {1, 2}, {60, 2}, {61, 3}, {127, 3}, {128, 4}, {256, 4}, {257, 5}, {16383, 5}, {20000, 6}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fill(cases[i].size, 256);
		assert_int_equal(check(cases[i].size), cases[i].size + cases[i].more);
	}
}

/* A run is as few copies of 64 bytes as can be. */
static void
runs(void **state)
{
	(void)state;
	fill(65536, 1);
	assert_int_equal(check(65536), 3 + 2 + 3 * (65535 / 64) + 3);
}

/* Texts of words: smaller than by the library, of whatever release. */
static void
is_smaller_than_others(void **state)
{
	(void)state;
	enum { WORDS = 3000, WORD_BYTES = 7 };
	static char others[MOST * 2];
	for (size_t at = 0; at < MOST; at++) {
		static uint64_t word;
		word = at % WORD_BYTES == 0 ? draw(WORDS) : word;
		plain[at] = (uint8_t)('a' + ((word + 1) * (at % WORD_BYTES + 7) * 2654435761u >> 9) % 26);
	}
	size_t other_bytes = sizeof others;
	assert_int_equal(snappy_compress((char *)plain, MOST, others, &other_bytes), SNAPPY_OK);
	assert_true(check(MOST) < other_bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_small_size),
	    cmocka_unit_test(around_fragments),
	    cmocka_unit_test(every_length_and_offset),
	    cmocka_unit_test(lengths_of_literals),
	    cmocka_unit_test(runs),
	    cmocka_unit_test(is_smaller_than_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
