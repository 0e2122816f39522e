/*
 * sorted_value - the values of a column that rows are sorted by, row by row, each against the one before.
 *
 * A struct sorted_value borrows the levels and the values that it stands at; sorted_value_keep() takes a copy
 * of the last value before these go, which it owns until sorted_value_free().
 */
#ifndef NEST_PARQUET_SORTED_VALUE_H
#define NEST_PARQUET_SORTED_VALUE_H

#include "lib/parquet/plain.h"

struct sorted_value {
	const uint8_t *def, *at; /* the caller's: of the next row; DEF NULL where there are no levels */
	/* Of the row that was taken last, and of the one before. */
	bool is_null, was_null;
	struct view value, before; /* where they are not null */
	/* Private. */
	enum value_order order;
	size_t value_bytes; /* 0: behind its length */
	uint8_t max_def;
	struct buffer own;
};

/* For the values of LEAF, which has an order and is in no list. */
void sorted_value_init(struct sorted_value *value, const struct schema_node *leaf);
void sorted_value_free(struct sorted_value *value);

/* Moves on to the next row. */
void sorted_value_next(struct sorted_value *value);

/* NEST_FAILED, for want of memory. */
bool sorted_value_keep(struct sorted_value *value, struct nest_error *error);

/* Below, at or above 0, as the row before comes before this one by COLUMN, is its equal or comes behind it.
 */
int sorted_value_compare(const struct sorted_value *value, const struct sorting_column *column);

#endif
