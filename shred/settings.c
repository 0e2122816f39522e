#include "shred/settings.h"

#include <string.h>

enum {
	INFER_ROWS = 10000,
	BATCH_ROWS = 16384,
	PART_BYTES = 64000000,
};

static bool
parse_unknown(struct settings *settings, struct nest_error *error)
{
	static const char keep[] = "keep=";
	const char *text = settings->unknown;
	struct walk_rules *rules = &settings->records.rules;
	if (text == NULL || strcmp(text, "ignore") == 0) {
		rules->unknown = UNKNOWN_IGNORE;
	} else if (strcmp(text, "fail") == 0) {
		rules->unknown = UNKNOWN_FAIL;
	} else if (strncmp(text, keep, sizeof keep - 1) == 0 && text[sizeof keep - 1] != '\0') {
		rules->unknown = UNKNOWN_KEEP;
		rules->keep = settings->infer.keep = text + sizeof keep - 1;
	} else {
		return nest_error_set(
		    error, NEST_USAGE, "--unknown: '%s' is none of ignore|fail|keep=FIELD", text);
	}
	return true;
}

static bool
parse_infer_rows(struct settings *settings, struct nest_error *error)
{
	const char *text = settings->infer_rows;
	if (text != NULL && strcmp(text, "all") == 0)
		settings->infer.rows = 0;
	else if (text != NULL)
		return options_count(text, "--infer-rows", 1, UINT64_MAX, &settings->infer.rows, error);
	return true;
}

bool
settings_fail_only_frames(struct nest_error *error)
{
	return nest_error_set(error, NEST_USAGE,
	    "--only-parts: frames come with their parts, and all are taken; give it to what makes them");
}

/* Standard input that has the list has no records. */
static bool
parse_only_parts(struct settings *settings, char **paths, int count, struct nest_error *error)
{
	const char *text = settings->only_parts;
	bool reads_records = count == 0;
	if (text == NULL)
		return true;
	for (int i = 0; i < count; i++)
		reads_records = reads_records || strcmp(paths[i], "-") == 0;
	if (reads_records && strcmp(text, "-") == 0)
		return nest_error_set(error, NEST_USAGE,
		    "--only-parts: standard input has the list or the records, not both; name files of "
		    "records");
	settings->records.only = &settings->only;
	return number_list_option(&settings->only, text, "--only-parts", error);
}

static bool
check_together(const struct settings *settings, int operands, struct nest_error *error)
{
	bool frames = settings->format == WORD_FRAMES || settings->wire.from != NULL;
	if (frames && operands > 0)
		return nest_error_set(
		    error, NEST_USAGE, "files hold records; frames come by standard input or by --from");
	if (settings->wire.from != NULL && settings->format > WORD_FRAMES)
		return nest_error_set(
		    error, NEST_USAGE, "--from takes frames; records come by files or standard input");
	if (frames && settings->only_parts != NULL)
		return settings_fail_only_frames(error);
	if (frames && (settings->prints_schema || settings->schema != NULL))
		return nest_error_set(
		    error, NEST_USAGE, "frames carry their schema: it is neither given nor inferred");
	if (settings->records.rejects != NULL && settings->on_error == 0)
		return nest_error_set(
		    error, NEST_USAGE, "--rejects is for --on-error skip; nothing else is rejected");
	return true;
}

bool
settings_parse(struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error)
{
	*settings = (struct settings){
	    .records = {.batch_rows = BATCH_ROWS, .shares = 1},
	    .infer = {.rows = INFER_ROWS},
	    .part_bytes = PART_BYTES,
	};
	const struct option_spec options[] = {
	    {0, "format", "auto|frames|jsonl|msgpack", "what comes in (auto: the first byte tells)",
		OPTION_CHOICE, &settings->format, 0, 0},
	    {0, "schema", "FILE", "the message type of the records (inferred)", OPTION_TEXT,
		&settings->schema, 0, 0},
	    {0, "print-schema", NULL, "print the message type, and do nothing else", OPTION_FLAG,
		&settings->prints_schema, 0, 0},
	    {0, "infer-rows", "N|all", "records looked at to infer it (10000)", OPTION_TEXT,
		&settings->infer_rows, 0, 0},
	    {0, "infer-dates", NULL, "ISO dates and timestamps are no strings", OPTION_FLAG,
		&settings->infer.dates, 0, 0},
	    {0, "infer-maps", "N", "an object with more keys than this may be a map", OPTION_COUNT,
		&settings->infer.maps, 1, 1000000},
	    {0, "part-bytes", "N", "bytes of the input for each part (64M)", OPTION_COUNT,
		&settings->part_bytes, 1, UINT64_C(1) << 60},
	    {0, "parts", "N", "parts, of equal bytes of the input", OPTION_COUNT, &settings->parts, 1,
		1000000},
	    {0, "share", "I/N", "make only parts I, I+N, I+2N ... (0/1)", OPTION_TEXT, &settings->share, 0,
		0},
	    {0, "only-parts", "LIST", "make only these: 3,5-7, or - to read them from standard input (all)",
		OPTION_TEXT, &settings->only_parts, 0, 0},
	    {'b', "batch", "N", "rows in a frame (16384)", OPTION_COUNT, &settings->records.batch_rows, 1,
		1000000},
	    {0, "on-error", "fail|skip", "what a wrong record does (fail)", OPTION_CHOICE,
		&settings->on_error, 0, 0},
	    {0, "rejects", "FILE", "write records that are skipped to FILE, with what is wrong", OPTION_TEXT,
		&settings->records.rejects, 0, 0},
	    {0, "unknown", "ignore|fail|keep=FIELD",
		"fields that the schema has not (fail if it was inferred)", OPTION_TEXT, &settings->unknown,
		0, 0},
	    {0, "duplicates", "last|fail", "a field that comes twice in one object (last)", OPTION_CHOICE,
		&settings->duplicates, 0, 0},
	    {0, "texts", "auto|json|string",
		"what a str of msgpack is in a JSON field: its text, or a string (auto: string if it was "
		"inferred)",
		OPTION_CHOICE, &settings->texts, 0, 0},
	    {0, "binary", "utf8|base64|hex", "how strings stand for bytes (utf8)", OPTION_CHOICE,
		&settings->records.rules.scalars.binary, 0, 0},
	    {0, "non-finite", NULL, "take the strings NaN, Infinity and -Infinity for floats", OPTION_FLAG,
		&settings->records.rules.scalars.non_finite, 0, 0},
	    WIRE_FROM_OPTIONS(settings->wire),
	    WIRE_TO_OPTIONS(settings->wire),
	    WIRE_CODEC_OPTION(settings->wire),
	    WIRE_COMMON_OPTIONS(settings->wire),
	    PROGRAM_STATS_OPTION(settings->report),
	    PROGRAM_VERBOSE_OPTION(settings->report),
	    {0},
	};
	const struct program_usage usage = {"nest-shred", "[options] [file ...]",
	    "Takes records apart into columns with repetition and definition levels.", options};
	settings->wire = wire_options_default("nest-shred", "nest-gen", "parquet-encode");
	if (!options_parse(&usage, argc, argv, operands, error) || !parse_unknown(settings, error) ||
	    !parse_infer_rows(settings, error) ||
	    (settings->share != NULL && !options_share(settings->share, "--share", &settings->records.share,
					    &settings->records.shares, error)) ||
	    !check_together(settings, argc - *operands, error) ||
	    !parse_only_parts(settings, argv + *operands, argc - *operands, error))
		return false;
	settings->records.rules.duplicates_fail = settings->duplicates == 1;
	settings->records.rules.texts_are_values = settings->texts == TEXTS_STRING;
	settings->records.skips_wrong = settings->infer.skips_wrong = settings->on_error == 1;
	settings->records.format = settings->format == WORD_JSONL     ? FORMAT_JSONL
	                           : settings->format == WORD_MSGPACK ? FORMAT_MSGPACK
	                                                              : FORMAT_AUTO;
	return wire_options_settle(&settings->wire, error) &&
	       program_report_settle(&settings->report, wire_takes_output(&settings->wire), error);
}

void
settings_free(struct settings *settings)
{
	number_list_free(&settings->only);
}
