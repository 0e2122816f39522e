/* choices - what the alternatives of choices are in JSON Lines: each is printed once, and fields that take
 * words from one list share them. */
#ifndef NEST_GEN_CHOICES_H
#define NEST_GEN_CHOICES_H

#include "gen/columns.h"
#include "lib/print/jsonl.h"

struct choice;

struct choices {
	struct jsonl *jsonl;
	struct choice *choices; /* one after the other */
	uint32_t count;
	uint64_t slot_count; /* those that were looked at */
};

/* Of MOST fields or less; JSONL is borrowed.  Close also after a failure. */
bool choices_open(struct choices *choices, struct jsonl *jsonl, uint32_t most, struct nest_error *error);
void choices_close(struct choices *choices);

/* Whether so many slots may be looked at, too: longer lists of words take more time and memory than they
 * save. */
bool choices_may_look(struct choices *choices, const struct slots *slots);

/*
 * Sets SLOTS to those of PACKED, msgpack values of the leaf at NODE and a nil behind them, as JSON, which
 * live as long as CHOICES.  NEST_INVALID if one is a text that JSON cannot have, or there are too many.
 */
bool choices_print(struct choices *choices, const struct slots *packed, uint32_t node, struct slots *slots,
    struct nest_error *error);

#endif
