/*
 * choose - the encoding that makes a chunk's values smallest, by a look at some of them.
 *
 * Runs of values of a page, spread over it, are put in each encoding that may be, and compressed where
 * the file is.  What comes out depends on the page and the options alone.  Nothing is kept but memory
 * of the buffers that are lent.
 *
 * Candidates are what common readers take: byte strings of a fixed length stay PLAIN or in a dictionary,
 * and bytes are split only where pages are compressed.
 *
 * Errors: NEST_FAILED, for want of memory.
 */
#ifndef NEST_PARQUET_CHOOSE_H
#define NEST_PARQUET_CHOOSE_H

#include "lib/parquet/chunk.h"
#include "lib/parquet/dictionary.h"
#include "lib/parquet/plain.h"

/*
 * The fast one chooses between a dictionary and PLAIN alone; the balanced one takes what is slower to read
 * only where that gains much.
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
	struct page page; /* its values, or indices, or booleans; its encoding does not matter */
	const struct dictionary *dictionary; /* that the indices are of; NULL: there are values */
	uint64_t pages;                      /* like this one that it is to serve, which is the first */
	struct buffer *spare;                /* where a dictionary's values can stand for a moment */
};

bool choose_encoding(const struct choice *choice, struct page_scratch *scratch, enum encoding *encoding,
    struct nest_error *error);

#endif
