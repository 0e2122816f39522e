/*
 * metadata - what a Parquet file says about itself in its footer.
 *
 * The structs mirror those of parquet.thrift, as far as this project writes
 * them.  For the writer all their pointers are borrowed.  metadata_read() fills
 * a struct file_metadata that owns everything in it; metadata_free() gives it back.
 *
 * What is read is untrusted: counts are checked against the bytes that must back
 * them, offsets and sizes against the file, the schema by schema_parse().
 * NEST_INVALID names what is wrong; NEST_FAILED is for I/O and memory.
 */
#ifndef NEST_PARQUET_METADATA_H
#define NEST_PARQUET_METADATA_H

#include "lib/base/buffer.h"
#include "lib/schema/schema.h"

enum {
	METADATA_FOOTER_LIMIT = 1 << 28,     /* bytes of a footer that is read */
	METADATA_STATISTICS_LIMIT = 1 << 10, /* bytes of a minimum or maximum that is written */
	METADATA_MAGIC_BYTES = 4,
	METADATA_TAIL_BYTES = 8, /* footer length and magic */
};

/* Values as in parquet.thrift, Encoding. */
enum encoding {
	ENCODING_PLAIN = 0,
	ENCODING_PLAIN_DICTIONARY = 2, /* the old name: PLAIN in dictionaries, RLE_DICTIONARY in data */
	ENCODING_RLE = 3,
	ENCODING_BIT_PACKED = 4, /* of levels, in old files */
	ENCODING_DELTA_BINARY_PACKED = 5,
	ENCODING_DELTA_LENGTH_BYTE_ARRAY = 6,
	ENCODING_DELTA_BYTE_ARRAY = 7,
	ENCODING_RLE_DICTIONARY = 8,
	ENCODING_BYTE_STREAM_SPLIT = 9,
};

enum { ENCODING_KINDS = ENCODING_BYTE_STREAM_SPLIT + 1 };

/* Values as in parquet.thrift, PageType. */
enum page_type { PAGE_DATA = 0, PAGE_INDEX = 1, PAGE_DICTIONARY = 2, PAGE_DATA_V2 = 3 };

/* Values as in parquet.thrift, CompressionCodec. */
enum codec_kind {
	CODEC_NONE = 0,
	CODEC_SNAPPY = 1,
	CODEC_GZIP = 2,
	CODEC_LZO = 3,
	CODEC_BROTLI = 4,
	CODEC_LZ4 = 5, /* in a framing of Hadoop's that was never documented */
	CODEC_ZSTD = 6,
	CODEC_LZ4_RAW = 7,
	CODEC_KINDS,
};

struct key_value {
	struct view key, value;
};

/* Statistics of a page or a chunk; min and max are in PLAIN layout without a length. */
struct value_range {
	bool has_min_max;
	bool has_null_count;
	bool has_nan_count;
	bool is_min_exact, is_max_exact; /* they are values, and not only bounds */
	struct view min, max;
	uint64_t null_count;
	uint64_t nan_count;
};

/* How many pages of a type have an encoding. */
struct encoding_count {
	enum page_type page;
	int32_t encoding;
	uint32_t count;
};

enum { ENCODING_COUNTS = 16 };

/* Sizes and offsets are in bytes; sizes include the headers of pages. */
struct column_chunk {
	enum physical_type physical;
	uint32_t encodings; /* bit 1 << ENCODING for each one used */
	int32_t codec;
	uint64_t num_values;
	uint64_t total_uncompressed_bytes, total_compressed_bytes;
	uint64_t data_page_offset;
	uint64_t dictionary_page_offset; /* 0: there is none */
	/* Page index and bloom filter; 0: there is none. */
	uint64_t offset_index_offset, column_index_offset, bloom_offset;
	uint64_t offset_index_bytes, column_index_bytes;
	uint64_t bloom_bytes;        /* 0: unknown */
	struct view size_statistics; /* for size_statistics_decode(); size 0: there are none */
	struct value_range range;
	struct encoding_count counts[ENCODING_COUNTS];
	size_t count_count;
};

struct row_group {
	struct column_chunk *columns; /* one for each leaf, in their order */
	uint64_t num_rows;
	uint64_t total_uncompressed_bytes, total_compressed_bytes;
	uint64_t file_offset;
	struct view sorting; /* read: for sorting_decode(); size 0: there is none */
};

/* A column by which the rows of each row group are sorted. */
struct sorting_column {
	uint32_t leaf;
	bool descending, nulls_first;
};

struct file_metadata {
	const struct schema *schema;
	uint64_t num_rows;
	uint64_t group_rows; /* read: the sum over row groups, num_rows in a sound file; ignored in writing */
	struct row_group *row_groups;
	size_t row_group_count;
	struct key_value *key_values;
	size_t key_value_count;
	const struct sorting_column *sorting; /* written: of every row group, the first key first */
	size_t sorting_count;
	struct view created_by; /* written: size 0 means this release of nest */

	/* Private to the reader: what the views above point into. */
	struct schema own_schema;
	struct buffer own_bytes; /* FileMetaData as it is in the file; carry_footer() reads it, too */
	struct buffer own_groups, own_columns, own_key_values;
};

/* Appends a whole footer: FileMetaData, its length and the magic. */
bool metadata_encode(struct buffer *out, const struct file_metadata *metadata, struct nest_error *error);

/* Appends only the ColumnChunk of CHUNK, of the leaf NODE of SCHEMA. */
bool metadata_encode_chunk(struct buffer *out, const struct schema *schema, uint32_t node,
    const struct column_chunk *chunk, struct nest_error *error);

/* Appends the length of the FileMetaData that begins at START in OUT, and the magic. */
bool metadata_end(struct buffer *out, size_t start, struct nest_error *error);

/* Fills DATA with SIZE bytes from OFFSET on of a file that CONTEXT leads to. */
typedef bool metadata_read_at(
    void *context, void *data, size_t size, uint64_t offset, struct nest_error *error);

/* A file to read, wherever it is. */
struct metadata_source {
	metadata_read_at *read_at;
	void *context;
	uint64_t size_bytes;
	const char *name; /* for messages */
};

/* Reads the footer of SOURCE and checks the magic at both ends. */
bool metadata_read(
    struct file_metadata *metadata, const struct metadata_source *source, struct nest_error *error);

/* The offset of the chunk's first page in the file. */
uint64_t column_chunk_start(const struct column_chunk *chunk);

/* The value of the file's key-value KEY, or NULL. */
const struct view *metadata_value(const struct file_metadata *metadata, const char *key);

void metadata_free(struct file_metadata *metadata);

#endif
