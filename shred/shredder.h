/*
 * shredder - a schema and the stripes into which its records are taken apart,
 * with repetition and definition levels (Melnik et al., Dremel, VLDB 2010,
 * section 4; the algorithm here walks the bytes once and never builds a
 * record).
 *
 * If a field is present, so are all fields above it: its definition level is
 * its maximum, known from the schema.  A null or an empty list is one entry in
 * every leaf below, at the level of the last field that is present.  Only the
 * repetition level depends on the record.
 */
#ifndef NEST_SHRED_SHREDDER_H
#define NEST_SHRED_SHREDDER_H

#include "lib/schema/schema.h"
#include "shred/step.h"

struct shredder {
	struct schema schema;
	struct stripe *stripes;    /* one for each leaf */
	struct stripe_mark *marks; /* likewise */
	struct step *steps;
	size_t memory_bytes; /* of all stripes */
};

/* Owns everything until shredder_free(), which may be called again. */
bool shredder_init(struct shredder *shredder, struct view schema_text, struct nest_error *error);
void shredder_free(struct shredder *shredder);

/*
 * Empties the stripes.  Their memory is kept unless there is much of it: the limit
 * is for all together, and the next batch may have its bytes in other leaves.
 */
void shredder_clear(struct shredder *shredder);

/* The size of the stripes as the body of a columns frame, in bytes. */
size_t shredder_body_bytes(const struct shredder *shredder);

/* Notes where the stripes end, and drops what was appended since. */
void shredder_mark(struct shredder *shredder);
void shredder_rollback(struct shredder *shredder);

/* Puts the row and the path of the field NODE in front of the message of ERROR; always false. */
bool shredder_name_failure(
    const struct shredder *shredder, uint32_t node, uint64_t row, struct nest_error *error);

/*
 * Checks all texts together, since short ones are copied unchecked.
 * NEST_INVALID names the row, counted from FIRST_ROW, and the field of the
 * first text that is not UTF-8.
 */
bool shredder_check_texts(const struct shredder *shredder, uint64_t first_row, struct nest_error *error);

/* Checks the texts appended since shredder_mark(): the node of the field of a bad one, or 0. */
uint32_t shredder_bad_text(const struct shredder *shredder);

#endif
