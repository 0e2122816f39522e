/*
 * silence - how long a receiver has waited for a frame, and what it says of that.
 *
 * A sender that stays and sends nothing, not even its end, is no error, for it may be slow.  After
 * 10 seconds without a frame the receiver says what it waits for, and again each time that the
 * silence, or a later one, lasts twice as long.
 */
#ifndef NEST_WIRE_SILENCE_H
#define NEST_WIRE_SILENCE_H

#include "lib/wire/ledger.h"
#include "lib/wire/wire.h"

enum { SILENCE_PATIENCE_S = 10 };

struct silence {
	uint64_t since_ns;   /* 0: a frame came after the last wait */
	uint64_t patience_s; /* until it is told */
	const struct wire_options *options;
	const char *title; /* of where frames come from */
};

/* OPTIONS and TITLE are borrowed. */
void silence_init(struct silence *silence, const struct wire_options *options, const char *title);

/* A wait has ended without a frame; LEDGER knows who has yet to end. */
void silence_note(struct silence *silence, const struct ledger *ledger);

/* A frame has come. */
static inline void
silence_break(struct silence *silence)
{
	silence->since_ns = 0;
}

#endif
