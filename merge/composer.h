/*
 * composer - how the row groups of a file that is being composed get there: private to the files that do it.
 *
 * A struct composer is zeroed but for what it borrows before it is used, and
 * gives back what it owns with composer_free().
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
	/* Of the row group that is made. */
	struct buffer ranges;
	struct rebuild rebuild;
	struct chunk_reader reader;
	struct recoder recoder;
	struct buffer pages; /* struct page_place: of a chunk that is compressed anew */
	/* Of the whole file: they stand behind all pages. */
	struct buffer column_indexes, offset_indexes;
	struct buffer scratch;
};

void composer_free(struct composer *composer);

/* Opens file number FILE of the sources, unless it is open. */
bool composer_use(struct composer *composer, size_t file);

/* MEMORY of SIZE bytes becomes what the composed file owns; NULL, and it is freed, where there is none. */
void *composer_own(struct composer *composer, void *memory, size_t size);

/* Puts the file, ROW GROUP and the source's LEAF before the sentence of an error of the data; false. */
bool composer_fail_in(struct composer *composer, size_t group, uint32_t leaf);

const struct row_group *composer_group(const struct composer *composer, size_t group);

/*
 * Whether GROUP has as many rows as it says, as far as the headers of a column's pages tell: where the source
 * lacks columns, so many nulls are made.
 */
bool composer_check_rows(struct composer *composer, size_t group);

/* The leaf of the source that is LEAF of the new file, or SCHEMA_ABSENT. */
uint32_t composer_leaf(const struct composer *composer, uint32_t leaf);

/* Adds a row group to what was composed. */
bool composer_add(struct composer *composer, const struct carried_group *group);

/* Copies one as it is. */
bool composer_copy_group(struct composer *composer, struct group_place place);

/* Makes one of another, whose values are encoded anew; what is told of them all stays as it is. */
bool composer_encode_group(struct composer *composer, struct group_place place);

/* Makes one of COUNT of them. */
bool composer_rebuild_group(struct composer *composer, const struct group_place *places, size_t count);

/*
 * Adds what the source has of LEAF of the new file in GROUP, or its nulls, to the chunk that is rebuilt.
 * FROM is where the source's bytes are.
 */
bool composer_add_chunk(
    struct composer *composer, const struct metadata_source *from, size_t group, uint32_t leaf);

/* How a chunk is rebuilt of which nothing is known but the options. */
struct column_rules composer_rules(const struct composer *composer);

/*
 * What the options do not say is as in CHUNK, where it IS_FIRST of those that the new one is made of: its
 * codec, and its encoding; it has a dictionary, and a bloom filter, where any has one.
 */
void composer_follow(const struct composer *composer, struct column_rules *rules,
    const struct column_chunk *chunk, bool is_first);

/* Ends the chunk that is rebuilt, writes it and tells of it in CHUNK, which keeps its leaf; with a page index
 * where HAS_INDEX. */
bool composer_put_chunk(struct composer *composer, struct carried_chunk *chunk, bool has_index);

/*
 * All of that for LEAF of the new file in GROUP, of the file that is read: its chunk is made by RULES, and
 * what it has is added to the group's bytes.
 */
bool composer_make_chunk(struct composer *composer, struct carried_group *group, uint32_t leaf,
    const struct column_rules *rules, struct carried_chunk *chunk, bool has_index);

/* What the footer says of CHUNK. */
struct chunk_places composer_places(const struct column_chunk *chunk);

#endif
