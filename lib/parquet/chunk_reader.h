/*
 * chunk_reader - the pages of a column chunk, one after another.
 *
 * A struct chunk_reader borrows the file, the chunk and the schema's node, and
 * owns what it has read of the file, a page at a time; its memory serves one
 * chunk after another, and chunk_reader_free() gives it back.  Everything that
 * is read is untrusted.
 *
 * Errors: NEST_INVALID with the page's offset in the file, to which the caller
 * adds file, row group and column; NEST_FAILED for I/O and memory.
 */
#ifndef NEST_PARQUET_CHUNK_READER_H
#define NEST_PARQUET_CHUNK_READER_H

#include "lib/parquet/codec.h"
#include "lib/parquet/page.h"

struct chunk_reader {
	const struct metadata_source *source;
	const struct column_chunk *chunk;
	const struct schema_node *leaf;
	/* Set by the caller. */
	bool checks_crc;       /* check pages that have a CRC-32 against it */
	bool keeps_indices;    /* leave values of a dictionary as indices into it */
	uint64_t at, end;      /* in the file: the next page, and where the chunk ends */
	uint64_t entries_left; /* according to the footer */
	/* The page that was read last. */
	uint64_t page_at; /* its header, in the file */
	size_t header_bytes;
	struct page_header header;   /* its range is borrowed until the next page */
	struct page_content content; /* of a data page */
	/* Private. */
	struct buffer head, bytes, plain; /* of the page: header and body as in the file, and decompressed */
	struct codec_reader codec;
	struct page_dictionary dictionary;
	bool has_dictionary;
};

/* Prepares READER, zeroed or used before, for CHUNK of LEAF. */
void chunk_reader_open(struct chunk_reader *reader, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf);
void chunk_reader_free(struct chunk_reader *reader);

/*
 * Reads the next page of any type; *FOUND is false after the last one, once all of the chunk's
 * entries have been read.  `content` is set only if the header's type is that of a data page.
 */
bool chunk_reader_next(struct chunk_reader *reader, bool *found, struct nest_error *error);

/* The same, but reads only the page's header. */
bool chunk_reader_next_header(struct chunk_reader *reader, bool *found, struct nest_error *error);

/* Whether the page that was read last is a data page. */
bool chunk_reader_is_data(const struct chunk_reader *reader);

/* As chunk_reader_next(), for the next data page: others are read on the way. */
bool chunk_reader_next_data(struct chunk_reader *reader, bool *found, struct nest_error *error);

#endif
