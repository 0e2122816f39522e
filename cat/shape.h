/* shape - explains a schema to authors of stages: its leaves, and what a record looks like. */
#ifndef NEST_CAT_SHAPE_H
#define NEST_CAT_SHAPE_H

#include "lib/schema/schema.h"

/*
 * Appends the text of SCHEMA, a table of its leaves with their paths, their maximum levels and the
 * form of their values in a columns frame, and one record as msgpack and as JSON.
 */
bool shape_show(const struct schema *schema, struct buffer *out, struct nest_error *error);

#endif
