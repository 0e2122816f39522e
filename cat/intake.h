/*
 * intake - where nest-cat has its frames from: a pipe, a file or a socket.
 *
 * Unlike a stage's receiver (lib/wire/wire.h) it judges nothing.  It hands out what comes, piece
 * by piece, each a frame by its looks or something else, and the caller says what it was.
 */
#ifndef NEST_CAT_INTAKE_H
#define NEST_CAT_INTAKE_H

#include "cat/stream.h"
#include "lib/wire/wire.h"

struct intake;

enum piece_kind {
	PIECE_FRAME,
	PIECE_NO_FRAME, /* the error says why */
	PIECE_LOST,     /* the connection of a sender that has not ended closed */
	PIECE_END,      /* nothing comes any more */
};

struct intake_piece {
	enum piece_kind kind;
	struct view bytes; /* of a frame, lent until the next piece */
	uint64_t number;   /* counted from 1 */
	uint64_t offset;   /* where in the stream it begins; on a socket, of the bytes of all frames */
	uint64_t connection;
};

/*
 * FILE is a path, or NULL where OPTIONS say what to bind, or that it is standard input.  Where
 * IS_SEARCHED, a stream goes on behind what is no frame; where it is not, the caller ends there.  Where
 * IS_COPIED, the bytes go to standard output as they come.
 */
bool intake_open(struct intake **intake, const struct wire_options *options, const char *file,
    bool is_searched, bool is_copied, struct nest_error *error);

/* False: NEST_FAILED, what comes cannot be read, or copied. */
bool intake_next(struct intake *intake, struct intake_piece *piece, struct nest_error *error);

/* The piece was FRAME: on a socket, its sender is known from now on, and waited for until its end. */
bool intake_enter(struct intake *intake, const struct intake_piece *piece, const struct frame *frame,
    struct nest_error *error);

/*
 * The piece was no frame, as WHY says: true where it came from a stranger on a socket, and is
 * passed over with a warning.
 */
bool intake_is_stranger(
    struct intake *intake, const struct intake_piece *piece, const struct nest_error *why);

/* "standard input", the file, or the endpoint. */
const char *intake_title(const struct intake *intake);

/* INPUT may be NULL. */
void intake_close(struct intake *intake);

#endif
