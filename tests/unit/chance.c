#include "tests/unit/chance.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

const uint64_t *
chance_words(uint64_t seed)
{
	static uint64_t words[DRAWS];
	for (size_t i = 0; i < DRAWS; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15u;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		words[i] = z ^ z >> 31;
	}
	return words;
}

/* The upper tail of chi-square (Wilson and Hilferty, 1931). */
static double
tail(double square, double freedom)
{
	double spread = 2 / (9 * freedom);
	double z = (cbrt(square / freedom) - (1 - spread)) / sqrt(spread);
	return 0.5 * erfc(z / sqrt(2));
}

double
chance_fit(const uint64_t *counts, const double *expected, size_t cells)
{
	double square = 0, count = 0, expects = 0;
	size_t used = 0;
	for (size_t i = 0; i < cells; i++) {
		count += (double)counts[i];
		expects += expected[i];
		if (expects < 10 && i + 1 < cells)
			continue;
		/* The last cells may be few: what little they expect may not be divided by. */
		double difference = count - expects;
		square += difference * difference / (expects > 1 ? expects : 1);
		used++;
		count = expects = 0;
	}
	return used > 1 ? tail(square, (double)(used - 1)) : 0;
}

double
chance_fit_even(const double *values, size_t count)
{
	enum { CELLS = 500 };
	uint64_t counts[CELLS] = {0};
	double expected[CELLS];
	for (size_t i = 0; i < CELLS; i++)
		expected[i] = (double)count / CELLS;
	for (size_t i = 0; i < count; i++) {
		if (!(values[i] >= 0 && values[i] <= 1))
			return 0;
		counts[values[i] < 1 ? (size_t)(values[i] * CELLS) : CELLS - 1]++;
	}
	return chance_fit(counts, expected, CELLS);
}

double
chance_serial_correlation(const double *values, size_t count)
{
	double mean = 0, own = 0, shared = 0;
	for (size_t i = 0; i < count; i++)
		mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++) {
		own += (values[i] - mean) * (values[i] - mean);
		shared += (values[i] - mean) * (values[(i + 1) % count] - mean);
	}
	return shared / own;
}

uint64_t
chance_digest(const void *data, size_t size_bytes)
{
	return XXH3_64bits(data, size_bytes);
}
