/*
 * chunk - the pages of a column chunk that is being written.
 *
 * A struct chunk owns its pages until they have been written; its memory
 * serves one chunk after another, and chunk_free() gives it back.  The caller
 * appends the values of the next page, in PLAIN layout, to `values`;
 * chunk_add_page() takes those from `page_start` on, as they are or in the
 * page's encoding.  Values that stay PLAIN and uncompressed are not copied
 * again: chunk_pieces() says in what order to write.
 *
 * Errors: NEST_FAILED, for lack of memory, and NEST_INVALID for a page that is
 * larger than the format allows.
 */
#ifndef NEST_PARQUET_CHUNK_H
#define NEST_PARQUET_CHUNK_H

#include "lib/parquet/codec.h"
#include "lib/parquet/page.h"

/* Working memory for building a page; shared by the columns of a file. */
struct page_scratch {
	struct codec codec;
	struct buffer body;
	struct buffer lengths; /* an encoding's own */
};

struct chunk {
	struct codec_choice compression; /* the caller's, set before the first page */
	bool has_checksums;              /* likewise: every page has a CRC-32 */
	struct buffer values; /* PLAIN, of all pages; of the open page only, if written in another form */
	size_t page_start;    /* of the open page's values in VALUES */
	struct buffer heads;  /* of all pages: header, levels and all that is not in VALUES */
	struct buffer spans;  /* struct page_span */
	struct buffer dictionary_head;
	uint64_t entries;
	uint64_t uncompressed_bytes, compressed_bytes; /* including headers */
	enum page_type page_type;                      /* of data pages */
	uint32_t pages[ENCODING_KINDS];                /* how many data pages, by encoding */
};

/* Starts a chunk; CHUNK is zeroed or was used before. */
void chunk_clear(struct chunk *chunk);
void chunk_free(struct chunk *chunk);

/*
 * Closes the open page, which PAGE describes, except the values that CHUNK holds.  All pages of a chunk
 * have one type, and at most two encodings besides RLE_DICTIONARY.
 */
bool chunk_add_page(
    struct chunk *chunk, const struct page *page, struct page_scratch *scratch, struct nest_error *error);

/* Puts the dictionary of COUNT values, PLAIN, before the pages. */
bool chunk_add_dictionary(struct chunk *chunk, struct view values, uint32_t count,
    struct page_scratch *scratch, struct nest_error *error);

/* Appends the chunk's bytes to PIECES, an array of struct iovec, which then borrows from CHUNK. */
bool chunk_pieces(const struct chunk *chunk, struct buffer *pieces, struct nest_error *error);

/* What the footer says of a chunk at OFFSET in the file, except its values' type and range. */
struct column_chunk chunk_describe(const struct chunk *chunk, uint64_t offset);

#endif
