/*
 * partition_options - by which columns rows go into directories of their own: `--partition-by country,year`.
 *
 * A struct partition_options owns the names that a command line says, the outermost directory's first;
 * partition_options_free() gives it back.  Errors are NEST_USAGE, also where only a schema shows that
 * there is no such column, or that it cannot be one of these; NEST_FAILED is for want of memory.
 */
#ifndef NEST_ENCODE_PARTITION_OPTIONS_H
#define NEST_ENCODE_PARTITION_OPTIONS_H

#include "lib/base/digest.h"
#include "lib/dataset/bundle.h"
#include "lib/schema/schema.h"

enum { PARTITION_COLUMNS_MOST = BUNDLE_DEPTH_MOST };

struct partition_options {
	struct buffer columns; /* private: struct buffer, the names of a path each (lib/schema/path.h) */
};

/* Takes one argument of --partition-by: names with commas between, which go on where another one ended. */
bool partition_options_add(struct partition_options *options, const char *text, struct nest_error *error);
void partition_options_free(struct partition_options *options);

/* How many columns there are; 0: rows are not told apart. */
uint32_t partition_options_count(const struct partition_options *options);

/* Adds all that decides bytes. */
void partition_options_digest(const struct partition_options *options, struct digest *digest);

/*
 * Fills LEAVES with the leaf of SCHEMA that each column is, and REST, the caller's to free, with the
 * schema of all others.
 */
bool partition_options_choose(const struct partition_options *options, const struct schema *schema,
    uint32_t leaves[PARTITION_COLUMNS_MOST], struct schema *rest, struct nest_error *error);

#endif
