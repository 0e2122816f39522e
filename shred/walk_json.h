/*
 * walk_json - records as JSON objects, walked in one pass from text to levels
 * and values.  nest-shred(1) says what a JSON value means for each kind of leaf.
 */
#ifndef NEST_SHRED_WALK_JSON_H
#define NEST_SHRED_WALK_JSON_H

#include "shred/walk.h"

/*
 * Walks the record that begins at AT, which is no blank, and returns what is
 * behind it; NULL after a failure, as walk->problem says.  JSON_SLACK zero
 * bytes, or a line feed where walk->json.spans_lines is false, stand behind
 * walk->end.
 */
const uint8_t *walk_json_record(struct walk *walk, const uint8_t *at);

#endif
