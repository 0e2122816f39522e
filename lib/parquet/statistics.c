/* statistics.c - extremes in every order of a Parquet type. */
#include "lib/parquet/statistics.h"

static enum value_order
bytes_order(enum logical_kind kind)
{
	switch (kind) {
	case LOGICAL_DECIMAL:
		return ORDER_DECIMAL;
	case LOGICAL_FLOAT16:
		return ORDER_FLOAT16;
	case LOGICAL_INTERVAL:
	case LOGICAL_GEOMETRY:
	case LOGICAL_GEOGRAPHY:
		return ORDER_NONE;
	default:
		return ORDER_BYTES;
	}
}

enum value_order
statistics_order(const struct schema_node *node)
{
	enum logical_kind kind = node->logical.kind;
	if (kind == LOGICAL_UNKNOWN)
		return ORDER_NONE;
	bool is_unsigned = kind == LOGICAL_INTEGER && !node->logical.is_signed;
	switch (node->physical) {
	case PHYSICAL_BOOLEAN:
		return ORDER_BOOLEAN;
	case PHYSICAL_INT32:
		return is_unsigned ? ORDER_UINT32 : ORDER_INT32;
	case PHYSICAL_INT64:
		return is_unsigned ? ORDER_UINT64 : ORDER_INT64;
	case PHYSICAL_FLOAT:
		return ORDER_FLOAT;
	case PHYSICAL_DOUBLE:
		return ORDER_DOUBLE;
	case PHYSICAL_BYTE_ARRAY:
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return bytes_order(kind);
	default:
		return ORDER_NONE;
	}
}

void
statistics_clear(struct statistics *statistics)
{
	statistics->any = false;
	statistics->null_count = statistics->nan_count = 0;
	/* The first value passes neither test of the fast path. */
	statistics_set(&statistics->low, NULL, 0, UINT64_MAX, UINT64_MAX);
	statistics_set(&statistics->high, NULL, 0, 0, 0);
}

void
statistics_init(struct statistics *statistics, enum value_order order)
{
	statistics->order = order;
	statistics_clear(statistics);
}

void
statistics_free(struct statistics *statistics)
{
	buffer_free(&statistics->low.own);
	buffer_free(&statistics->high.own);
	*statistics = (struct statistics){0};
}

/* One function for each order, so that a compiler can compare several values at once. */
#define DEFINE_EXTREMES(NAME, TYPE)                                                  \
	static void NAME(const uint8_t *values, size_t count, TYPE *low, TYPE *high) \
	{                                                                            \
		TYPE least = *low, most = *high;                                     \
		for (size_t i = 0; i < count; i++) {                                 \
			TYPE value;                                                  \
			memcpy(&value, values + i * sizeof value, sizeof value);     \
			least = value < least ? value : least;                       \
			most = value > most ? value : most;                          \
		}                                                                    \
		*low = least;                                                        \
		*high = most;                                                        \
	}

DEFINE_EXTREMES(extremes_uint8, uint8_t)
DEFINE_EXTREMES(extremes_int32, int32_t)
DEFINE_EXTREMES(extremes_uint32, uint32_t)
DEFINE_EXTREMES(extremes_int64, int64_t)
DEFINE_EXTREMES(extremes_uint64, uint64_t)
DEFINE_EXTREMES(extremes_float, float)
DEFINE_EXTREMES(extremes_double, double)

static size_t
count_nans(enum value_order order, const uint8_t *values, size_t count)
{
	size_t nans = 0;
	if (order == ORDER_FLOAT)
		for (size_t i = 0; i < count; i++) {
			float value;
			memcpy(&value, values + i * sizeof value, sizeof value);
			nans += __builtin_isnan(value) ? 1 : 0;
		}
	if (order == ORDER_DOUBLE)
		for (size_t i = 0; i < count; i++) {
			double value;
			memcpy(&value, values + i * sizeof value, sizeof value);
			nans += __builtin_isnan(value) ? 1 : 0;
		}
	return nans;
}

/* Integers start from their first value. */
#define TAKE_INTEGERS(NAME, TYPE)                                                              \
	do {                                                                                   \
		TYPE low, high;                                                                \
		memcpy(&low, statistics->any ? statistics->fixed_low : values, sizeof low);    \
		memcpy(&high, statistics->any ? statistics->fixed_high : values, sizeof high); \
		NAME(values, count, &low, &high);                                              \
		memcpy(statistics->fixed_low, &low, sizeof low);                               \
		memcpy(statistics->fixed_high, &high, sizeof high);                            \
		statistics->any = true;                                                        \
	} while (0)

/*
 * Every comparison with a NaN is false; so NaNs drop out if the start is a number, an
 * infinity at first.
 */
#define TAKE_FLOATS(NAME, TYPE, INFINITE)                                   \
	do {                                                                \
		TYPE low = INFINITE, high = -INFINITE;                      \
		size_t nans = count_nans(statistics->order, values, count); \
		if (statistics->any) {                                      \
			memcpy(&low, statistics->fixed_low, sizeof low);    \
			memcpy(&high, statistics->fixed_high, sizeof high); \
		}                                                           \
		NAME(values, count, &low, &high);                           \
		memcpy(statistics->fixed_low, &low, sizeof low);            \
		memcpy(statistics->fixed_high, &high, sizeof high);         \
		statistics->nan_count += nans;                              \
		statistics->any = statistics->any || nans < count;          \
	} while (0)

/* Half-precision numbers one by one, since C has no type that compares them. */
static void
take_halves(struct statistics *statistics, const uint8_t *values, size_t count)
{
	const size_t size = 2;
	for (size_t i = 0; i < count; i++) {
		struct view value = {values + i * size, size};
		struct view low = {statistics->fixed_low, size}, high = {statistics->fixed_high, size};
		if (value_order_is_nan(ORDER_FLOAT16, value.data)) {
			statistics->nan_count++;
			continue;
		}
		if (!statistics->any || value_order_compare(ORDER_FLOAT16, value, low) < 0)
			memcpy(statistics->fixed_low, value.data, size);
		if (!statistics->any || value_order_compare(ORDER_FLOAT16, value, high) > 0)
			memcpy(statistics->fixed_high, value.data, size);
		statistics->any = true;
	}
}

void
statistics_take_fixed(struct statistics *statistics, const uint8_t *values, size_t count)
{
	if (count == 0)
		return;
	switch (statistics->order) {
	case ORDER_BOOLEAN:
		TAKE_INTEGERS(extremes_uint8, uint8_t);
		break;
	case ORDER_INT32:
		TAKE_INTEGERS(extremes_int32, int32_t);
		break;
	case ORDER_UINT32:
		TAKE_INTEGERS(extremes_uint32, uint32_t);
		break;
	case ORDER_INT64:
		TAKE_INTEGERS(extremes_int64, int64_t);
		break;
	case ORDER_UINT64:
		TAKE_INTEGERS(extremes_uint64, uint64_t);
		break;
	case ORDER_FLOAT16:
		take_halves(statistics, values, count);
		break;
	case ORDER_FLOAT:
		TAKE_FLOATS(extremes_float, float, __builtin_inff());
		break;
	case ORDER_DOUBLE:
		TAKE_FLOATS(extremes_double, double, __builtin_inf());
		break;
	case ORDER_NONE:
	case ORDER_BYTES:
	case ORDER_DECIMAL:
		break;
	}
}

void
statistics_take_decimal(struct statistics *statistics, const uint8_t *data, size_t size)
{
	const struct view value = {data, size};
	const struct extreme *low = &statistics->low, *high = &statistics->high;
	if (!statistics->any ||
	    value_order_compare(ORDER_DECIMAL, value, (struct view){low->data, low->size}) < 0)
		statistics_set(&statistics->low, data, size, 0, 0);
	if (!statistics->any ||
	    value_order_compare(ORDER_DECIMAL, value, (struct view){high->data, high->size}) > 0)
		statistics_set(&statistics->high, data, size, 0, 0);
	statistics->any = true;
}

/* SIZE bytes, up to eight, as a number that compares as they do; eight must be readable. */
static inline int64_t
decimal_head(const uint8_t *data, size_t size)
{
	uint64_t head;
	memcpy(&head, data, sizeof head);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	head = __builtin_bswap64(head);
#endif
	return (int64_t)head >> (64 - 8 * size);
}

/* The least and the greatest number of SIZE bytes, 9 to 16, which compare by their first and last eight. */
static void
find_long_extremes(const uint8_t *values, size_t count, size_t size, size_t *low_at, size_t *high_at)
{
	int64_t low = decimal_head(values, 8), high = low;
	uint64_t low_tail = statistics_key(values + size - 8, 8), high_tail = low_tail;
	for (size_t i = 1; i < count; i++) {
		int64_t head = decimal_head(values + i * size, 8);
		if (__builtin_expect(head > low && head < high, 1))
			continue;
		uint64_t tail = statistics_key(values + i * size + size - 8, 8);
		if (head < low || (head == low && tail < low_tail)) {
			low = head;
			low_tail = tail;
			*low_at = i;
		}
		if (head > high || (head == high && tail > high_tail)) {
			high = head;
			high_tail = tail;
			*high_at = i;
		}
	}
}

/* The same for 1 to 8 bytes. */
static void
find_short_extremes(const uint8_t *values, size_t count, size_t size, size_t *low_at, size_t *high_at)
{
	int64_t low = decimal_head(values, size), high = low;
	for (size_t i = 1; i < count; i++) {
		int64_t value = decimal_head(values + i * size, size);
		if (__builtin_expect(value < low, 0)) {
			low = value;
			*low_at = i;
		}
		if (__builtin_expect(value > high, 0)) {
			high = value;
			*high_at = i;
		}
	}
}

void
statistics_take_decimals(struct statistics *statistics, const uint8_t *values, size_t count, size_t size)
{
	size_t low_at = 0, high_at = 0;
	if (size > 16)
		for (size_t i = 0; i < count; i++)
			statistics_take_decimal(statistics, values + i * size, size);
	if (size > 16 || count == 0)
		return;
	if (size <= 8)
		find_short_extremes(values, count, size, &low_at, &high_at);
	else
		find_long_extremes(values, count, size, &low_at, &high_at);
	statistics_take_decimal(statistics, values + low_at * size, size);
	statistics_take_decimal(statistics, values + high_at * size, size);
}

int
statistics_compare(const uint8_t *data, size_t size, const struct extreme *extreme)
{
	size_t shared = size < extreme->size ? size : extreme->size;
	int order = shared > 0 ? memcmp(data, extreme->data, shared) : 0;
	return order != 0 ? order : (size > extreme->size) - (size < extreme->size);
}

/* Copies at most MOST bytes of the extreme. */
static bool
own(struct extreme *extreme, size_t most, struct nest_error *error)
{
	if (extreme->data == extreme->own.data)
		return true;
	buffer_clear(&extreme->own);
	if (extreme->size > most)
		extreme->size = most;
	/* Even an empty value needs a place to point to. */
	if (!buffer_reserve(&extreme->own, extreme->size + 1, error) ||
	    !buffer_append(&extreme->own, extreme->data, extreme->size, error))
		return false;
	extreme->data = extreme->own.data;
	return true;
}

bool
statistics_own(struct statistics *statistics, struct nest_error *error)
{
	/* ORDER_NONE may be in use for byte strings, whose extremes are kept but not written. */
	bool is_fixed = value_order_bytes(statistics->order) > 0;
	/*
	 * Of an extreme that is too long to be written, one byte more than could be
	 * is kept: any value that agrees with it so far is too long, too.
	 */
	size_t most = statistics->order == ORDER_DECIMAL ? SIZE_MAX : METADATA_STATISTICS_LIMIT + 1;
	if (is_fixed || !statistics->any)
		return true;
	return own(&statistics->low, most, error) && own(&statistics->high, most, error);
}

/* The keys are known, so nothing after the bytes need be readable. */
static void
merge_bytes(struct statistics *statistics, const struct statistics *from)
{
	const struct extreme *low = &from->low, *high = &from->high;
	if (!statistics->any || statistics_compare(low->data, low->size, &statistics->low) < 0)
		statistics_set(&statistics->low, low->data, low->size, low->head, low->tail);
	if (!statistics->any || statistics_compare(high->data, high->size, &statistics->high) > 0)
		statistics_set(&statistics->high, high->data, high->size, high->head, high->tail);
	statistics->any = true;
}

bool
statistics_merge(struct statistics *statistics, const struct statistics *from, struct nest_error *error)
{
	statistics->null_count += from->null_count;
	statistics->nan_count += from->nan_count;
	if (!from->any)
		return true;
	if (statistics->order == ORDER_BYTES) {
		merge_bytes(statistics, from);
		return statistics_own(statistics, error);
	}
	if (statistics->order == ORDER_DECIMAL) {
		statistics_take_decimal(statistics, from->low.data, from->low.size);
		statistics_take_decimal(statistics, from->high.data, from->high.size);
		return statistics_own(statistics, error);
	}
	statistics_take_fixed(statistics, from->fixed_low, 1);
	statistics_take_fixed(statistics, from->fixed_high, 1);
	return true;
}

/* A bound longer than what is kept is not decided against an extreme that begins like it. */
static int
compare_kept(struct view bound, const struct extreme *extreme)
{
	if (extreme->size > METADATA_STATISTICS_LIMIT && bound.size > extreme->size)
		bound.size = extreme->size;
	return statistics_compare(bound.data, bound.size, extreme);
}

/* The order of BOUND and EXTREME, which is the low one or the high one; 0 if there is none. */
static int
compare_bound(const struct statistics *statistics, struct view bound, bool is_low)
{
	enum value_order order = statistics->order;
	const struct extreme *extreme = is_low ? &statistics->low : &statistics->high;
	const uint8_t *fixed = is_low ? statistics->fixed_low : statistics->fixed_high;
	size_t size = value_order_bytes(order);
	if (order == ORDER_BYTES)
		return compare_kept(bound, extreme);
	if (order == ORDER_DECIMAL)
		return value_order_compare(order, bound, (struct view){extreme->data, extreme->size});
	if (bound.size != size || value_order_is_nan(order, bound.data))
		return 0;
	return value_order_compare(order, bound, (struct view){fixed, size});
}

bool
statistics_holds(const struct statistics *statistics, const struct value_range *range, bool *is_low)
{
	if (!range->has_min_max || !statistics->any || statistics->order == ORDER_NONE)
		return true;
	*is_low = compare_bound(statistics, range->min, true) > 0;
	return !*is_low && compare_bound(statistics, range->max, false) >= 0;
}

bool
statistics_is_exact(const struct statistics *statistics, const struct value_range *range, bool *is_low)
{
	if (!range->has_min_max || !statistics->any || statistics->order == ORDER_NONE)
		return true;
	*is_low = range->is_min_exact && compare_bound(statistics, range->min, true) != 0;
	return !*is_low && (!range->is_max_exact || compare_bound(statistics, range->max, false) == 0);
}

/*
 * Readers differ on whether the zeros are equal: a zero minimum is the negative one, a zero
 * maximum the positive.
 */
static const uint8_t *
widen_zero(const uint8_t *value, enum value_order order, bool is_low)
{
	static const uint8_t positive[8] = {0};
	static const uint8_t negative[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
	if (!value_order_is_zero(order, value))
		return value;
	return is_low ? negative + sizeof negative - value_order_bytes(order) : positive;
}

struct value_range
statistics_range(const struct statistics *statistics)
{
	enum value_order order = statistics->order;
	size_t size = value_order_bytes(order);
	struct value_range range = {
	    .has_null_count = true,
	    .null_count = statistics->null_count,
	    .has_nan_count = order == ORDER_FLOAT16 || order == ORDER_FLOAT || order == ORDER_DOUBLE,
	    .nan_count = statistics->nan_count,
	};
	if (!statistics->any || order == ORDER_NONE)
		return range;
	range.has_min_max = range.is_min_exact = range.is_max_exact = true;
	if (size == 0) {
		range.min = (struct view){statistics->low.data, statistics->low.size};
		range.max = (struct view){statistics->high.data, statistics->high.size};
	} else {
		range.min = (struct view){widen_zero(statistics->fixed_low, order, true), size};
		range.max = (struct view){widen_zero(statistics->fixed_high, order, false), size};
	}
	return range;
}
