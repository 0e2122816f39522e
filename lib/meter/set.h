/*
 * set - the names that a run instruments.
 *
 * A text file: one name a line, and behind a tab words parted by blanks.  They
 * are labels that the name is given from the start (as by autolabel: `hotspot` is
 * then kept and no longer scored), and what it has from earlier runs: `score=N`,
 * which it begins with, `failed=N`, in how many runs in a row it has failed, and
 * `sampled=N`, that one call in N is metered: a power of two, or the next below.
 * Empty lines and lines that begin with `#` are passed over.  Names that are not
 * in it are never metered.  The file is untrusted and bounded.
 *
 * A struct meter_set owns its memory; a zeroed one is the empty set.
 */
#ifndef NEST_METER_SET_H
#define NEST_METER_SET_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

#include <stdint.h>

enum {
	METER_SET_BYTES = 256 << 20,
	METER_SET_LIMIT = 1 << 20,
	METER_SCORE_LIMIT = 1000000000,
	METER_RATE_LIMIT = 12
};

struct meter_set_entry {
	const char *name;   /* ends with a zero byte */
	const char *labels; /* likewise; "" for none */
	uint32_t score;     /* 0: none is carried */
	uint32_t failures;
	uint32_t sampled; /* 0: every call is metered */
};

struct meter_set {
	struct meter_set_entry *entries; /* sorted by name, each once */
	size_t count;
	char *text; /* what the entries point into */
};

/* NEST_USAGE with the line of what is invalid; *SET is then empty. */
bool meter_set_parse(struct meter_set *set, struct view text, struct nest_error *error);
/* Appends the line of ENTRY. */
bool meter_set_print(const struct meter_set_entry *entry, struct buffer *text, struct nest_error *error);
bool meter_set_read(struct meter_set *set, const char *path, struct nest_error *error);

/* The entry of NAME; NULL if it is not in the set. */
const struct meter_set_entry *meter_set_find(const struct meter_set *set, const char *name);
void meter_set_free(struct meter_set *set);

#endif
