/*
 * columns_options - what a command line says about single columns: `--column 'NAME:encoding=PLAIN,...'`.
 *
 * A struct columns_options, zeroed before its first use, owns names and their settings.  Once settled it is
 * sorted by name, so that the order of the words makes no difference; columns_options_free() gives it back.
 * Errors are NEST_USAGE, even if it takes a schema to show that there is no such column or that its
 * type cannot be so written; NEST_FAILED is for lack of memory.
 *
 * A setting is a member of struct column_options, one of enum column_setting, and a line in the table of
 * columns_options.c.
 */
#ifndef NEST_ENCODE_COLUMNS_OPTIONS_H
#define NEST_ENCODE_COLUMNS_OPTIONS_H

#include "lib/base/digest.h"
#include "lib/parquet/codec.h"
#include "lib/parquet/metadata.h"
#include "lib/schema/schema.h"

enum column_setting { COLUMN_ENCODING, COLUMN_COMPRESSION, COLUMN_BLOOM };

/* The settings of one column; those not given are as for all columns. */
struct column_options {
	unsigned given; /* bit 1 << SETTING for each one given */
	enum encoding encoding;
	struct codec_choice compression;
	double bloom_rate; /* of false positives; 0: no filter */
};

struct columns_options {
	struct buffer columns; /* private: struct named_options */
};

/* Takes one argument of --column. */
bool columns_options_add(struct columns_options *options, const char *text, struct nest_error *error);

/* To be called after the last columns_options_add(). */
void columns_options_settle(struct columns_options *options);
void columns_options_free(struct columns_options *options);

/* Adds all settings that affect the bytes of files to DIGEST. */
void columns_options_digest(const struct columns_options *options, struct digest *digest);

/* Fills CHOSEN, which has one for each leaf of SCHEMA.  OPTIONS may be NULL: no settings. */
bool columns_options_choose(const struct columns_options *options, const struct schema *schema,
    struct column_options *chosen, struct nest_error *error);

static inline bool
column_options_has(const struct column_options *options, enum column_setting setting)
{
	return (options->given >> setting & 1) != 0;
}

#endif
