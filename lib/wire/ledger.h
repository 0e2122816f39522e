/*
 * ledger - a receiver's account of its senders and of the parts they send.
 *
 * Every frame is entered.  The ledger refuses what is out of order: a part's
 * frames must follow one another row by row, from one sender, until its last;
 * a sender's end must agree with what came from it; nothing comes after it.
 * It owns its memory; ledger_free() gives it back.
 */
#ifndef NEST_WIRE_LEDGER_H
#define NEST_WIRE_LEDGER_H

#include "lib/wire/frame.h"

struct ledger_sender {
	char name[FRAME_NAME_LIMIT + 1];
	int connection; /* the descriptor that it came in by; -1 on a pipe */
	uint64_t frames, rows;
	bool ended, gone;
};

struct ledger_part {
	uint64_t number, next_row;
	size_t sender;
};

struct ledger {
	size_t expected; /* senders */
	struct ledger_sender *senders;
	size_t sender_count;
	size_t ended_count;
	struct ledger_part *parts; /* those begun and not closed */
	size_t part_count, part_capacity;
	bool has_extent;
	struct frame_extent extent;
};

bool ledger_init(struct ledger *ledger, size_t expected_senders, struct nest_error *error);
void ledger_free(struct ledger *ledger);

/* Enters a frame that came in by CONNECTION. */
bool ledger_enter(struct ledger *ledger, const struct frame *frame, int connection, struct nest_error *error);

/* All expected senders have ended. */
bool ledger_complete(const struct ledger *ledger);

/*
 * A connection has closed and everything that came by it has been entered:
 * returns the sender that was lost with it, NULL where it had ended or was no
 * sender at all.
 */
const struct ledger_sender *ledger_disconnect(struct ledger *ledger, int connection);

/* A sender that has not ended yet, for a message; NULL where none has been heard of. */
const struct ledger_sender *ledger_unfinished(const struct ledger *ledger);

#endif
