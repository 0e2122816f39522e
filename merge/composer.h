/*
 * composer - puts row groups into the file that is being composed; private to the files that do so.
 *
 * A struct composer is zeroed, and what it borrows is set, before it is used;
 * composer_free() gives back what it owns.
 */
#ifndef NEST_MERGE_COMPOSER_H
#define NEST_MERGE_COMPOSER_H

#include "lib/parquet/rebuild.h"
#include "lib/parquet/recode.h"
#include "merge/compose.h"

/* A row group of a file of the sources. */
struct group_place {
	size_t file, group;
};

struct composer {
	/* Borrowed. */
	struct output *out;
	const struct sources *sources;
	const struct compose_options *options;
	struct composed *composed;
	struct nest_error *error;
	/* The file that is read. */
	const struct source *source; /* NULL: none is open */
	struct parquet_file file;
	/* For the row group at hand. */
	struct buffer ranges;
	struct rebuild rebuild;
	struct chunk_reader reader;
	struct recoder recoder;
	struct buffer pages; /* struct page_place: of a chunk that is compressed anew */
	/* For the whole file: they follow all pages. */
	struct buffer column_indexes, offset_indexes;
	struct buffer scratch;
};

void composer_free(struct composer *composer);

/* Opens file number FILE of the sources, unless it is open already. */
bool composer_use(struct composer *composer, size_t file);

/* Gives MEMORY of SIZE bytes to the composed file, and returns it; on failure frees it and returns NULL. */
void *composer_own(struct composer *composer, void *memory, size_t size);

/* Puts the file, row group GROUP and the source's LEAF in front of an error of the data; always false. */
bool composer_fail_in(struct composer *composer, size_t group, uint32_t leaf);

const struct row_group *composer_group(const struct composer *composer, size_t group);

/*
 * Checks the row count of GROUP against the page headers of a column, if the source lacks columns: that many
 * nulls will be made.
 */
bool composer_check_rows(struct composer *composer, size_t group);

/* The source's number for LEAF of the new file, or SCHEMA_ABSENT. */
uint32_t composer_leaf(const struct composer *composer, uint32_t leaf);

/* Adds a row group to what was composed. */
bool composer_add(struct composer *composer, const struct carried_group *group);

/* Copies a row group as it is. */
bool composer_copy_group(struct composer *composer, struct group_place place);

/* Makes a row group from another, with values encoded anew; what the footer says of the group is kept. */
bool composer_encode_group(struct composer *composer, struct group_place place);

/* Makes one row group from COUNT of them. */
bool composer_rebuild_group(struct composer *composer, const struct group_place *places, size_t count);

/*
 * Adds what the source's GROUP has for LEAF of the new file, or nulls, to the chunk that is being rebuilt.
 * FROM gives the source's bytes.
 */
bool composer_add_chunk(
    struct composer *composer, const struct metadata_source *from, size_t group, uint32_t leaf);

/* How to rebuild a chunk of which only the options are known. */
struct column_rules composer_rules(const struct composer *composer);

/*
 * Sets what the options leave open from CHUNK, one of those that the new one is made from: if it IS_FIRST,
 * codec and encoding are its own; the new one has a dictionary, and a bloom filter, if any of them has.
 */
void composer_follow(const struct composer *composer, struct column_rules *rules,
    const struct column_chunk *chunk, bool is_first);

/*
 * Ends the chunk that is being rebuilt, writes it, with a page index if HAS_INDEX, and describes it in CHUNK,
 * which keeps its leaf.
 */
bool composer_put_chunk(struct composer *composer, struct carried_chunk *chunk, bool has_index);

/*
 * Does all of that for LEAF of the new file in GROUP, of the file that is open: makes its chunk by RULES, and
 * adds its sizes to those of the group.
 */
bool composer_make_chunk(struct composer *composer, struct carried_group *group, uint32_t leaf,
    const struct column_rules *rules, struct carried_chunk *chunk, bool has_index);

/* The places that the footer gives for CHUNK. */
struct chunk_places composer_places(const struct column_chunk *chunk);

#endif
