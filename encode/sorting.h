/*
 * sorting - checks rows that are said to be sorted: `--sorted-by NAME[:desc][:nulls-first]`.
 *
 * A struct sort_options owns the keys given on a command line, the first key first;
 * sort_options_free() gives them back.  A struct sorter checks the rows of one part against
 * them, across slices and row groups; its memory serves one part after another until
 * sorter_free().  NaNs sort after all numbers.  Nulls come last unless they are said to come first,
 * even if values descend.
 *
 * Errors: NEST_USAGE for invalid keys; NEST_INVALID names column and row;
 * NEST_FAILED is for lack of memory.
 */
#ifndef NEST_ENCODE_SORTING_H
#define NEST_ENCODE_SORTING_H

#include "lib/base/digest.h"
#include "lib/columns/slice.h"

struct sort_options {
	struct buffer keys; /* private: struct sort_key */
};

/* Takes one argument of --sorted-by, the next key. */
bool sort_options_add(struct sort_options *options, const char *text, struct nest_error *error);
void sort_options_free(struct sort_options *options);

/* Adds all settings that affect the bytes of files to DIGEST. */
void sort_options_digest(const struct sort_options *options, struct digest *digest);

struct sorter {
	struct buffer columns; /* struct sorting_column, for the footer */
	struct buffer values;  /* private: struct sorted_value, one for each of these */
	uint64_t rows;         /* taken so far */
};

/* Begins a part of SCHEMA; OPTIONS may be NULL: there are no keys.  SORTER is zeroed or was used before. */
bool sorter_begin(struct sorter *sorter, const struct sort_options *options, const struct schema *schema,
    struct nest_error *error);
void sorter_free(struct sorter *sorter);

/* Takes ROWS rows that begin at FIRST_ROW of the dataset; the SLICES of LEAVES must be sound. */
bool sorter_take(struct sorter *sorter, const struct leaf *leaves, const struct leaf_slice *slices,
    uint64_t first_row, uint64_t rows, struct nest_error *error);

#endif
