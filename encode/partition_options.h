/*
 * partition_options - the columns by which rows go into directories: `--partition-by country,year`.
 *
 * A struct partition_options owns the names given on a command line, that of the outermost directory first;
 * partition_options_free() gives it back.  Errors are NEST_USAGE, even if it takes a schema to show that
 * there is no such column, or that it cannot be one of these; NEST_FAILED is for lack of memory.
 */
#ifndef NEST_ENCODE_PARTITION_OPTIONS_H
#define NEST_ENCODE_PARTITION_OPTIONS_H

#include "lib/base/digest.h"
#include "lib/dataset/bundle.h"
#include "lib/schema/schema.h"

enum { PARTITION_COLUMNS_MOST = BUNDLE_DEPTH_MOST };

struct partition_options {
	struct buffer columns; /* private: struct buffer, each with the names of a path (lib/schema/path.h) */
};

/* Takes one argument of --partition-by: names with commas between, which follow those of earlier ones. */
bool partition_options_add(struct partition_options *options, const char *text, struct nest_error *error);
void partition_options_free(struct partition_options *options);

/* How many columns there are; 0: rows are not partitioned. */
uint32_t partition_options_count(const struct partition_options *options);

/* Adds all settings that affect the bytes of files to DIGEST. */
void partition_options_digest(const struct partition_options *options, struct digest *digest);

/*
 * Fills LEAVES with the number of each column's leaf in SCHEMA, and REST, to be freed by the caller, with
 * the schema of all others.
 */
bool partition_options_choose(const struct partition_options *options, const struct schema *schema,
    uint32_t leaves[PARTITION_COLUMNS_MOST], struct schema *rest, struct nest_error *error);

#endif
