/*
 * progress - a line on standard error that says how far the dataset is.
 *
 * Every sender says now and then how many rows it has done, and perhaps how many
 * bytes of the input they were.  The sums are drawn with the rate and the time
 * left, about six times a second, and wiped out at the end.  If the size of the
 * input is known, the bar measures bytes, otherwise rows.  It is for people only:
 * nothing depends on it.
 *
 * A struct progress owns its memory; progress_finish() wipes the line and
 * gives it back.
 */
#ifndef NEST_MERGE_PROGRESS_H
#define NEST_MERGE_PROGRESS_H

#include "lib/wire/frame.h"

struct progress_sender;

struct progress {
	bool shown;
	bool drawn;
	uint64_t started_ns, drawn_ns;
	uint64_t rows, total_rows; /* totals are 0 until they are known */
	uint64_t input_bytes, input_total;
	struct progress_sender *senders;
	size_t sender_count;
};

/* If SHOWN is false, nothing is ever drawn. */
bool progress_init(struct progress *progress, bool shown, struct nest_error *error);

/* Takes a frame of kind FRAME_PROGRESS; ignores any other. */
void progress_take(struct progress *progress, const struct frame *frame);

/* Draws the line if it is time to; at least LEAST_ROWS are done, whatever the senders said. */
void progress_draw(struct progress *progress, uint64_t least_rows);

/* Draws a line that says what the program waits for, WHAT, until something comes. */
void progress_draw_wait(struct progress *progress, const char *what);

void progress_finish(struct progress *progress);

#endif
