/*
 * walk_pack - walks records in msgpack, in one pass from bytes to levels and
 * values: those of rows frames (nest-frame(5)), and records one after the other
 * with or without the names of their fields (nest-shred(1)).
 */
#ifndef NEST_SHRED_WALK_PACK_H
#define NEST_SHRED_WALK_PACK_H

#include "lib/base/pack.h"
#include "shred/shredder.h"
#include "shred/walk.h"

/*
 * Shreds the records of a rows frame from READER on: ROWS of them, or fewer once
 * the stripes hold TARGET_BYTES.  *DONE is how many.  NEST_INVALID names the
 * record, counted from FIRST_ROW, and the field; the stripes are then unusable.
 */
bool walk_pack_rows(struct shredder *shredder, struct pack_reader *reader, uint64_t first_row, uint64_t rows,
    size_t target_bytes, uint64_t *done, struct nest_error *error);

/*
 * Walks the record that begins at AT, an array of fields or a map of names to
 * values, and returns the place after it; NULL after a failure, which
 * walk->problem names.  Texts are not checked: shredder_bad_text() does that.
 */
const uint8_t *walk_pack_record(struct walk *walk, const uint8_t *at);

#endif
