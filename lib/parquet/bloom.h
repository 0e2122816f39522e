/*
 * bloom - split block bloom filters: which values a column chunk may have (BloomFilter.md).
 *
 * A struct bloom_set gathers the values of a chunk until their number is known, and owns
 * their hashes until bloom_set_free().  A struct bloom owns its bits until bloom_free().
 * The memory of both serves one chunk after another.  Zero both before their first use.
 *
 * What is read is untrusted.  Errors: NEST_INVALID says what is wrong with the filter;
 * NEST_FAILED is for lack of memory.
 */
#ifndef NEST_PARQUET_BLOOM_H
#define NEST_PARQUET_BLOOM_H

#include "lib/parquet/value_order.h"

enum {
	BLOOM_BLOCK_BYTES = 32,
	BLOOM_BYTES_MOST = 128 << 20, /* that readers accept */
};

/* ---- gathering values ---- */

struct bloom_set {
	struct buffer slots; /* uint64_t, 0: empty */
	uint64_t count;      /* of the hashes present, except 0 */
	bool has_zero;
};

void bloom_set_clear(struct bloom_set *set);
void bloom_set_free(struct bloom_set *set);

/*
 * Adds VALUE, in PLAIN layout without a length.  A zero is added with both signs, and any NaN together
 * with the quiet one: readers may take them for equal.
 */
bool bloom_set_add(
    struct bloom_set *set, enum value_order order, struct view value, struct nest_error *error);

/* The same for all VALUES, which are sound: VALUE_BYTES each; if that is 0, each follows its length. */
bool bloom_set_add_all(struct bloom_set *set, enum value_order order, struct view values, size_t value_bytes,
    struct nest_error *error);

/* How many different hashes there are. */
uint64_t bloom_set_count(const struct bloom_set *set);

/* ---- the filter ---- */

struct bloom {
	struct buffer bits; /* blocks of BLOOM_BLOCK_BYTES */
};

void bloom_free(struct bloom *bloom);

/* XXH64 of VALUE, in PLAIN layout without a length. */
uint64_t bloom_hash(struct view value);

/*
 * The size in bytes of a filter of COUNT hashes whose rate of false positives is at most RATE, between
 * 0 and 1.  The size is a power of 2, since some readers accept no other, and at most BLOOM_BYTES_MOST,
 * whatever the rate.
 */
size_t bloom_bytes(uint64_t count, double rate);

/* Builds the filter of SET at RATE. */
bool bloom_build(struct bloom *bloom, const struct bloom_set *set, double rate, struct nest_error *error);

/* Whether HASH may have been added. */
bool bloom_has(const struct bloom *bloom, uint64_t hash);

/* Appends header and bits. */
bool bloom_encode(struct buffer *out, const struct bloom *bloom, struct nest_error *error);

/*
 * Reads the header that BYTES begin with: sets *HEADER_BYTES to its size and *BITS_BYTES to that of the
 * bits that follow it.  Sets *IS_SHORT if that fails only because there are too few bytes.
 */
bool bloom_header_decode(
    struct view bytes, size_t *header_bytes, size_t *bits_bytes, bool *is_short, struct nest_error *error);

#endif
