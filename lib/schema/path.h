/*
 * path - columns as people name them: the names on the way to a leaf, separated by dots.
 *
 * A name that contains a dot, or is not a word of a message type, is in double quotes with
 * escapes, as messages show it (schema_path()).  So is a name with a colon, at which a path would end; any
 * other name may be quoted, too.  Once read, a path is its names, each ended by a zero, so that equal paths
 * have equal bytes.
 */
#ifndef NEST_SCHEMA_PATH_H
#define NEST_SCHEMA_PATH_H

#include "lib/schema/schema.h"

/*
 * Reads the path that TEXT begins with, up to a colon or the end, moves TEXT to there and appends the
 * names to NAMES.  NEST_USAGE if it is not a path.
 */
bool path_take(struct view *text, struct buffer *names, struct nest_error *error);

/*
 * The number of the leaf that NAMES lead to.  NEST_USAGE if there is none: the sentence names
 * the nearest one.
 */
bool path_find(const struct schema *schema, struct view names, uint32_t *leaf, struct nest_error *error);

#endif
