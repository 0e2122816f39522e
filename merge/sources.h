/*
 * sources - the files that something is made of, and the schema that they have together.
 *
 * A struct sources owns all but the paths until sources_free().  Of each file
 * the footer is read once and kept; its descriptor is given back, since there
 * may be many, and the file is opened again when its pages are wanted.
 *
 * Errors: NEST_INVALID names the file that is not sound, or whose schema does
 * not fit; NEST_FAILED where it cannot be read, or was changed in between.
 */
#ifndef NEST_MERGE_SOURCES_H
#define NEST_MERGE_SOURCES_H

#include "lib/schema/unite.h"
#include "merge/file.h"

/* Schemas must be equal, but for the message's name; or columns that a file lacks become null. */
enum sources_rule { SOURCES_EQUAL, SOURCES_UNION };

struct source {
	struct parquet_file file;    /* its descriptor is closed */
	struct chunk_places *places; /* of each row group all chunks, in their order */
	struct schema_source
	    *leaves; /* of each leaf of the schema of all; NULL: it has them in their order */
};

struct sources {
	struct source *list;
	size_t count;
	const struct schema *schema; /* of all */
	struct schema_union united;  /* what it is of, with SOURCES_UNION */
};

/* There is one path at least. */
bool sources_open(struct sources *sources, char *const *paths, size_t count, enum sources_rule rule,
    struct nest_error *error);
void sources_free(struct sources *sources);

/* Where the footer of SOURCE starts. */
uint64_t source_data_bytes(const struct source *source);

/* Opens it again as FILE, the caller's until parquet_file_close(). */
bool source_reopen(const struct source *source, struct parquet_file *file, struct nest_error *error);

#endif
