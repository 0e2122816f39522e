/*
 * recode - the pages of a chunk, compressed in another way; levels and values stay as they are.
 *
 * A struct recoder borrows the file, the chunk and the schema's node, and owns
 * a page at a time; its memory serves one chunk after another until
 * recoder_free().  Headers are carried over but for sizes and CRC-32, which a
 * page has where it had one.
 *
 * Errors: NEST_INVALID with the page's offset in the file, for pages that are
 * not sound, as far as that can be seen; NEST_FAILED for I/O and memory.
 */
#ifndef NEST_PARQUET_RECODE_H
#define NEST_PARQUET_RECODE_H

#include "lib/parquet/chunk_reader.h"

struct recoder {
	/* The page that was made last. */
	struct buffer page; /* header and all */
	enum page_type type;
	uint64_t uncompressed_bytes; /* of it, with its header */
	/* Private. */
	struct chunk_reader reader;
	struct codec_choice choice;
	struct codec_reader decoder;
	struct codec encoder;
	struct buffer bytes, plain, body;
};

/* Ready for CHUNK of LEAF; RECODER is zeroed or was used before. */
void recoder_open(struct recoder *recoder, const struct metadata_source *source,
    const struct column_chunk *chunk, const struct schema_node *leaf, struct codec_choice choice);
void recoder_free(struct recoder *recoder);

/* Makes the next page; *FOUND is false behind the last one.  Index pages are passed over. */
bool recoder_next(struct recoder *recoder, bool *found, struct nest_error *error);

#endif
