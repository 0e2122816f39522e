/* columns - what a shredder holds, sent as a frame of columns. */
#ifndef NEST_SHRED_COLUMNS_H
#define NEST_SHRED_COLUMNS_H

#include "lib/wire/wire.h"
#include "shred/shredder.h"

/* A frame of columns is closed at this size; one record can carry it beyond. */
enum { COLUMNS_TARGET_BYTES = 8 << 20 };

/* The way out, borrowed, and the room for a header's leaves, which columns_free() gives back. */
struct columns {
	struct wire_out *out;
	struct frame_leaf *leaves;
	size_t leaf_capacity;
};

void columns_free(struct columns *columns);

/*
 * Sends what the stripes hold.  FRAME says which rows they are and where they
 * belong; its kind, its leaves and all that wire_out_send() fills in are set
 * here.
 */
bool columns_send(
    struct columns *columns, const struct shredder *shredder, struct frame *frame, struct nest_error *error);

#endif
