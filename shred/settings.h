/*
 * settings - the command line of nest-shred.
 */
#ifndef NEST_SHRED_SETTINGS_H
#define NEST_SHRED_SETTINGS_H

#include "lib/base/program.h"
#include "lib/records/infer.h"
#include "lib/wire/wire.h"
#include "shred/records.h"

/* The format of the input, in the order of the option's words. */
enum { WORD_AUTO, WORD_FRAMES, WORD_JSONL, WORD_MSGPACK };

/* The meaning of a msgpack str in a JSON leaf, likewise. */
enum { TEXTS_AUTO, TEXTS_JSON, TEXTS_STRING };

struct settings {
	struct wire_options wire;
	struct program_report report;
	struct records_options records;
	struct infer_options infer;
	uint64_t part_bytes, parts;
	const char *schema, *share, *only_parts, *infer_rows, *unknown;
	struct number_list only;
	unsigned format, on_error, duplicates, texts;
	bool prints_schema;
};

/*
 * Fills SETTINGS; *OPERANDS is the index of the first file in ARGV.  A list of
 * parts that comes from standard input is read here.
 */
bool settings_parse(
    struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error);
void settings_free(struct settings *settings);

/* Fails with NEST_USAGE: --only-parts was given, and the input is frames. */
bool settings_fail_only_frames(struct nest_error *error);

#endif
