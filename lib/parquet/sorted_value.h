/*
 * sorted_value - walks a column that rows are sorted by, and compares each value with the one before.
 *
 * A struct sorted_value borrows levels and values.  Before they go, sorted_value_keep() copies the last
 * value, and owns the copy until sorted_value_free().
 */
#ifndef NEST_PARQUET_SORTED_VALUE_H
#define NEST_PARQUET_SORTED_VALUE_H

#include "lib/parquet/plain.h"

struct sorted_value {
	const uint8_t *def, *at; /* set by the caller: of the next row; DEF is NULL if there are no levels */
	/* Of the row taken last, and of the one before. */
	bool is_null, was_null;
	struct view value, before; /* unless null */
	/* Private. */
	enum value_order order;
	size_t value_bytes; /* 0: each follows its length */
	uint8_t max_def;
	struct buffer own;
};

/* For the values of LEAF, which must have an order and be in no list. */
void sorted_value_init(struct sorted_value *value, const struct schema_node *leaf);
void sorted_value_free(struct sorted_value *value);

/* Moves on to the next row. */
void sorted_value_next(struct sorted_value *value);

/* Copies the last value, so that levels and values may go.  NEST_FAILED, for lack of memory. */
bool sorted_value_keep(struct sorted_value *value, struct nest_error *error);

/* Less than, equal to or greater than 0 if, by COLUMN, the row before sorts before, with or after it. */
int sorted_value_compare(const struct sorted_value *value, const struct sorting_column *column);

#endif
