/*
 * settings - what the command line of parquet-merge says.
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
	struct recovery_share share; /* of what is missing */
	int verbose, quiet;
	const char *directory; /* or the file that is shown */
	const char *joined;    /* the file that is made of files; NULL: none */
	bool takes_files;      /* not frames */
	const char *listed;    /* a file that names files, or NULL */
	bool has_nulls;        /* behind the names in it */
	unsigned schema;       /* enum sources_rule */
	bool metadata;
	const char *compression;
	unsigned preset; /* enum preset; one more where none is given */
	struct compose_options compose;
	bool verify;
	uint64_t jobs; /* processes that check files */
	struct operands files;
};

/*
 * Fills SETTINGS, which own the names of files that were read from a list until
 * operands_free() of them.  NEST_USAGE where options do not go together.
 */
bool merge_settings_parse(struct settings *settings, int argc, char **argv, struct nest_error *error);

#endif
