/*
 * statistics - smallest and largest value, nulls and NaNs, of a page or of a chunk.
 *
 * A struct statistics owns copies of its extremes, so that the memory that the
 * values came from may go; while values are taken with statistics_take_bytes()
 * it points at them, until statistics_own().  statistics_free() gives the
 * memory back.  Errors: NEST_FAILED, for want of memory.
 *
 * The order is the one that a column's type defines (value_order.h); where
 * there is none, there are no minimum and maximum.  NaNs are neither.
 */
#ifndef NEST_PARQUET_STATISTICS_H
#define NEST_PARQUET_STATISTICS_H

#include "lib/parquet/metadata.h"
#include "lib/parquet/value_order.h"
#include "lib/schema/schema.h"

/* One extreme among byte strings; its first 16 bytes, zeros behind a shorter one, compare as two numbers. */
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
	uint8_t fixed_low[8], fixed_high[8]; /* of orders of a fixed size: PLAIN, little-endian */
};

enum value_order statistics_order(const struct schema_node *node);

/* For a zeroed struct or one that was used before; keeps its memory. */
void statistics_init(struct statistics *statistics, enum value_order order);
void statistics_clear(struct statistics *statistics);
void statistics_free(struct statistics *statistics);

/* COUNT values in PLAIN layout, of an order of a fixed size (booleans one byte each). */
void statistics_take_fixed(struct statistics *statistics, const uint8_t *values, size_t count);

/* One value of ORDER_DECIMAL; DATA must live until statistics_own(). */
void statistics_take_decimal(struct statistics *statistics, const uint8_t *data, size_t size);

/* COUNT of them, SIZE bytes each, behind which eight more can be read. */
void statistics_take_decimals(
    struct statistics *statistics, const uint8_t *values, size_t count, size_t size);

/* Copies the extremes that still lie in the caller's memory. */
bool statistics_own(struct statistics *statistics, struct nest_error *error);

/* Adds what FROM has seen; FROM must own its extremes. */
bool statistics_merge(struct statistics *statistics, const struct statistics *from, struct nest_error *error);

/*
 * What a header may say; the extremes are borrowed.  Of one of more than METADATA_STATISTICS_LIMIT bytes
 * there may be only the first, one more than these: bound_shorten() is for it.
 */
struct value_range statistics_range(const struct statistics *statistics);

/*
 * Whether RANGE, which a file tells of the values that were taken, holds: none of them is below its
 * minimum or above its maximum.  Where one is, *IS_LOW says which of the two; where a bound is no value
 * of the order, as a NaN is none, it says nothing.
 */
bool statistics_holds(const struct statistics *statistics, const struct value_range *range, bool *is_low);

/*
 * The same for what RANGE tells to be values: whether the minimum is the least of those that were taken,
 * and the maximum the greatest.
 */
bool statistics_is_exact(const struct statistics *statistics, const struct value_range *range, bool *is_low);

/* Private to statistics_take_bytes(): a tie in the first 16 bytes. */
int statistics_compare(const uint8_t *data, size_t size, const struct extreme *extreme);

/* Eight bytes as a number that compares as they do, zeros for those past SIZE. */
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
 * One value of ORDER_BYTES (or ORDER_NONE, to no effect).  Sixteen bytes from
 * DATA on must be readable whatever SIZE is; DATA must live until
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
