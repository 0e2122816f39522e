/*
 * shredder - a schema and the stripes that records of it are taken apart into,
 * with repetition and definition levels (Melnik et al., Dremel, VLDB 2010,
 * section 4; the algorithm here walks the bytes once and never builds a
 * record).
 *
 * Where a field is present, so are all fields above it: its definition level
 * is its maximum, known from the schema.  A null or an empty list is one entry
 * in every leaf below, at the level of the last field that is there.  Only the
 * repetition level depends on the record.
 */
#ifndef NEST_SHRED_SHREDDER_H
#define NEST_SHRED_SHREDDER_H

#include "lib/schema/schema.h"
#include "shred/step.h"

struct shredder {
	struct schema schema;
	struct stripe *stripes;    /* one a leaf */
	struct stripe_mark *marks; /* likewise */
	struct step *steps;
	size_t memory_bytes; /* of all stripes */
};

/* Owns everything until shredder_free(), which may be called again. */
bool shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error);
void shredder_free(struct shredder *shredder);

/*
 * Empties the stripes.  Their memory is kept unless it is much: what one batch
 * took must not be missing when the next one has its bytes in other leaves.
 */
void shredder_clear(struct shredder *shredder);

/* What the stripes hold as the body of a columns frame, in bytes. */
size_t shredder_body_bytes(const struct shredder *shredder);

/* Notes where the stripes are, and takes off them what came since. */
void shredder_mark(struct shredder *shredder);
void shredder_rollback(struct shredder *shredder);

/* Puts the row and the path of the field NODE before the sentence of ERROR; always false. */
bool shredder_name_failure(
    const struct shredder *shredder, uint32_t node, uint64_t row, struct nest_error *error);

/*
 * Short texts are copied without a look, and all of them are looked at
 * together.  NEST_INVALID names the row, counted from FIRST_ROW, and the field
 * of the first that is not UTF-8.
 */
bool shredder_check_texts(const struct shredder *shredder, uint64_t first_row, struct nest_error *error);

/* The same for what came since shredder_mark(): the node of the field, or 0. */
uint32_t shredder_bad_text(const struct shredder *shredder);

#endif
