/*
 * carry - the footer of a file that holds the row groups of others.
 *
 * Footers are carried over, not built anew: whatever a writer said that is not
 * known here stays as it is, byte for byte.  Only what must change does: the
 * places of chunks, bloom filters and page indexes, the number of rows, the
 * ordinals of row groups; and where files have other columns than the first
 * one, the schema and what follows from it.
 *
 * Everything that the structs point to is borrowed.
 */
#ifndef NEST_PARQUET_CARRY_H
#define NEST_PARQUET_CARRY_H

#include "lib/parquet/metadata.h"

/* Bytes of a file; at 0 there is nothing, since a magic stands there. */
struct place_span {
	uint64_t at, bytes;
};

/* Where the things lie that a chunk's metadata name beside its pages. */
struct chunk_places {
	struct place_span bloom; /* of 0 bytes where the footer does not say how many they are */
	struct place_span column_index, offset_index;
};

/* The pages of a chunk that were compressed anew. */
struct carried_pages {
	int32_t codec;
	uint64_t uncompressed_bytes, compressed_bytes;
	uint64_t data_page_offset, dictionary_page_offset; /* 0: none */
};

struct carried_chunk {
	uint32_t leaf;       /* which column of the file it is; one that it has not where it has none */
	struct view made;    /* a ColumnChunk that no file has; data NULL: that of the file */
	int64_t shift_bytes; /* so much farther from the beginning its places stand */
	const struct carried_pages *pages; /* NULL: as they were */
	struct chunk_places places;        /* where the rest of it stands now; at 0: nowhere */
};

/* A row group that no file has: all of its chunks are made. */
struct carried_sums {
	uint64_t rows, uncompressed_bytes, compressed_bytes;
};

struct carried_group {
	const struct carried_sums *made;            /* NULL: it is row group GROUP of file FILE */
	size_t file, group;                         /* whose it was */
	uint64_t file_offset;                       /* of the first of its pages; 0: as it was */
	int64_t more_uncompressed, more_compressed; /* bytes, than it had */
	const struct carried_chunk *chunks;
	const char *file_path; /* the file that its data are in, where that is another one; or NULL */
};

/* A field of the schema, as the file has it in which it was first seen. */
struct carried_field {
	size_t file;
	uint32_t node, child_count;
};

struct carried_footer {
	const struct file_metadata *const *files; /* as metadata_read() left them */
	size_t base;                              /* the one whose the rest is */
	const struct carried_group *groups;       /* those of a file one behind another and in their order */
	size_t group_count;
	size_t leaf_count;                  /* of the new schema */
	const struct carried_field *fields; /* of the new schema, depth first; NULL: it is that of BASE */
	size_t field_count;
	const char *const *dropped_keys; /* key-values of BASE that are not true of the new file */
	size_t dropped_count;
};

/*
 * Appends the whole footer; what is neither schema nor row groups is that of one file.  NEST_INVALID where
 * the sum is too large.
 */
bool carry_footer(struct buffer *out, const struct carried_footer *footer, struct nest_error *error);

/* A data page as an offset index tells of it. */
struct page_place {
	uint64_t at, bytes; /* header and all */
};

/*
 * Appends the OffsetIndex INDEX for pages that stand SHIFT_BYTES farther, or, where PAGES is not NULL, at
 * these PAGE_COUNT places.  NEST_INVALID where it is none, or of other pages.
 */
bool carry_offset_index(struct buffer *out, struct view index, int64_t shift_bytes,
    const struct page_place *pages, size_t page_count, struct nest_error *error);

#endif
