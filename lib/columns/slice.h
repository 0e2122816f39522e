/*
 * slice - checks a leaf's levels before anything is made from them.
 *
 * A struct leaf is what the schema says about one leaf, worked out once; it
 * owns its path and borrows nothing.  Errors: NEST_INVALID with the column's
 * path, and the row if there is one to name.
 */
#ifndef NEST_COLUMNS_SLICE_H
#define NEST_COLUMNS_SLICE_H

#include "lib/parquet/plain.h"
#include "lib/schema/schema.h"

enum { LEAF_PATH_BYTES = 512 };

/*
 * A leaf's share of a slice, as in the body of a `columns` frame: one byte a
 * level, NULL if the maximum is 0; values in PLAIN layout, booleans one byte each.
 */
struct leaf_slice {
	const uint8_t *rep, *def;
	uint64_t entries;
	const uint8_t *values;
	size_t value_bytes;
};

struct leaf {
	char path[LEAF_PATH_BYTES];
	enum physical_type physical;
	struct value_kind kind;
	uint8_t max_rep, max_def;
	uint8_t least_def[SCHEMA_DEPTH_LIMIT + 1]; /* a list that continues at this rep is defined to here */
	bool has_twin;                             /* an earlier leaf has the same repetition levels */
	uint32_t twin;                             /* the last such leaf */
	uint8_t twin_def;                          /* up to where their definition levels must agree */
};

/* Fills LEAVES, one for each leaf of SCHEMA. */
void slice_leaves(struct leaf *leaves, const struct schema *schema);

/*
 * Checks the levels of all leaves of a slice of ROWS rows that starts at FIRST_ROW of the dataset.
 * The values' bytes are not checked.
 */
bool slice_check(const struct leaf *leaves, uint32_t leaf_count, uint64_t first_row, uint64_t rows,
    const struct leaf_slice *slices, struct nest_error *error);

/* The same for one leaf, number LEAF; SLICES are those of all leaves up to it. */
bool slice_check_leaf(const struct leaf *leaves, uint32_t leaf, uint64_t first_row, uint64_t rows,
    const struct leaf_slice *slices, struct nest_error *error);

/* The row, counted from 0, that holds value number VALUE of the slice. */
uint64_t slice_row_of_value(const struct leaf *leaf, const struct leaf_slice *slice, uint64_t value);

#endif
