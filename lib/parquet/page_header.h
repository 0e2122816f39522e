/*
 * page_header - what stands before each page of a column chunk.
 *
 * The struct mirrors PageHeader of parquet.thrift, as far as this project
 * writes it.  Its pointers are borrowed.
 */
#ifndef NEST_PARQUET_PAGE_HEADER_H
#define NEST_PARQUET_PAGE_HEADER_H

#include "lib/parquet/metadata.h"

struct page_header {
	enum page_type type;
	uint32_t uncompressed_bytes, compressed_bytes; /* without the header */
	uint32_t num_values;                           /* entries, nulls included; of a dictionary, values */
	enum encoding encoding;
	struct value_range range; /* of a data page */
};

/* Appends HEADER. */
bool page_header_encode(struct buffer *out, const struct page_header *header, struct nest_error *error);

#endif
