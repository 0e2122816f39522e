/*
 * partition_value - a value as the name of a directory has it, as Spark writes it.
 *
 * Directories are called NAME=VALUE; what would not be a plain name there is %XX.  A null is
 * __HIVE_DEFAULT_PARTITION__, and so is an empty string.
 */
#ifndef NEST_ENCODE_PARTITION_VALUE_H
#define NEST_ENCODE_PARTITION_VALUE_H

#include "lib/schema/schema.h"

/* Whether values of LEAF have a text; NEST_USAGE says that its type has none. */
bool partition_value_check(const struct schema_node *leaf, struct nest_error *error);

/* Appends NAME or a text, escaped. */
bool partition_value_escape(struct buffer *out, struct view text, struct nest_error *error);

/*
 * Appends VALUE of LEAF, PLAIN without a length; its data is NULL for a null.  *IS_VAGUE is set where it
 * is another value than null, and is read as null.  *PROBLEM, which reads after "column c, row r: ", where it
 * has no text, and is NULL otherwise.
 */
bool partition_value_put(struct buffer *out, const struct schema_node *leaf, struct view value,
    bool *is_vague, const char **problem, struct nest_error *error);

#endif
