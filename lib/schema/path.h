/*
 * path - columns as people name them: the names on the way to a leaf, with dots between.
 *
 * A name that has a dot in it, or is no word of a message type, stands in double quotes with
 * escapes, as messages show it (schema_path()); so does one with a colon, where a path ends, and any
 * other may.  Read, a path is its names, each with a zero behind it, so that equal paths have equal bytes.
 */
#ifndef NEST_SCHEMA_PATH_H
#define NEST_SCHEMA_PATH_H

#include "lib/schema/schema.h"

/*
 * Reads the path that TEXT begins with, up to a colon or the end, moves TEXT to there and appends the
 * names to NAMES.  NEST_USAGE where it is no path.
 */
bool path_take(struct view *text, struct buffer *names, struct nest_error *error);

/*
 * The leaf that NAMES lead to, as its number.  NEST_USAGE where there is none: the sentence names
 * the nearest one.
 */
bool path_find(const struct schema *schema, struct view names, uint32_t *leaf, struct nest_error *error);

#endif
