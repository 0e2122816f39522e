/*
 * bloom - split block bloom filters: which values a column chunk may have (BloomFilter.md).
 *
 * A struct bloom owns its bits until bloom_free(); a struct bloom_set, which gathers the
 * values of a chunk before it is known how many there are, the hashes of them.  The memory
 * of both serves one chunk after another.
 *
 * What is read is untrusted.  Errors: NEST_INVALID says what is wrong with the filter;
 * NEST_FAILED is for want of memory.
 */
#ifndef NEST_PARQUET_BLOOM_H
#define NEST_PARQUET_BLOOM_H

#include "lib/parquet/value_order.h"

enum {
	BLOOM_BLOCK_BYTES = 32,
	BLOOM_BYTES_MOST = 128 << 20, /* what readers take */
};

/* ---- gathering values ---- */

struct bloom_set {
	struct buffer slots; /* uint64_t, 0: empty */
	uint64_t count;      /* of the hashes that are there, but 0 */
	bool has_zero;
};

void bloom_set_clear(struct bloom_set *set);
void bloom_set_free(struct bloom_set *set);

/*
 * Adds VALUE, in PLAIN layout without a length.  Zeros of both signs are added together, and so is the
 * quiet NaN beside any other: readers may have them as equal.
 */
bool bloom_set_add(
    struct bloom_set *set, enum value_order order, struct view value, struct nest_error *error);

/* The same for all VALUES, which are sound: VALUE_BYTES each, or behind their lengths where that is 0. */
bool bloom_set_add_all(struct bloom_set *set, enum value_order order, struct view values, size_t value_bytes,
    struct nest_error *error);

/* How many hashes there are. */
uint64_t bloom_set_count(const struct bloom_set *set);

/* ---- the filter ---- */

struct bloom {
	struct buffer bits; /* blocks of BLOOM_BLOCK_BYTES */
};

void bloom_free(struct bloom *bloom);

/* XXH64 of VALUE, in PLAIN layout without a length. */
uint64_t bloom_hash(struct view value);

/*
 * The bytes of a filter of COUNT hashes that takes others for one of them at RATE at most, between 0 and 1:
 * a power of 2, since there are readers that take no other, and BLOOM_BYTES_MOST at most.
 */
size_t bloom_bytes(uint64_t count, double rate);

/* The filter of SET at RATE. */
bool bloom_build(struct bloom *bloom, const struct bloom_set *set, double rate, struct nest_error *error);

/* Whether HASH may have been added. */
bool bloom_has(const struct bloom *bloom, uint64_t hash);

/* Appends header and bits. */
bool bloom_encode(struct buffer *out, const struct bloom *bloom, struct nest_error *error);

/*
 * Reads the header that BYTES begin with: *HEADER_BYTES are its own, *BITS_BYTES those of the bits behind it.
 * Where that fails for want of more bytes, *IS_SHORT.
 */
bool bloom_header_decode(
    struct view bytes, size_t *header_bytes, size_t *bits_bytes, bool *is_short, struct nest_error *error);

#endif
