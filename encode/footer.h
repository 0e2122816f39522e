/*
 * footer - what a part's footer will say, gathered while the part is written.
 *
 * A struct footer owns copies of all that it is given; its memory serves one
 * part after another, and footer_free() gives it back.  Errors: NEST_INVALID
 * for key-values that cannot be written, NEST_FAILED for want of memory.
 */
#ifndef NEST_ENCODE_FOOTER_H
#define NEST_ENCODE_FOOTER_H

#include "encode/part.h"
#include "lib/parquet/metadata.h"

struct footer {
	struct buffer groups;     /* struct row_group, their columns not set before the end */
	struct buffer chunks;     /* struct column_chunk, those of one group after another; no extremes yet */
	struct buffer places;     /* struct extreme_place, one for each chunk */
	struct buffer ranges;     /* extremes of chunks */
	struct buffer key_values; /* struct key_value */
	struct buffer text;       /* what they point into */
	struct buffer bytes;      /* encoded */
};

/* Starts a part with the key-values META; FOOTER is zeroed or was used before. */
bool footer_init(
    struct footer *footer, const struct key_value *meta, size_t meta_count, struct nest_error *error);
void footer_free(struct footer *footer);

/* The next chunk of the open row group; its extremes are copied. */
bool footer_add_chunk(struct footer *footer, struct column_chunk chunk, struct nest_error *error);

/* Closes the row group with what was added since the one before. */
bool footer_add_group(struct footer *footer, const struct row_group *group, struct nest_error *error);

/*
 * Encodes the footer into `bytes`; nothing can be added after it.  POSITION and ROWS become the
 * key-values nest.part, nest.first_row and nest.part_rows, unless it is the one file of all parts.
 */
bool footer_encode(struct footer *footer, const struct schema *schema, const struct part_position *position,
    uint64_t rows, struct nest_error *error);

#endif
