/*
 * chunk - the pages of a column chunk that is being written.
 *
 * A struct chunk owns its pages until they have been written; its memory
 * serves one chunk after another, and chunk_free() gives it back.  Values in PLAIN layout
 * stand in `values` before their page does: the caller appends them there, and
 * chunk_add_page() takes those behind `page_start`, as they are or in the page's encoding.
 * Nothing copies them again where they stay PLAIN and
 * pages are not compressed: chunk_pieces() says in what order to write.
 *
 * Errors: NEST_FAILED, for want of memory, and NEST_INVALID for a page that is
 * larger than the format can say.
 */
#ifndef NEST_PARQUET_CHUNK_H
#define NEST_PARQUET_CHUNK_H

#include "lib/parquet/codec.h"
#include "lib/parquet/page.h"

/* What building pages needs for a moment; shared by the columns of a file. */
struct page_scratch {
	struct codec codec;
	struct buffer body;
	struct buffer lengths; /* an encoding's own */
};

struct chunk {
	struct codec_choice compression; /* the caller's, set before the first page */
	bool has_checksums;              /* and so is this: every page has a CRC-32 */
	struct buffer values; /* PLAIN, of all pages; where they are put otherwise, of the open one */
	size_t page_start;    /* of the open page's in VALUES */
	struct buffer heads;  /* of all pages: header, levels and whatever is not in VALUES */
	struct buffer spans;  /* struct page_span */
	struct buffer dictionary_head;
	uint64_t entries;
	uint64_t uncompressed_bytes, compressed_bytes; /* headers and all */
	enum page_type page_type;                      /* of data pages */
	uint32_t pages[ENCODING_KINDS];                /* of these by their encoding */
};

/* Starts a chunk; CHUNK is zeroed or was used before. */
void chunk_clear(struct chunk *chunk);
void chunk_free(struct chunk *chunk);

/*
 * Closes the open page, which PAGE describes but for its values that stand here.  Pages of a chunk are of
 * one type, and in RLE_DICTIONARY and two more encodings at most.
 */
bool chunk_add_page(
    struct chunk *chunk, const struct page *page, struct page_scratch *scratch, struct nest_error *error);

/* Puts the dictionary of COUNT values, PLAIN, before the pages. */
bool chunk_add_dictionary(struct chunk *chunk, struct view values, uint32_t count,
    struct page_scratch *scratch, struct nest_error *error);

/* Appends the chunk's bytes to PIECES, an array of struct iovec, which then borrows from CHUNK. */
bool chunk_pieces(const struct chunk *chunk, struct buffer *pieces, struct nest_error *error);

/* What the footer says of it, at OFFSET in the file; but for its values' type and range. */
struct column_chunk chunk_describe(const struct chunk *chunk, uint64_t offset);

#endif
