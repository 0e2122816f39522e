/*
 * relay - what the process that shows the progress says, parted: the bar goes to the
 * terminal, lines go to its log.
 *
 * A bar begins with a carriage return and ends with the order to erase the rest of the
 * line, so that it can be drawn over.
 */
#ifndef NEST_RUN_RELAY_H
#define NEST_RUN_RELAY_H

#include "lib/base/buffer.h"

/* A struct relay owns .pending and .fd. */
struct relay {
	int fd;         /* the end of a pipe from which it reads; -1: none, or all is read */
	int log;        /* borrowed */
	bool shows;     /* there is a terminal for the bar */
	bool is_drawn;  /* something of it may be there */
	bool published; /* the process said so */
	struct buffer pending;
};

/* Makes the pipe; *WRITER is the end for the process, and the caller's. */
bool relay_open(struct relay *relay, int log, bool shows, int *writer, struct nest_error *error);

/* Takes what there is, without waiting. */
bool relay_read(struct relay *relay, struct nest_error *error);

/* Takes the rest, wipes the bar out where the terminal is not held back, and gives all back but .published.
 */
void relay_close(struct relay *relay);

#endif
