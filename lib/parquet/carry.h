/*
 * carry - the footer of a file that holds the row groups of others.
 *
 * Footers are carried over, not built anew: whatever a writer said that is not
 * known here stays as it is, byte for byte.  Only what must change does: the
 * places of chunks and bloom filters, the number of rows, and the ordinals of
 * row groups.  Page indexes have places of pages in them; they are left out
 * where pages have moved.
 */
#ifndef NEST_PARQUET_CARRY_H
#define NEST_PARQUET_CARRY_H

#include "lib/parquet/metadata.h"

struct carried_file {
	const struct file_metadata *metadata; /* as metadata_read() left it */
	uint64_t shift_bytes;                 /* all its data stand so much farther from the beginning */
};

/*
 * Appends the whole footer of a file with the row groups of FILES, one file after another; all else
 * is the first one's.  Their schemas must be equal.  NEST_INVALID where the sum is too large.
 */
bool carry_footer(
    struct buffer *out, const struct carried_file *files, size_t count, struct nest_error *error);

#endif
