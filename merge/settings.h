/*
 * settings - the command line of parquet-merge.
 */
#ifndef NEST_MERGE_SETTINGS_H
#define NEST_MERGE_SETTINGS_H

#include "lib/base/program.h"
#include "lib/wire/wire.h"
#include "merge/compose.h"
#include "merge/operands.h"
#include "merge/recovery.h"
#include "merge/show.h"

struct settings {
	struct wire_options wire;
	const char *base;
	struct program_report report;
	bool force, missing, staged, sweep, shows, checks;
	struct show_options show;
	const char *rows_text;
	unsigned binary;
	const char *share_text;
	struct recovery_share share; /* of the missing parts */
	int verbose, quiet;
	const char *directory; /* or the file that is shown */
	const char *joined;    /* the one file to make from files; NULL: none */
	bool takes_files;      /* instead of frames */
	const char *listed;    /* a file that names files, or NULL */
	bool has_nulls;        /* names in it end with a zero byte */
	unsigned schema;       /* enum sources_rule */
	bool metadata;
	const char *compression;
	unsigned preset; /* enum preset; one more than the last if none is given */
	struct compose_options compose;
	bool verify;
	uint64_t jobs; /* processes that check files */
	struct operands files;
};

/*
 * Fills SETTINGS, whose `files` own the names that were read from a list until
 * operands_free().  NEST_USAGE if options do not go together.
 */
bool merge_settings_parse(struct settings *settings, int argc, char **argv, struct nest_error *error);

#endif
