/*
 * shredder - records taken apart into stripes with repetition and definition
 * levels (Melnik et al., Dremel, VLDB 2010, section 4; the algorithm here
 * walks msgpack bytes once and never builds a record).
 *
 * Where a field is present, so are all fields above it: its definition level
 * is its maximum, known from the schema.  A null or an empty list is one entry
 * in every leaf below, at the level of the last field that is there.  Only the
 * repetition level depends on the record.
 */
#ifndef NEST_SHRED_SHREDDER_H
#define NEST_SHRED_SHREDDER_H

#include "lib/schema/schema.h"
#include "lib/wire/pack.h"
#include "shred/step.h"

struct shredder {
	struct schema schema;
	struct stripe *stripes; /* one a leaf */
	struct step *steps;
	size_t memory_bytes; /* of all stripes */
};

/* Owns everything until shredder_free(). */
bool shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error);
void shredder_free(struct shredder *shredder);

/*
 * Empties the stripes.  Their memory is kept unless it is much: what one batch
 * took must not be missing when the next one has its bytes in other leaves.
 */
void shredder_clear(struct shredder *shredder);

/*
 * Shreds records from READER on: as many as ROWS, or fewer once the stripes
 * hold TARGET_BYTES.  *DONE is how many.  NEST_INVALID names the record, by
 * FIRST_ROW and its place, and the field; the stripes are then unusable.
 */
bool shredder_rows(struct shredder *shredder, struct pack_reader *reader, uint64_t first_row, uint64_t rows,
    size_t target_bytes, uint64_t *done, struct nest_error *error);

/* What the stripes hold as the body of a columns frame, in bytes. */
size_t shredder_body_bytes(const struct shredder *shredder);

#endif
