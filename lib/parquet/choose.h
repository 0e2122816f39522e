/*
 * choose - finds the encoding that makes a chunk's values smallest, from a sample of them.
 *
 * Runs of values, spread over a page, are written in each candidate encoding, and compressed if the
 * column is.  The choice depends on the page and the options alone.  Nothing is kept except memory in
 * the caller's buffers.
 *
 * Candidates are encodings that common readers take: byte strings of a fixed length stay PLAIN or in a
 * dictionary, and bytes are split only if pages are compressed.
 *
 * Errors: NEST_FAILED, for lack of memory.
 */
#ifndef NEST_PARQUET_CHOOSE_H
#define NEST_PARQUET_CHOOSE_H

#include "lib/parquet/chunk.h"
#include "lib/parquet/dictionary.h"
#include "lib/parquet/plain.h"

/*
 * The fast preset chooses only between a dictionary and PLAIN; the balanced one takes an encoding that is
 * slower to read only if that saves much; the small one takes what is smallest.
 */
enum preset { PRESET_FAST, PRESET_BALANCED, PRESET_SMALL };

/* Their names, as a list of choices for --help. */
#define PRESET_WORDS "fast|balanced|small"

/* There is at least one value. */
struct choice {
	enum preset preset;
	struct codec_choice compression;
	enum physical_type physical;
	const struct value_kind *kind;
	struct page page; /* its values, or indices, or booleans; its encoding is ignored */
	const struct dictionary *dictionary; /* of the indices; NULL: the page has values */
	uint64_t pages;                      /* that the choice will serve, this first one included */
	struct buffer *spare;                /* for the dictionary's values in the meantime */
};

bool choose_encoding(const struct choice *choice, struct page_scratch *scratch, enum encoding *encoding,
    struct nest_error *error);

#endif
