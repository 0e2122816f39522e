/*
 * sources - the files that something is made from, and the schema that they have together.
 *
 * A struct sources owns all but the paths until sources_free().  The footer of
 * each file is read once and kept; the file is closed, since there may be many,
 * and opened again when its pages are needed.
 *
 * Errors: NEST_INVALID names a file that is not sound, or whose schema does not
 * fit; NEST_FAILED if a file cannot be read, or was changed in between.
 */
#ifndef NEST_MERGE_SOURCES_H
#define NEST_MERGE_SOURCES_H

#include "lib/schema/unite.h"
#include "merge/file.h"

/* Schemas must be equal, except the message's name; or columns that a file lacks become null. */
enum sources_rule { SOURCES_EQUAL, SOURCES_UNION };

struct source {
	struct parquet_file file;    /* its descriptor is closed */
	struct chunk_places *places; /* of all chunks of each row group, in their order */
	struct schema_source
	    *leaves; /* for each leaf of the schema of all; NULL: it has the same ones in the same order */
};

struct sources {
	struct source *list;
	size_t count;
	const struct schema *schema; /* of all */
	struct schema_union united;  /* that it is from, with SOURCES_UNION */
};

/* There must be at least one path. */
bool sources_open(struct sources *sources, char *const *paths, size_t count, enum sources_rule rule,
    struct nest_error *error);
void sources_free(struct sources *sources);

/* The offset of the footer of SOURCE: the bytes before it. */
uint64_t source_data_bytes(const struct source *source);

/* Opens SOURCE again as FILE, which the caller owns until parquet_file_close(). */
bool source_reopen(const struct source *source, struct parquet_file *file, struct nest_error *error);

#endif
