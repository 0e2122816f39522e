/*
 * page - the body of a data page: repetition levels, definition levels, values.
 *
 * Everything here is borrowed; bodies are appended to the caller's buffer.
 * Errors: NEST_FAILED, for want of memory.
 */
#ifndef NEST_PARQUET_PAGE_H
#define NEST_PARQUET_PAGE_H

#include "lib/parquet/metadata.h"

/* A page that is to be written; levels are one byte each, and not looked at where their maximum is 0. */
struct page {
	struct view rep, def;
	uint8_t max_rep, max_def;
	uint64_t entries, value_count; /* nulls among the entries */
	enum encoding encoding;
	const uint32_t *indices; /* of ENCODING_RLE_DICTIONARY */
	unsigned index_bits;
	const uint8_t *booleans; /* of ENCODING_PLAIN: 0 or 1, one byte each; NULL: other values */
	struct value_range range;
};

/* Appends all of the body (data page v1) but PLAIN values that are no booleans, which stand elsewhere. */
bool page_encode(struct buffer *body, const struct page *page, struct nest_error *error);

#endif
