/*
 * carry - the footer of a file that holds the row groups of others.
 *
 * Footers are carried over, not built anew: fields that are unknown here are
 * kept byte for byte.  Only what must change does: the places of chunks, bloom
 * filters and page indexes, the number of rows, the ordinals of row groups; and,
 * if the files differ in their columns, the schema and what follows from it.
 *
 * Everything that the structs point to is borrowed.
 */
#ifndef NEST_PARQUET_CARRY_H
#define NEST_PARQUET_CARRY_H

#include "lib/parquet/metadata.h"

/* A range of bytes in a file; AT 0 means none, since a file begins with its magic. */
struct place_span {
	uint64_t at, bytes;
};

/* Where a chunk's bloom filter and indexes are. */
struct chunk_places {
	struct place_span bloom; /* of 0 bytes if the footer does not give its size */
	struct place_span column_index, offset_index;
};

/* A chunk whose pages were compressed anew. */
struct carried_pages {
	int32_t codec;
	uint64_t uncompressed_bytes, compressed_bytes;
	uint64_t data_page_offset, dictionary_page_offset; /* 0: none */
};

struct carried_chunk {
	uint32_t leaf;       /* which column of the file it is; past its last one if the file lacks it */
	struct view made;    /* the ColumnChunk, if it was newly built; data NULL: that of the file */
	int64_t shift_bytes; /* added to its places */
	const struct carried_pages *pages; /* NULL: unchanged */
	struct chunk_places places;        /* where its filter and indexes are now; at 0: nowhere */
};

/* A row group that was newly built, with all of its chunks. */
struct carried_sums {
	uint64_t rows, uncompressed_bytes, compressed_bytes;
};

struct carried_group {
	const struct carried_sums *made;            /* NULL: it is row group GROUP of file FILE */
	size_t file, group;                         /* where it came from */
	uint64_t file_offset;                       /* of its first page; 0: unchanged */
	int64_t more_uncompressed, more_compressed; /* bytes added to its sizes */
	const struct carried_chunk *chunks;
	const char *file_path; /* the file that holds its data, if another one; or NULL */
};

/* A field of the schema, taken from the file in which it was first seen. */
struct carried_field {
	size_t file;
	uint32_t node, child_count;
};

struct carried_footer {
	const struct file_metadata *const *files; /* as metadata_read() left them */
	size_t base;                              /* which of them gives all the rest */
	const struct carried_group *groups;       /* those of one file together and in their order */
	size_t group_count;
	size_t leaf_count;                  /* of the new schema */
	const struct carried_field *fields; /* of the new schema, depth first; NULL: it is that of BASE */
	size_t field_count;
	const char *const *dropped_keys; /* key-values of BASE that do not hold for the new file */
	size_t dropped_count;
};

/*
 * Appends the whole footer; all but schema and row groups comes from file BASE.  NEST_INVALID if a sum
 * or the footer is too large.
 */
bool carry_footer(struct buffer *out, const struct carried_footer *footer, struct nest_error *error);

/* A data page as in an offset index. */
struct page_place {
	uint64_t at, bytes; /* including the header */
};

/*
 * Appends the OffsetIndex INDEX for pages that were moved by SHIFT_BYTES, or, if PAGES is not NULL, are
 * at these PAGE_COUNT places.  NEST_INVALID if INDEX is not an OffsetIndex, or one of other pages.
 */
bool carry_offset_index(struct buffer *out, struct view index, int64_t shift_bytes,
    const struct page_place *pages, size_t page_count, struct nest_error *error);

#endif
