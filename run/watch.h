/*
 * watch - the signals that this process gets, as a descriptor to poll.
 *
 * They must be blocked.  Of INT and the other signals that end a run, the first counts.
 */
#ifndef NEST_RUN_WATCH_H
#define NEST_RUN_WATCH_H

#include "lib/base/error.h"

#include <signal.h>

struct watch {
	int fd;
	int interrupt;  /* the first signal that ends the run; 0: none */
	bool has_ended; /* a child has ended since this was last cleared */
	bool is_paused; /* TSTP came, and no CONT after it */
	bool goes_on;   /* CONT came since this was last cleared */
};

/* The signals that are watched. */
void watch_set(sigset_t *set);

/* Blocks them. */
void watch_block(void);

bool watch_open(struct watch *watch, struct nest_error *error);

/* Takes the signals that have come, without waiting. */
void watch_take(struct watch *watch);

/* Fills ERROR with the interrupt's sentence; always returns false. */
bool watch_interrupted(const struct watch *watch, struct nest_error *error);

void watch_close(struct watch *watch);

#endif
