/* value_order.c - compares two values. */
#include "lib/parquet/value_order.h"

enum { HALF_SIGN = 0x8000, HALF_INFINITE = 0x7c00 };

size_t
value_order_bytes(enum value_order order)
{
	switch (order) {
	case ORDER_BOOLEAN:
		return 1;
	case ORDER_FLOAT16:
		return 2;
	case ORDER_INT32:
	case ORDER_UINT32:
	case ORDER_FLOAT:
		return 4;
	case ORDER_INT64:
	case ORDER_UINT64:
	case ORDER_DOUBLE:
		return 8;
	default:
		return 0;
	}
}

uint64_t
value_order_bits(const uint8_t *value, size_t size)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < size; i++)
		bits |= (uint64_t)value[i] << 8 * i;
	return bits;
}

/* The bits of an infinity; 0 for an order that has none. */
static uint64_t
infinite_bits(enum value_order order)
{
	switch (order) {
	case ORDER_FLOAT16:
		return HALF_INFINITE;
	case ORDER_FLOAT:
		return 0x7f800000;
	case ORDER_DOUBLE:
		return 0x7ff0000000000000;
	default:
		return 0;
	}
}

/* The bits of a real without its sign. */
static uint64_t
magnitude(enum value_order order, const uint8_t *value)
{
	size_t size = value_order_bytes(order);
	return value_order_bits(value, size) & (UINT64_MAX >> (65 - 8 * size));
}

bool
value_order_is_nan(enum value_order order, const uint8_t *value)
{
	uint64_t infinite = infinite_bits(order);
	return infinite > 0 && magnitude(order, value) > infinite;
}

bool
value_order_is_zero(enum value_order order, const uint8_t *value)
{
	return infinite_bits(order) > 0 && magnitude(order, value) == 0;
}

/* Reals as numbers that compare as they do: by magnitude, below 0 if the sign is set; NaNs above all. */
static int64_t
real_key(enum value_order order, const uint8_t *value)
{
	size_t size = value_order_bytes(order);
	int64_t key = (int64_t)magnitude(order, value);
	if (value_order_is_nan(order, value))
		return INT64_MAX;
	return value[size - 1] & 0x80 ? -key : key;
}

static int
compare_signed(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_unsigned(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_bytes(struct view a, struct view b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
	return order != 0 ? order : compare_unsigned(a.size, b.size);
}

/* Byte I from the end of a number, which its sign extends before the first byte. */
static uint8_t
decimal_byte(struct view number, size_t i, uint8_t sign)
{
	return i < number.size ? number.data[number.size - 1 - i] : sign;
}

static int
compare_decimals(struct view a, struct view b)
{
	uint8_t a_sign = a.size > 0 && a.data[0] & 0x80 ? 0xff : 0;
	uint8_t b_sign = b.size > 0 && b.data[0] & 0x80 ? 0xff : 0;
	if (a_sign != b_sign)
		return a_sign != 0 ? -1 : 1;
	/* Numbers of one sign compare by their bytes. */
	for (size_t i = a.size > b.size ? a.size : b.size; i > 0; i--) {
		uint8_t left = decimal_byte(a, i - 1, a_sign), right = decimal_byte(b, i - 1, b_sign);
		if (left != right)
			return left < right ? -1 : 1;
	}
	return 0;
}

int
value_order_compare(enum value_order order, struct view a, struct view b)
{
	size_t size = value_order_bytes(order);
	switch (order) {
	case ORDER_NONE:
		break;
	case ORDER_INT32:
		return compare_signed(
		    (int32_t)value_order_bits(a.data, size), (int32_t)value_order_bits(b.data, size));
	case ORDER_INT64:
		return compare_signed(
		    (int64_t)value_order_bits(a.data, size), (int64_t)value_order_bits(b.data, size));
	case ORDER_BOOLEAN:
	case ORDER_UINT32:
	case ORDER_UINT64:
		return compare_unsigned(value_order_bits(a.data, size), value_order_bits(b.data, size));
	case ORDER_FLOAT16:
	case ORDER_FLOAT:
	case ORDER_DOUBLE:
		return compare_signed(real_key(order, a.data), real_key(order, b.data));
	case ORDER_BYTES:
		return compare_bytes(a, b);
	case ORDER_DECIMAL:
		return compare_decimals(a, b);
	}
	return 0;
}
