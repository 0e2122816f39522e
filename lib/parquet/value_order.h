/*
 * value_order - the orders in which values compare, by the column's type (parquet.thrift, ColumnOrder).
 *
 * Values are in PLAIN layout without a length, booleans one byte each, and borrowed.
 * INT96, INTERVAL, GEOMETRY and GEOGRAPHY have no order.
 */
#ifndef NEST_PARQUET_VALUE_ORDER_H
#define NEST_PARQUET_VALUE_ORDER_H

#include "lib/base/buffer.h"

enum value_order {
	ORDER_NONE,
	ORDER_BOOLEAN,
	ORDER_INT32,
	ORDER_UINT32,
	ORDER_INT64,
	ORDER_UINT64,
	ORDER_FLOAT16, /* for this and the next two, bounds exclude NaNs */
	ORDER_FLOAT,
	ORDER_DOUBLE,
	ORDER_BYTES,   /* unsigned, lexicographic */
	ORDER_DECIMAL, /* two's complement, big-endian, of any size */
};

/* The bits of a value of SIZE bytes, up to eight, the first byte the lowest, on any machine. */
uint64_t value_order_bits(const uint8_t *value, size_t size);

/* The bytes of each value; 0 if the order does not fix them. */
size_t value_order_bytes(enum value_order order);

/* Whether VALUE, of a floating-point type, is a NaN; false in any other order. */
bool value_order_is_nan(enum value_order order, const uint8_t *value);

/* Whether VALUE, of a floating-point type, is a zero of either sign; false in any other order. */
bool value_order_is_zero(enum value_order order, const uint8_t *value);

/*
 * Less than, equal to or greater than 0 if A sorts before, with or after B.  Zeros of both signs are
 * equal; so are NaNs, which sort after all numbers.  With ORDER_NONE all values are equal.
 */
int value_order_compare(enum value_order order, struct view a, struct view b);

#endif
