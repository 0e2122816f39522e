/*
 * recode - compresses the pages of a chunk with another codec; levels and values are unchanged.
 *
 * A struct recoder borrows the file, the chunk and the schema's node, and owns
 * a page at a time; its memory serves one chunk after another until
 * recoder_free().  Headers are carried over except sizes and CRC-32; a page
 * has a CRC-32 if it had one before.
 *
 * Errors: NEST_INVALID with the page's offset in the file, for pages that are
 * visibly unsound; NEST_FAILED for I/O and memory.
 */
#ifndef NEST_PARQUET_RECODE_H
#define NEST_PARQUET_RECODE_H

#include "lib/parquet/chunk_reader.h"

struct recoder {
	/* The page that was made last. */
	struct buffer page; /* including its header */
	enum page_type type;
	uint64_t uncompressed_bytes; /* of the page, including its header */
	/* Private. */
	struct chunk_reader reader;
	struct codec_choice choice;
	struct codec_reader decoder;
	struct codec encoder;
	struct buffer bytes, plain, body;
};

/* Prepares RECODER, zeroed or used before, for CHUNK of LEAF. */
void recoder_open(struct recoder *recoder, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf, struct codec_choice choice);
void recoder_free(struct recoder *recoder);

/* Makes the next page; *FOUND is false after the last one.  Index pages are skipped. */
bool recoder_next(struct recoder *recoder, bool *found, struct nest_error *error);

#endif
