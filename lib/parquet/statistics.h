/*
 * statistics - smallest and largest value, nulls and NaNs, of a page or of a chunk.
 *
 * A struct statistics owns copies of its extremes, except byte strings and
 * decimals: it points at those until statistics_own() copies them.
 * statistics_free() gives the memory back.  Errors: NEST_FAILED, for lack of
 * memory.
 *
 * The order is the one that a column's type defines (value_order.h); a type
 * without one has no minimum and maximum.  A NaN is neither.
 */
#ifndef NEST_PARQUET_STATISTICS_H
#define NEST_PARQUET_STATISTICS_H

#include "lib/parquet/metadata.h"
#include "lib/parquet/value_order.h"
#include "lib/schema/schema.h"

/* An extreme among byte strings; its first 16 bytes, padded with zeros, compare as two numbers. */
struct extreme {
	const uint8_t *data;
	size_t size;
	uint64_t head, tail;
	struct buffer own;
};

struct statistics {
	enum value_order order;
	bool any; /* there is a minimum and a maximum */
	uint64_t null_count, nan_count;
	struct extreme low, high;
	uint8_t fixed_low[8], fixed_high[8]; /* for orders of a fixed size: PLAIN, little-endian */
};

enum value_order statistics_order(const struct schema_node *node);

/* For a zeroed struct, or one that was used before, which keeps its memory. */
void statistics_init(struct statistics *statistics, enum value_order order);
void statistics_clear(struct statistics *statistics);
void statistics_free(struct statistics *statistics);

/* Takes COUNT values in PLAIN layout, of an order of a fixed size (booleans one byte each). */
void statistics_take_fixed(struct statistics *statistics, const uint8_t *values, size_t count);

/* Takes one value of ORDER_DECIMAL; DATA must live until statistics_own(). */
void statistics_take_decimal(struct statistics *statistics, const uint8_t *data, size_t size);

/* Takes COUNT of them, SIZE bytes each, followed by eight readable bytes. */
void statistics_take_decimals(
    struct statistics *statistics, const uint8_t *values, size_t count, size_t size);

/* Copies the extremes that are still in the caller's memory. */
bool statistics_own(struct statistics *statistics, struct nest_error *error);

/* Adds the values that FROM has taken; FROM must own its extremes. */
bool statistics_merge(struct statistics *statistics, const struct statistics *from, struct nest_error *error);

/*
 * The statistics for a header; the extremes are borrowed.  Of an extreme longer than
 * METADATA_STATISTICS_LIMIT only the first bytes, one more than the limit, may be there; bound_shorten()
 * makes it a bound.
 */
struct value_range statistics_range(const struct statistics *statistics);

/*
 * Whether RANGE, from a file, holds for the values that were taken: none is below its minimum or above
 * its maximum.  If one is, *IS_LOW tells which of the two.  A bound that is not a value of the order,
 * as a NaN, is ignored.
 */
bool statistics_holds(const struct statistics *statistics, const struct value_range *range, bool *is_low);

/*
 * The same for bounds that RANGE calls exact: whether the minimum is the least of the values taken, and
 * the maximum the greatest.
 */
bool statistics_is_exact(const struct statistics *statistics, const struct value_range *range, bool *is_low);

/* Private to statistics_take_bytes(): resolves a tie in the first 16 bytes. */
int statistics_compare(const uint8_t *data, size_t size, const struct extreme *extreme);

/* Eight bytes as a number that compares as they do, with zeros for those past SIZE. */
static inline uint64_t
statistics_key(const uint8_t *data, size_t size)
{
	uint64_t key;
	memcpy(&key, data, sizeof key);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	key = __builtin_bswap64(key);
#endif
	uint64_t mask = ~(UINT64_MAX >> (8 * size & 63));
	return size >= 8 ? key : key & mask;
}

static inline void
statistics_set(struct extreme *extreme, const uint8_t *data, size_t size, uint64_t head, uint64_t tail)
{
	extreme->data = data;
	extreme->size = size;
	extreme->head = head;
	extreme->tail = tail;
}

/*
 * Takes one value of ORDER_BYTES (or ORDER_NONE, without effect).  Sixteen bytes
 * from DATA on must be readable, whatever SIZE is; DATA must live until
 * statistics_own().  Almost every value costs a load and two compares; among
 * values that share eight bytes, twice that.
 */
static inline void
statistics_take_bytes(struct statistics *statistics, const uint8_t *data, size_t size)
{
	uint64_t head = statistics_key(data, size);
	struct extreme *low = &statistics->low, *high = &statistics->high;
	if (__builtin_expect(head > low->head && head < high->head, 1))
		return;
	uint64_t tail = statistics_key(data + 8, size > 8 ? size - 8 : 0);
	if (head < low->head || (head == low->head && tail < low->tail) || !statistics->any ||
	    (head == low->head && tail == low->tail && statistics_compare(data, size, low) < 0))
		statistics_set(low, data, size, head, tail);
	if (head > high->head || (head == high->head && tail > high->tail) || !statistics->any ||
	    (head == high->head && tail == high->tail && statistics_compare(data, size, high) > 0))
		statistics_set(high, data, size, head, tail);
	statistics->any = true;
}

#endif
