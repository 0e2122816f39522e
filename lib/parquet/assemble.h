/*
 * assemble - rows from columns: puts records together from their levels and values.
 *
 * A struct assembly reads a row group of a file, or is given columns, and turns them into
 * records as in a `rows` frame (nest-frame(5)).  It borrows file and footer, or the schema, until
 * assembly_free(), and owns the levels and values of the rows that it has read.
 *
 * Files are untrusted: levels that contradict one another are refused.  Errors:
 * NEST_INVALID names the column; NEST_FAILED is for I/O and memory.
 */
#ifndef NEST_PARQUET_ASSEMBLE_H
#define NEST_PARQUET_ASSEMBLE_H

#include "lib/parquet/chunk_reader.h"

struct assembly_leaf;

struct assembly {
	const struct metadata_source *source;
	const struct file_metadata *metadata;
	const struct schema *schema;
	struct chunk_reader reader;
	struct assembly_leaf *leaves;
	uint32_t leaf_count;
	uint64_t rows_left; /* read and not yet assembled */
};

bool assembly_open(struct assembly *assembly, const struct metadata_source *source,
    const struct file_metadata *metadata, struct nest_error *error);
/* The same for columns that assembly_give() passes; there is no file. */
bool assembly_open_given(struct assembly *assembly, const struct schema *schema, struct nest_error *error);
void assembly_free(struct assembly *assembly);

/* Reads the first ROWS rows of row group GROUP, or all if it has fewer. */
bool assembly_load(struct assembly *assembly, size_t group, uint64_t rows, struct nest_error *error);

/*
 * Passes leaf number LEAF: its ENTRIES levels, none if the maximum is 0, and as many values in
 * PLAIN layout as they say.  They are copied, and replace what the leaf had.
 */
bool assembly_give(struct assembly *assembly, uint32_t leaf, size_t entries, const uint8_t *rep,
    const uint8_t *def, struct view values, struct nest_error *error);

/* Appends the next row that was read or given to OUT.  There must be one. */
bool assembly_next(struct assembly *assembly, struct buffer *out, struct nest_error *error);

/* Appends the next value of leaf number LEAF to OUT, as it is in a record.  There must be one. */
bool assembly_value(struct assembly *assembly, uint32_t leaf, struct buffer *out, struct nest_error *error);

#endif
