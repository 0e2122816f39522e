/* check_value - which of two values of a leaf is the less. */
#ifndef NEST_GEN_CHECK_VALUE_H
#define NEST_GEN_CHECK_VALUE_H

#include "lib/schema/schema.h"

/*
 * Below, at or above 0 as A is below, at or above B: by value what is a number, by its bytes what is
 * none.  Both are packed, whole, and not null.
 */
int value_compare(const struct schema_node *leaf, struct view a, struct view b);

/* Whether it is less or greater than others: false of what is no number, where one is due (NaN). */
bool value_has_order(const struct schema_node *leaf, struct view value);

#endif
