/*
 * page_header - the header in front of each page of a column chunk.
 *
 * The struct mirrors PageHeader of parquet.thrift.  Its pointers are borrowed.
 * What is read is untrusted; NEST_INVALID says what is wrong with it.
 */
#ifndef NEST_PARQUET_PAGE_HEADER_H
#define NEST_PARQUET_PAGE_HEADER_H

#include "lib/parquet/metadata.h"

struct page_header {
	enum page_type type;
	uint32_t uncompressed_bytes, compressed_bytes; /* without the header */
	uint32_t num_values;                           /* entries, including nulls; of a dictionary, values */
	enum encoding encoding;
	struct value_range range;      /* of a data page */
	bool is_plain;                 /* a PAGE_DATA_V2 whose values are not compressed */
	uint32_t num_nulls, num_rows;  /* of PAGE_DATA_V2 */
	uint32_t rep_bytes, def_bytes; /* of PAGE_DATA_V2: levels before the values */
	bool has_crc;
	uint32_t crc; /* of the page's bytes as they are in the file */
	/* Read, and not written. */
	enum encoding rep_encoding, def_encoding; /* of PAGE_DATA */
};

/* Appends HEADER, of any type but PAGE_INDEX. */
bool page_header_encode(struct buffer *out, const struct page_header *header, struct nest_error *error);

/*
 * Reads the header that BYTES begin with, and sets *SIZE to its size.  Sets *IS_SHORT if that fails only
 * because there are too few bytes.
 */
bool page_header_decode(
    struct page_header *header, struct view bytes, size_t *size, bool *is_short, struct nest_error *error);

#endif
