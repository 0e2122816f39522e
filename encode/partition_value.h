/*
 * partition_value - values in names of directories, as Spark writes them.
 *
 * A directory is called NAME=VALUE; bytes that a name cannot hold are %XX.  A null is
 * __HIVE_DEFAULT_PARTITION__, and so is an empty string.
 */
#ifndef NEST_ENCODE_PARTITION_VALUE_H
#define NEST_ENCODE_PARTITION_VALUE_H

#include "lib/schema/schema.h"

/* Whether values of LEAF can be written as a text; NEST_USAGE if its type cannot. */
bool partition_value_check(const struct schema_node *leaf, struct nest_error *error);

/* Appends TEXT, a name or a value, escaped. */
bool partition_value_escape(struct buffer *out, struct view text, struct nest_error *error);

/*
 * Appends VALUE of LEAF, PLAIN without a length; its data is NULL for a null.  *IS_VAGUE says whether a
 * value that is not null will be read as null.  *PROBLEM, which reads after "column c, row r: ", is set if
 * the value cannot be written as a text, and otherwise NULL.
 */
bool partition_value_put(struct buffer *out, const struct schema_node *leaf, struct view value,
    bool *is_vague, const char **problem, struct nest_error *error);

#endif
