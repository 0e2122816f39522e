/*
 * partition_keys - the partitions of a part: which directory each row belongs to.
 *
 * A struct partition_keys owns what it points to, except schema and leaves, which must stay;
 * partition_keys_free() gives it back.  Partitions are numbered in the order in which they are
 * first met.
 *
 * Errors: NEST_INVALID names column and row of a value that cannot name a directory, or of the first that
 * makes more than BUNDLE_FILES_MOST partitions; NEST_FAILED is for lack of memory.
 */
#ifndef NEST_ENCODE_PARTITION_KEYS_H
#define NEST_ENCODE_PARTITION_KEYS_H

#include "encode/partition_options.h"
#include "lib/columns/slice.h"

struct partition_column {
	const struct schema_node *node;
	const struct leaf *leaf;
	uint32_t number;      /* of the leaf */
	struct buffer prefix; /* "NAME=" */
};

struct partition_keys {
	struct partition_column columns[PARTITION_COLUMNS_MOST];
	uint32_t column_count;
	struct dictionary values; /* each the values of a row, one after the other, as they came */
	struct buffer partitions; /* uint32_t, one for each of these */
	struct dictionary folders;
	struct buffer row, folder; /* of the present row */
};

/* Begins a part; KEYS is zeroed.  LEAVES are those of SCHEMA; COLUMNS are the numbers of COUNT of them. */
bool partition_keys_open(struct partition_keys *keys, const struct schema *schema, const struct leaf *leaves,
    const uint32_t *columns, uint32_t count, struct nest_error *error);
void partition_keys_free(struct partition_keys *keys);

/*
 * Fills PARTITIONS with the partition of each of ROWS rows, which begin at FIRST_ROW; their levels must have
 * been checked.
 */
bool partition_keys_take(struct partition_keys *keys, const struct leaf_slice *slices, uint64_t rows,
    uint64_t first_row, uint32_t *partitions, struct nest_error *error);

uint32_t partition_keys_count(const struct partition_keys *keys);

/* The directory of PARTITION, NAME=VALUE/NAME=VALUE; valid until the next row is taken. */
struct view partition_keys_folder(const struct partition_keys *keys, uint32_t partition);

#endif
