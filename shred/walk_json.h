/*
 * walk_json - walks records that are JSON objects, in one pass from text to levels
 * and values.  nest-shred(1) says what a JSON value means for each kind of leaf.
 */
#ifndef NEST_SHRED_WALK_JSON_H
#define NEST_SHRED_WALK_JSON_H

#include "shred/walk.h"

/*
 * Walks the record that begins at AT, which must not be a blank, and returns the
 * place after it; NULL after a failure, which walk->problem names.  JSON_SLACK
 * zero bytes, or a line feed if walk->json.spans_lines is false, must follow
 * walk->end.
 */
const uint8_t *walk_json_record(struct walk *walk, const uint8_t *at);

#endif
