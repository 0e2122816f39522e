/* Numbers in scattered order: each once, and with no visible pattern. */
#include "gen/chance/permutation.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t numbers[DRAWS], places[DRAWS];
static double shares[DRAWS];

static struct permutation
with(uint64_t key, uint64_t count)
{
	struct permutation permutation;
	struct nest_error error;
	if (!permutation_init(&permutation, key, count, &error))
		fail_msg("%s", error.text);
	return permutation;
}

static void
assert_each_once(uint64_t key, uint64_t count)
{
	static uint64_t seen[10000000 / 64 + 1];
	struct permutation permutation = with(key, count);
	memset(seen, 0, sizeof seen);
	for (uint64_t from = 0; from < count; from += DRAWS) {
		size_t some = count - from < DRAWS ? count - from : DRAWS;
		for (size_t i = 0; i < some; i++)
			numbers[i] = from + i;
		permutation_apply(&permutation, numbers, some, places);
		for (size_t i = 0; i < some; i++) {
			assert_true(places[i] < count);
			assert_false(seen[places[i] / 64] >> places[i] % 64 & 1);
			seen[places[i] / 64] |= 1ull << places[i] % 64;
		}
	}
}

static void
few_numbers_have_a_place_each(void **state)
{
	(void)state;
	const uint64_t *words = chance_words(1);
	for (uint64_t count = 1; count <= 600; count++)
		assert_each_once(words[count], count);
	assert_each_once(0, 65536);
	assert_each_once(UINT64_MAX, 65537);
}

static void
ten_million_numbers_have_a_place_each(void **state)
{
	(void)state;
	assert_each_once(chance_words(2)[0], 10000000);
}

/* DRAWS numbers from FIRST on, placed among COUNT: as shares of it. */
static void
place(const struct permutation *permutation, uint64_t first)
{
	for (size_t i = 0; i < DRAWS; i++)
		numbers[i] = first + i;
	permutation_apply(permutation, numbers, DRAWS, places);
	for (size_t i = 0; i < DRAWS; i++)
		shares[i] = (double)places[i] / (double)permutation->count;
}

/* Places lie evenly, and neither do neighbours follow each other nor do all lie equally far apart. */
static bool
look_scattered(void)
{
	static double distances[DRAWS];
	for (size_t i = 0; i < DRAWS; i++) {
		double distance = shares[(i + 1) % DRAWS] - shares[i];
		distances[i] = distance < 0 ? distance + 1 : distance;
	}
	return chance_fit_even(shares, DRAWS) > FIT && chance_fit_even(distances, DRAWS) > FIT &&
	       fabs(chance_serial_correlation(shares, DRAWS)) < 5 / sqrt(DRAWS);
}

static void
places_look_scattered(void **state)
{
	(void)state;
	static const uint64_t counts[] = {1000003ull << 8, 1ull << 32, (1ull << 32) + 1, 1ull << 45,
	    1000000000000000000, PERMUTATION_MOST - 1, PERMUTATION_MOST};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct permutation permutation = with(i, counts[i]);
		place(&permutation, 0);
		if (!look_scattered())
			fail_msg("%llu numbers do not look scattered", (unsigned long long)counts[i]);
		place(&permutation, counts[i] - DRAWS);
		assert_true(look_scattered());
	}
}

static void
one_round_does_not_look_scattered(void **state)
{
	(void)state;
	struct permutation permutation = with(1, 1ull << 45);
	for (size_t i = 1; i < PERMUTATION_ROUNDS; i++)
		permutation.rounds[i] = (struct permutation_round){1, 0};
	place(&permutation, 0);
	assert_false(look_scattered());
}

/* Where two neighbours of COUNT go, over many keys: any two places are as probable as any others. */
static double
fit_of_neighbours(uint64_t count)
{
	enum { MOST = 70 };
	uint64_t counts[MOST * MOST] = {0};
	double expected[MOST * MOST];
	const uint64_t *keys = chance_words(count);
	for (size_t i = 0; i < count * count; i++)
		expected[i] = i % count == i / count ? 0 : DRAWS / 10. / (double)(count * (count - 1));
	for (size_t i = 0; i < DRAWS / 10; i++) {
		struct permutation permutation = with(keys[i], count);
		const uint64_t two[] = {count / 2 - 1, count / 2};
		uint64_t at[2];
		permutation_apply(&permutation, two, 2, at);
		counts[at[0] * count + at[1]]++;
	}
	return chance_fit(counts, expected, count * count);
}

static void
few_numbers_go_anywhere(void **state)
{
	(void)state;
	for (uint64_t count = 2; count <= 70; count += 1 + count / 10)
		if (fit_of_neighbours(count) < FIT)
			fail_msg("%llu", (unsigned long long)count);
}

static void
keys_have_orders_of_their_own(void **state)
{
	(void)state;
	static uint64_t others[DRAWS];
	struct permutation one = with(1, 1000), other = with(2, 1000);
	for (size_t i = 0; i < 1000; i++)
		numbers[i] = i;
	permutation_apply(&one, numbers, 1000, places);
	permutation_apply(&other, numbers, 1000, others);
	size_t same = 0;
	for (size_t i = 0; i < 1000; i++)
		same += places[i] == others[i];
	assert_in_range(same, 0, 10);
}

static void
numbers_have_bounds(void **state)
{
	(void)state;
	struct permutation permutation;
	struct nest_error error;
	assert_false(permutation_init(&permutation, 1, 0, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_false(permutation_init(&permutation, 1, PERMUTATION_MOST + 1, &error));
	assert_string_equal(
	    error.text, "from 1 to 9223372036854775808 numbers can be scattered, not 9223372036854775809");
}

static void
places_are_the_same_everywhere(void **state)
{
	(void)state;
	struct permutation permutation = with(99, 123456789);
	place(&permutation, 0);
	assert_int_equal(chance_digest(places, sizeof places), 0x5b3d420622a29395);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(few_numbers_have_a_place_each),
	    cmocka_unit_test(ten_million_numbers_have_a_place_each),
	    cmocka_unit_test(places_look_scattered),
	    cmocka_unit_test(one_round_does_not_look_scattered),
	    cmocka_unit_test(few_numbers_go_anywhere),
	    cmocka_unit_test(keys_have_orders_of_their_own),
	    cmocka_unit_test(numbers_have_bounds),
	    cmocka_unit_test(places_are_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
