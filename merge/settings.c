/* settings.c - the options of parquet-merge, and which of them go together. */
#include "merge/settings.h"

#include "merge/jobs.h"

#include <string.h>

enum { GROUP_BYTES = 512 << 20, NO_PRESET = PRESET_SMALL + 1 };

/* Only one way to continue or end a run may be given; none of them takes frames. */
static bool
check_verbs(const struct settings *settings, struct nest_error *error)
{
	int verbs = (settings->joined != NULL) + settings->checks + settings->missing + settings->staged +
	            settings->sweep + settings->shows;
	if (verbs > 1)
		return nest_error_set(error, NEST_USAGE,
		    "--check, --missing, --output, --show, --staged and --sweep are given together; give one "
		    "of them");
	if (verbs == 1 && settings->wire.from != NULL)
		return nest_error_set(error, NEST_USAGE,
		    "--from is given, but --check, --missing, --output, --show, --staged and --sweep take no "
		    "frames");
	if ((settings->show.json || settings->rows_text != NULL) && !settings->shows)
		return nest_error_set(error, NEST_USAGE, "--json and --rows go with --show");
	if (settings->show.json && settings->rows_text != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--json and --rows are given together; rows are JSON Lines already");
	if (settings->share_text != NULL && !settings->missing)
		return nest_error_set(error, NEST_USAGE, "--share is given, but not --missing");
	return true;
}

/* If only one limit is given, the other is large, but bounded by memory. */
static void
settle_groups(struct compose_options *compose)
{
	if (compose->group_rows == 0 && compose->group_bytes > 0)
		compose->group_rows = INT64_MAX;
	if (compose->group_bytes == 0)
		compose->group_bytes = GROUP_BYTES;
}

/* Checks options that need files, or something made from them. */
static bool
check_files(const struct settings *settings, struct nest_error *error)
{
	bool makes_directory = settings->takes_files && !settings->checks && settings->joined == NULL;
	bool makes = makes_directory || settings->joined != NULL;
	if (settings->takes_files && settings->wire.from != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--from is given, and files: a dataset is made of frames or of files");
	if (settings->listed != NULL && !settings->takes_files)
		return nest_error_set(error, NEST_USAGE,
		    "--files-from is given with what takes no files: it goes with a dataset directory, "
		    "--output "
		    "and --check");
	if (settings->has_nulls && settings->listed == NULL)
		return nest_error_set(error, NEST_USAGE, "--null is given, but not --files-from");
	if (settings->schema != SOURCES_EQUAL && !makes)
		return nest_error_set(
		    error, NEST_USAGE, "--schema is given, but there are no files to make something of");
	if (settings->compression != NULL && !makes)
		return nest_error_set(
		    error, NEST_USAGE, "--compression is given, but there are no files to make something of");
	if (settings->compose.encoding.is_given && !makes)
		return nest_error_set(
		    error, NEST_USAGE, "--preset is given, but there are no files to make something of");
	if (settings->compose.group_rows > 0 && !makes)
		return nest_error_set(error, NEST_USAGE,
		    "--row-group-rows or --row-group-bytes is given, but there are no files to make "
		    "something "
		    "of");
	if (settings->verify && settings->joined != NULL && strcmp(settings->joined, "-") == 0)
		return nest_error_set(
		    error, NEST_USAGE, "--verify is given, but what is on standard output is on its way");
	if (settings->metadata && !makes_directory)
		return nest_error_set(
		    error, NEST_USAGE, "--metadata goes with a dataset directory made of files");
	if (settings->verify && (settings->checks || settings->shows || settings->missing || settings->sweep))
		return nest_error_set(error, NEST_USAGE, "--verify is given, but nothing is to be published");
	if (settings->jobs > 1 && !settings->checks && !settings->verify)
		return nest_error_set(error, NEST_USAGE, "--jobs goes with --check and --verify");
	if (settings->takes_files && settings->files.count == 0)
		return nest_error_set(error, NEST_USAGE, "say which files %s",
		    settings->checks ? "or directories to check" : "to make one of");
	return true;
}

/*
 * Decides what the operands are.  One operand without a list of files is the dataset whose parts come in
 * frames, or to which an option such as --missing applies.
 */
static bool
take_operands(struct settings *settings, char **operands, int count, struct nest_error *error)
{
	bool is_verb = settings->missing || settings->staged || settings->sweep || settings->shows;
	bool all_files = settings->checks || settings->joined != NULL;
	settings->takes_files = all_files || (!is_verb && (count > 1 || settings->listed != NULL));
	if (!all_files && (count == 0 || (count > 1 && is_verb)))
		return nest_error_set(error, NEST_USAGE, "one %s is wanted; see parquet-merge --help",
		    settings->shows ? "file" : "dataset directory");
	settings->directory = operands[0];
	settle_groups(&settings->compose);
	settings->compose.encoding =
	    (struct compose_encoding){settings->preset != NO_PRESET, (enum preset)settings->preset};
	return check_verbs(settings, error) &&
	       operands_read(&settings->files, operands + !all_files,
		   settings->takes_files ? settings->listed : NULL, settings->has_nulls, error) &&
	       check_files(settings, error);
}

static bool
parse_compression(struct settings *settings, struct nest_error *error)
{
	struct compose_codec *codec = &settings->compose.codec;
	const char *text = settings->compression;
	codec->is_given = text != NULL;
	codec->is_level = text != NULL && strchr(text, ':') != NULL;
	return text == NULL || codec_parse(&codec->choice, view_of_text(text), "--compression", error);
}

/* Parses how many rows to show. */
static bool
parse_rows(struct settings *settings, struct nest_error *error)
{
	static const enum jsonl_binary binaries[] = {JSONL_UTF8, JSONL_BASE64, JSONL_HEX};
	settings->show.binary = binaries[settings->binary];
	settings->show.has_rows = settings->rows_text != NULL;
	settings->show.rows = UINT64_MAX;
	return settings->rows_text == NULL || strcmp(settings->rows_text, "all") == 0 ||
	       options_count(settings->rows_text, "--rows", 0, INT64_MAX, &settings->show.rows, error);
}

bool
merge_settings_parse(struct settings *settings, int argc, char **argv, struct nest_error *error)
{
	*settings = (struct settings){.wire = wire_options_default("parquet-merge", "parquet-encode", NULL),
	    .base = "part",
	    .preset = NO_PRESET,
	    .jobs = 1,
	    .share = {0, 1}};
	const struct option_spec options[] = {
	    WIRE_FROM_OPTIONS(settings->wire),
	    {0, "force", NULL, "replace the dataset that is there already", OPTION_FLAG, &settings->force, 0,
		0},
	    {0, "base", "NAME", "call the files NAME-00000.parquet, ... (part)", OPTION_TEXT, &settings->base,
		0, 0},
	    {0, "missing", NULL, "print which parts a run that failed has not completed", OPTION_FLAG,
		&settings->missing, 0, 0},
	    {0, "share", "I/G", "of parts I, I+G, I+2G ... alone (0/1)", OPTION_TEXT, &settings->share_text,
		0, 0},
	    {0, "staged", NULL, "publish what is complete already, with no sender", OPTION_FLAG,
		&settings->staged, 0, 0},
	    {'o', "output", "FILE", "make one file of Parquet files, the operands", OPTION_TEXT,
		&settings->joined, 0, 0},
	    {0, "files-from", "FILE",
		"read the names of more files from FILE, one a line (- is standard input)", OPTION_TEXT,
		&settings->listed, 0, 0},
	    {'0', "null", NULL, "there, a zero byte ends a name", OPTION_FLAG, &settings->has_nulls, 0, 0},
	    {0, "schema", "equal|union", "files of one schema, or what one lacks becomes null (equal)",
		OPTION_CHOICE, &settings->schema, 0, 0},
	    {0, "compression", CODEC_WORDS, "compress pages of files so, not as they are", OPTION_TEXT,
		&settings->compression, 0, 0},
	    {0, "preset", PRESET_WORDS, "encode values of files so, not as they are", OPTION_CHOICE,
		&settings->preset, 0, 0},
	    {0, "row-group-rows", "N", "make row groups that follow one another one of up to N rows",
		OPTION_COUNT, &settings->compose.group_rows, 1, INT64_MAX},
	    {0, "row-group-bytes", "N", "or of up to N bytes, uncompressed", OPTION_COUNT,
		&settings->compose.group_bytes, 1, INT64_MAX},
	    {0, "metadata", NULL, "add _metadata and _common_metadata to a dataset made of files",
		OPTION_FLAG, &settings->metadata, 0, 0},
	    {0, "check", NULL, "read Parquet files, the operands, and tell the first fault", OPTION_FLAG,
		&settings->checks, 0, 0},
	    {0, "verify", NULL, "check so all files before they are published", OPTION_FLAG,
		&settings->verify, 0, 0},
	    {'j', "jobs", "N", "check with N processes side by side (1)", OPTION_COUNT, &settings->jobs, 1,
		JOBS_MOST},
	    {0, "show", NULL, "show what is in a Parquet file, the operand", OPTION_FLAG, &settings->shows, 0,
		0},
	    {0, "json", NULL, "as JSON", OPTION_FLAG, &settings->show.json, 0, 0},
	    {0, "rows", "N|all", "show its first N rows, as JSON Lines", OPTION_TEXT, &settings->rows_text, 0,
		0},
	    {0, "binary", "utf8|base64|hex", "how bytes that are no text become strings (utf8)",
		OPTION_CHOICE, &settings->binary, 0, 0},
	    {0, "sweep", NULL, "remove what a run that failed has left", OPTION_FLAG, &settings->sweep, 0, 0},
	    WIRE_COMMON_OPTIONS(settings->wire),
	    PROGRAM_STATS_OPTION(settings->report),
	    {'q', "quiet", NULL, "show no progress", OPTION_STEP, &settings->quiet, 0, 0},
	    {'v', "verbose", NULL, "show progress, and what was done at the end", OPTION_STEP,
		&settings->verbose, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"parquet-merge", "[options] directory [file ...]",
	    "Checks the parts of a dataset, or files, and publishes them as one directory, or one file.",
	    options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	return take_operands(settings, argv + operands, argc - operands, error) &&
	       parse_rows(settings, error) && parse_compression(settings, error) &&
	       (settings->share_text == NULL || options_share(settings->share_text, "--share",
						    &settings->share.index, &settings->share.count, error)) &&
	       wire_options_settle(&settings->wire, error);
}
