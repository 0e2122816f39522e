/*
 * assemble - rows out of a file: the records that its columns are made of.
 *
 * A struct assembly reads a row group of a file and makes `rows` records of it
 * (nest-frame(5)).  It borrows file and footer until assembly_free(), and owns
 * the levels and values of the rows that it has read.
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
	struct chunk_reader reader;
	struct assembly_leaf *leaves;
	uint64_t rows_left; /* that are read and not assembled */
};

bool assembly_open(struct assembly *assembly, const struct metadata_source *source,
    const struct file_metadata *metadata, struct nest_error *error);
void assembly_free(struct assembly *assembly);

/* Reads the first ROWS rows of row group GROUP, or all, where it has less. */
bool assembly_load(struct assembly *assembly, size_t group, uint64_t rows, struct nest_error *error);

/* Appends the next of the rows that were read, of which there is one, to OUT. */
bool assembly_next(struct assembly *assembly, struct buffer *out, struct nest_error *error);

#endif
