/*
 * partitioned - a part whose rows go into directories by the values of some of their columns.
 *
 * It has the verbs of a part (encode/part.h), and takes slices likewise.  Their rows are kept
 * (encode/scatter.h) until it is finished.  Then they are written as one file for each partition, without
 * those columns, one file after another in the order of the directories' paths; the files make one bundle
 * (lib/dataset/bundle.h).
 *
 * Slices are untrusted.  NEST_INVALID names the column and the row; in a message that begins with the
 * partition, the row is counted from 0 within the partition.  After an error a part can only be closed.
 */
#ifndef NEST_ENCODE_PARTITIONED_H
#define NEST_ENCODE_PARTITIONED_H

#include "encode/part.h"

struct partitioned;

/* As part_open(); OPTIONS name the columns. */
bool partitioned_open(struct partitioned **part, struct part_pool *pool, const struct place *place,
    const struct part_position *position, const struct schema *schema, const struct key_value *meta,
    size_t meta_count, const struct part_options *options, struct nest_error *error);

/* The schema that the part was opened with, and that of its files; valid while it is open. */
const struct schema *partitioned_schema(const struct partitioned *part);
const struct schema *partitioned_file_schema(const struct partitioned *part);

bool partitioned_append(
    struct partitioned *part, uint64_t rows, const struct leaf_slice *leaves, struct nest_error *error);

/* Completes the attempt, which RESULT then describes. */
bool partitioned_finish(
    struct partitioned *part, uint64_t *rows, struct attempt_result *result, struct nest_error *error);

/* Gives the part up; after partitioned_finish(), gives back its memory.  PART may be NULL. */
void partitioned_close(struct partitioned *part);

#endif
