/*
 * compose - makes one Parquet file from the row groups of others.
 *
 * Pages are copied as they are, with what belongs to them: bloom filters, page
 * indexes, whose places are updated, and all that the footer says about them.  Or
 * they are compressed with another codec, and nothing else changes.  Or values are
 * encoded anew.  Columns that a file lacks become chunks of nulls.
 *
 * A struct composed owns what it says about the file until composed_free(); it
 * borrows from the sources.
 */
#ifndef NEST_MERGE_COMPOSE_H
#define NEST_MERGE_COMPOSE_H

#include "lib/parquet/carry.h"
#include "lib/parquet/choose.h"
#include "lib/parquet/codec.h"
#include "merge/output.h"
#include "merge/sources.h"

/* How to compress pages. */
struct compose_codec {
	bool is_given; /* otherwise they stay as they are */
	bool is_level; /* a level was given: pages that have the codec are compressed again, too */
	struct codec_choice choice;
};

/* How to encode values. */
struct compose_encoding {
	bool is_given; /* otherwise they stay as they are */
	enum preset preset;
};

struct compose_options {
	struct compose_codec codec;
	struct compose_encoding encoding;
	/* Successive row groups are joined to at most this many; 0: they stay as they are. */
	uint64_t group_rows;
	uint64_t group_bytes; /* uncompressed */
};

/* What was written, for a footer. */
struct composed {
	struct buffer groups; /* struct carried_group */
	struct buffer owned;  /* void *, to be freed */
};

/* Writes a whole file of all row groups of COUNT SOURCES, from FIRST on, to OUT. */
bool compose_file(struct output *out, const struct sources *sources, size_t first, size_t count,
    const struct compose_options *options, struct composed *composed, struct nest_error *error);

/*
 * Appends the footer of a file that holds GROUPS, an array of struct carried_group; the rest is as
 * in file number BASE of SOURCES.
 */
bool compose_footer(struct buffer *out, const struct sources *sources, size_t base,
    const struct buffer *groups, bool is_of_many, struct nest_error *error);

void composed_free(struct composed *composed);

#endif
