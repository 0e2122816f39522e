/*
 * page - the body of a data page: repetition levels, definition levels, values.
 *
 * The writer borrows its input, and appends bodies to the caller's buffer.
 * The reader takes untrusted bytes and makes levels of one byte, and values in PLAIN
 * layout (plain.h) or indices into a dictionary, in a struct page_content, whose
 * memory serves one page after another until page_content_free().  Values that
 * need no decoding are borrowed from the body.
 *
 * Errors: NEST_INVALID for bytes that are not a page, NEST_FAILED for lack of memory.
 */
#ifndef NEST_PARQUET_PAGE_H
#define NEST_PARQUET_PAGE_H

#include "lib/parquet/page_header.h"
#include "lib/schema/schema.h"

/* A page to write; levels are one byte each, and ignored if their maximum is 0. */
struct page {
	enum page_type type; /* PAGE_DATA or PAGE_DATA_V2 */
	struct view rep, def;
	uint8_t max_rep, max_def;
	uint64_t rows, entries, value_count; /* entries include nulls, values do not */
	enum encoding encoding;
	const uint32_t *indices; /* of ENCODING_RLE_DICTIONARY */
	unsigned index_bits;
	const uint8_t
	    *booleans; /* of ENCODING_PLAIN and ENCODING_RLE: 0 or 1, one byte each; NULL: other values */
	const uint8_t *values; /* of the other encodings: PLAIN; chunk_add_page() takes its own */
	size_t value_bytes;    /* of each; 0 for BYTE_ARRAY */
	struct value_range range;
};

/* The sizes of a body's levels; repetition levels come first.  In PAGE_DATA_V2 they stand apart. */
struct page_levels {
	size_t rep_bytes, def_bytes;
};

/*
 * Appends all of the body except PLAIN values, which the caller has elsewhere, unless they are booleans.
 * SCRATCH is working memory.
 */
bool page_encode(struct buffer *body, const struct page *page, struct page_levels *levels,
    struct buffer *scratch, struct nest_error *error);

/* Appends only the values, likewise. */
bool page_encode_values(
    struct buffer *body, const struct page *page, struct buffer *scratch, struct nest_error *error);

enum {
	PAGE_VALUES_MOST = INT32_MAX, /* bytes of the values of a page to read */
	PAGE_ENTRIES_MOST = 1 << 27,
};

struct page_dictionary {
	struct buffer values;  /* PLAIN; PLAIN_SLACK bytes are readable after them */
	struct buffer offsets; /* of byte strings: uint32_t, where the length of each is in VALUES */
	uint32_t count;
};

/* Reads the dictionary page HEADER, whose decompressed BODY holds values of LEAF. */
bool page_dictionary_decode(struct page_dictionary *dictionary, const struct schema_node *leaf,
    const struct page_header *header, struct view body, struct nest_error *error);
void page_dictionary_free(struct page_dictionary *dictionary);

/* The size of the COUNT byte strings that INDICES refer to, with their lengths. */
uint64_t page_dictionary_bytes(
    const struct page_dictionary *dictionary, const uint32_t *indices, uint64_t count);

/* Appends to OUT the COUNT values of LEAF that INDICES refer to, in PLAIN layout. */
bool page_dictionary_resolve(const struct page_dictionary *dictionary, const struct schema_node *leaf,
    const uint32_t *indices, uint64_t count, struct buffer *out, struct nest_error *error);

struct page_content {
	struct buffer rep, def; /* one level for each entry; empty if the maximum is 0 */
	uint64_t rows, entries, value_count;
	/* Of a page whose values are in a dictionary: that, and the indices, uint32_t. */
	const struct page_dictionary *dictionary;
	struct buffer indices;
	/* Of other pages, and after page_resolve() of all; PLAIN_SLACK bytes are readable after them. */
	struct view values;
	struct buffer own, scratch; /* private */
};

/*
 * The levels and the values of a data page; the values are decompressed, and followed by PLAIN_SLACK
 * readable bytes.
 */
struct page_body {
	struct view levels; /* of PAGE_DATA_V2: as many bytes as its header tells of, never compressed */
	struct view values; /* of PAGE_DATA: with the levels in front */
};

/* Reads a data page.  DICTIONARY may be NULL; it and BODY are borrowed as long as CONTENT is used. */
bool page_decode(struct page_content *content, const struct schema_node *leaf,
    const struct page_header *header, struct page_body body, const struct page_dictionary *dictionary,
    struct nest_error *error);
void page_content_free(struct page_content *content);

/* Turns the indices of CONTENT, if it has any, into values of LEAF. */
bool page_resolve(struct page_content *content, const struct schema_node *leaf, struct nest_error *error);

#endif
