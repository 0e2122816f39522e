/* columns - sends what a shredder holds as a frame of columns. */
#ifndef NEST_SHRED_COLUMNS_H
#define NEST_SHRED_COLUMNS_H

#include "lib/wire/wire.h"
#include "shred/shredder.h"

/* A frame of columns is closed at this size; its last record may exceed it. */
enum { COLUMNS_TARGET_BYTES = 8 << 20 };

/* The output, borrowed, and room for a header's leaves, which columns_free() gives back. */
struct columns {
	struct wire_out *out;
	struct frame_leaf *leaves;
	size_t leaf_capacity;
};

void columns_free(struct columns *columns);

/*
 * Sends what the stripes hold.  The caller sets rows and part in FRAME; its kind
 * and its leaves are set here, and the rest by wire_out_send().
 */
bool columns_send(
    struct columns *columns, const struct shredder *shredder, struct frame *frame, struct nest_error *error);

#endif
