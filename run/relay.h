/*
 * relay - splits the output of the process that shows progress: the bar goes to the
 * terminal, lines go to the process's log.
 *
 * A bar begins with a carriage return and ends with the escape that erases the rest of the
 * line, so that it can be drawn over.
 */
#ifndef NEST_RUN_RELAY_H
#define NEST_RUN_RELAY_H

#include "lib/base/buffer.h"

/* A struct relay owns .pending and .fd. */
struct relay {
	int fd;         /* the read end of a pipe; -1: none, or all is read */
	int log;        /* borrowed */
	bool shows;     /* there is a terminal for the bar */
	bool is_drawn;  /* some of it may be on the terminal */
	bool published; /* the process said so */
	struct buffer pending;
};

/* Makes the pipe; *WRITER is the process's end, which the caller owns. */
bool relay_open(struct relay *relay, int log, bool shows, int *writer, struct nest_error *error);

/* Takes what has come, without waiting. */
bool relay_read(struct relay *relay, struct nest_error *error);

/* Takes the rest, wipes out the bar unless the terminal blocks, and frees all but .published. */
void relay_close(struct relay *relay);

#endif
