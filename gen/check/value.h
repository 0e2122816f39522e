/* check_value - compares two values of a leaf. */
#ifndef NEST_GEN_CHECK_VALUE_H
#define NEST_GEN_CHECK_VALUE_H

#include "lib/schema/schema.h"

/*
 * Less than, equal to or greater than 0 if A is less than, equal to or greater than B: numbers compare by
 * value, others by their bytes.  Both are packed, whole, and not null.
 */
int value_compare(const struct schema_node *leaf, struct view a, struct view b);

/* Whether a value has a place in the order: false for a NaN. */
bool value_has_order(const struct schema_node *leaf, struct view value);

#endif
