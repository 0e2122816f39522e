/*
 * chance - what the tests of random values share: words, goodness of fit, and
 * a digest that holds results to their bits.
 *
 * A fit is good if its probability is above FIT.  Words come from fixed seeds,
 * so a test that passes once always passes; each test also shows that a
 * slightly wrong parameter fails.
 */
#ifndef NEST_TESTS_UNIT_CHANCE_H
#define NEST_TESTS_UNIT_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#define FIT 0.001

enum { DRAWS = 1000000 };

/* DRAWS words from SEED (SplitMix64), in memory of its own that the next call fills again. */
const uint64_t *chance_words(uint64_t seed);

/*
 * Pearson's: how probable it is that COUNTS, CELLS of them, come from EXPECTED and differ by this much
 * or more.  Cells that expect fewer than 10 are counted together with their neighbours.
 */
double chance_fit(const uint64_t *counts, const double *expected, size_t cells);

/* The same for COUNT values that must lie evenly from 0 to 1; one outside fits nothing. */
double chance_fit_even(const double *values, size_t count);

/* From neighbour to neighbour: near 0 for what is scattered, within 5 / sqrt(count) of it. */
double chance_serial_correlation(const double *values, size_t count);

/* A digest of bytes, to be compared with one that is known. */
uint64_t chance_digest(const void *data, size_t size_bytes);

#endif
