/*
 * options - a program's command line, described once as a table.
 *
 * The table drives parsing and --help alike, so the two cannot drift.  Long
 * options are spelled `--name value` or `--name=value`, or by a single letter if
 * the table has one; `--` ends the options.  -h/--help and -V/--version are
 * part of every program and answer on standard output with status 0.
 *
 * Nothing is allocated: texts point into argv.
 */
#ifndef NEST_BASE_OPTIONS_H
#define NEST_BASE_OPTIONS_H

#include "lib/base/error.h"

#include <stdint.h>

enum option_kind {
	OPTION_FLAG,   /* bool: set to true */
	OPTION_STEP,   /* int: one more each time it is given */
	OPTION_TEXT,   /* const char * */
	OPTION_TEXTS,  /* struct option_texts: one more each time it is given */
	OPTION_COUNT,  /* uint64_t between low and high, in the notation of quantity.h */
	OPTION_CHOICE, /* unsigned: the index into choices, a list of words separated by '|' */
};

enum { OPTION_TEXTS_MOST = 1000 };

struct option_texts {
	const char *list[OPTION_TEXTS_MOST];
	uint32_t count;
};

struct option_spec {
	char letter;          /* 0: none */
	const char *name;     /* NULL ends the table */
	const char *argument; /* the name of the value in --help; for a choice, the choices themselves */
	const char *help;
	enum option_kind kind;
	void *target;
	uint64_t low, high;
};

struct program_usage {
	const char *name;     /* nest-gen */
	const char *synopsis; /* "[options] recipe" */
	const char *summary;  /* one line */
	const struct option_spec *options;
};

/*
 * Parses argv against the table.  argv is permuted so that the operands come
 * last, and *OPERANDS is where they start.  Answers -h and -V itself and exits.
 * NEST_USAGE for a command line that the table does not allow.
 */
bool options_parse(
    const struct program_usage *usage, int argc, char **argv, int *operands, struct nest_error *error);

/* Parses a count such as 10M; WHAT names it in the message ("--rows"). */
bool options_count(const char *text, const char *what, uint64_t low, uint64_t high, uint64_t *value,
    struct nest_error *error);

/* Parses I/N, as in "share I of N": N from 1 to 4096 and I below it. */
bool options_share(
    const char *text, const char *what, uint64_t *share, uint64_t *shares, struct nest_error *error);

#endif
