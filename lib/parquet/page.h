/*
 * page - the body of a data page: repetition levels, definition levels, values.
 *
 * What is written is borrowed; bodies are appended to the caller's buffer.
 * What is read is untrusted and becomes levels of one byte and values in PLAIN
 * layout (plain.h), or indices into a dictionary, in a struct page_content, whose
 * memory serves one page after another until page_content_free().  Values that stand
 * in the body as they are to be are borrowed from it.
 *
 * Errors: NEST_INVALID for pages that are none, NEST_FAILED for want of memory.
 */
#ifndef NEST_PARQUET_PAGE_H
#define NEST_PARQUET_PAGE_H

#include "lib/parquet/page_header.h"
#include "lib/schema/schema.h"

/* A page that is to be written; levels are one byte each, and not looked at where their maximum is 0. */
struct page {
	enum page_type type; /* PAGE_DATA or PAGE_DATA_V2 */
	struct view rep, def;
	uint8_t max_rep, max_def;
	uint64_t rows, entries, value_count; /* nulls among the entries */
	enum encoding encoding;
	const uint32_t *indices; /* of ENCODING_RLE_DICTIONARY */
	unsigned index_bits;
	const uint8_t
	    *booleans; /* of ENCODING_PLAIN and ENCODING_RLE: 0 or 1, one byte each; NULL: other values */
	const uint8_t *values; /* of the other encodings: PLAIN; chunk_add_page() has them by itself */
	size_t value_bytes;    /* of one of them; 0 for BYTE_ARRAY */
	struct value_range range;
};

/* What of a body is levels: first those of repetition.  They stand apart in PAGE_DATA_V2. */
struct page_levels {
	size_t rep_bytes, def_bytes;
};

/*
 * Appends all of the body but PLAIN values that are no booleans, which stand elsewhere.  SCRATCH is
 * for the encoding's own use.
 */
bool page_encode(struct buffer *body, const struct page *page, struct page_levels *levels,
    struct buffer *scratch, struct nest_error *error);

/* Appends the values alone, likewise. */
bool page_encode_values(
    struct buffer *body, const struct page *page, struct buffer *scratch, struct nest_error *error);

enum {
	PAGE_VALUES_MOST = INT32_MAX, /* bytes of the values of a page that is read */
	PAGE_ENTRIES_MOST = 1 << 27,
};

struct page_dictionary {
	struct buffer values;  /* PLAIN; PLAIN_SLACK bytes can be read behind them */
	struct buffer offsets; /* of byte strings: uint32_t, where each one's length stands */
	uint32_t count;
};

/* Reads the dictionary of COUNT values that BODY, decompressed, holds for LEAF. */
bool page_dictionary_decode(struct page_dictionary *dictionary, const struct schema_node *leaf,
    const struct page_header *header, struct view body, struct nest_error *error);
void page_dictionary_free(struct page_dictionary *dictionary);

/* The bytes of the COUNT byte strings that INDICES are of, with their lengths. */
uint64_t page_dictionary_bytes(
    const struct page_dictionary *dictionary, const uint32_t *indices, uint64_t count);

/* Appends the COUNT values of LEAF that INDICES are of to OUT, in PLAIN layout. */
bool page_dictionary_resolve(const struct page_dictionary *dictionary, const struct schema_node *leaf,
    const uint32_t *indices, uint64_t count, struct buffer *out, struct nest_error *error);

struct page_content {
	struct buffer rep, def; /* a level an entry; empty where the maximum is 0 */
	uint64_t rows, entries, value_count;
	/* Of a page whose values a dictionary has, that one, and uint32_t, the values' places in it. */
	const struct page_dictionary *dictionary;
	struct buffer indices;
	/* Of other pages, and of this one behind page_resolve(); PLAIN_SLACK bytes can be read behind them.
	 */
	struct view values;
	struct buffer own, scratch; /* private */
};

/*
 * The levels and the values of a data page of LEAF, as they stand before and behind its compression.
 * PLAIN_SLACK bytes can be read behind the values.
 */
struct page_body {
	struct view levels; /* of PAGE_DATA_V2, before the values and never compressed */
	struct view values; /* of PAGE_DATA: levels, too */
};

/* DICTIONARY may be NULL; it and BODY are borrowed while CONTENT is looked at. */
bool page_decode(struct page_content *content, const struct schema_node *leaf,
    const struct page_header *header, struct page_body body, const struct page_dictionary *dictionary,
    struct nest_error *error);
void page_content_free(struct page_content *content);

/* Makes values of LEAF of indices, where CONTENT has these. */
bool page_resolve(struct page_content *content, const struct schema_node *leaf, struct nest_error *error);

#endif
