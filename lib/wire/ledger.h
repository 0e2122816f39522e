/*
 * ledger - a receiver's account of its senders and of the parts they send.
 *
 * Every frame is entered.  A sender belongs to the connection of its first
 * frame: a frame in its name by another connection is foreign, and must not be
 * entered.  The ledger refuses frames that are out of order: a part's frames must
 * follow one another row by row, from one sender, until its last, and the part
 * must not begin again; a sender's end must agree with what came from it; nothing
 * may come after it; and all data and parts must be of one run.
 * If `faults` is set, they hear of all this, and the account goes on with
 * what came.  The ledger owns its memory; ledger_free() gives it back.
 */
#ifndef NEST_WIRE_LEDGER_H
#define NEST_WIRE_LEDGER_H

#include "lib/base/faults.h"
#include "lib/wire/frame.h"
#include "lib/wire/part_set.h"

struct ledger_sender {
	char name[FRAME_NAME_LIMIT + 1];
	uint64_t connection; /* by which all of its frames come */
	uint64_t frames, rows;
	bool ended;
};

struct ledger_part {
	uint64_t number, next_row;
	size_t sender;
	bool is_part_numbered;
};

struct ledger {
	const struct faults *faults; /* NULL: the first fault is an error */
	size_t expected;             /* senders */
	size_t room;                 /* for senders: no more can be told apart */
	struct ledger_sender *senders;
	uint32_t *slots;   /* a table by the names' hashes: the sender's index + 1; 0: the slot is free */
	size_t slot_count; /* a power of two, twice as many as there can be senders */
	size_t sender_count;
	size_t ended_count;
	struct ledger_part *parts; /* those begun and not closed */
	size_t part_count, part_capacity;
	struct part_set closed;
	bool has_run;
	struct digest_value run; /* zero: without a name */
	bool has_extent;
	struct frame_extent extent;
};

bool ledger_init(struct ledger *ledger, size_t expected_senders, struct nest_error *error);
/* The same with faults to report, and with ROOM, which is for more senders than are expected. */
bool ledger_init_lenient(struct ledger *ledger, size_t expected_senders, size_t room,
    const struct faults *faults, struct nest_error *error);
void ledger_free(struct ledger *ledger);

/*
 * Enters a frame that came by CONNECTION and is not foreign.  Connections have
 * numbers that are never reused; that of a pipe is 0.  With faults, NEST_INVALID
 * means that they heard of it, and that the frame could not be entered.
 */
bool ledger_enter(
    struct ledger *ledger, const struct frame *frame, uint64_t connection, struct nest_error *error);

/* The sender of this name that has entered a frame; NULL: none has. */
const struct ledger_sender *ledger_find(const struct ledger *ledger, struct view name);

/* Whether a frame by CONNECTION is in the name of a sender that came by another connection. */
bool ledger_is_foreign(const struct ledger *ledger, const struct frame *frame, uint64_t connection);

/* Whether a sender came by CONNECTION. */
bool ledger_knows(const struct ledger *ledger, uint64_t connection);

/* All expected senders have ended. */
bool ledger_complete(const struct ledger *ledger);

/*
 * A connection has closed and everything that came by it has been entered:
 * returns the sender that was lost with it, NULL if it had ended or was not a
 * sender at all.
 */
const struct ledger_sender *ledger_disconnect(const struct ledger *ledger, uint64_t connection);

/* A sender that has not ended yet, for a message; NULL if none is known. */
const struct ledger_sender *ledger_unfinished(const struct ledger *ledger);

#endif
