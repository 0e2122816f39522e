/*
 * intake - where nest-cat takes frames from: a pipe, a file or a socket.
 *
 * Unlike a stage's receiver (lib/wire/wire.h) it judges nothing.  It returns what comes piece by
 * piece, each apparently a frame or something else, and the caller says what it was.
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
	PIECE_END,      /* nothing more comes */
};

struct intake_piece {
	enum piece_kind kind;
	struct view bytes; /* of a frame; borrowed until the next piece */
	uint64_t number;   /* counted from 1 */
	uint64_t offset;   /* where in the stream it begins; on a socket, of the bytes of all frames */
	uint64_t connection;
};

/*
 * FILE is a path, or NULL if OPTIONS say what to bind, or that the input is standard input.  If
 * IS_SEARCHED, a stream continues after something that is not a frame; otherwise the caller must stop
 * there.  If IS_COPIED, the bytes go to standard output as they come.
 */
bool intake_open(struct intake **intake, const struct wire_options *options, const char *file,
    bool is_searched, bool is_copied, struct nest_error *error);

/* False: NEST_FAILED, the input cannot be read or copied. */
bool intake_next(struct intake *intake, struct intake_piece *piece, struct nest_error *error);

/* Says that the piece was FRAME: on a socket, its sender is known from now on, and expected to end. */
bool intake_enter(struct intake *intake, const struct intake_piece *piece, const struct frame *frame,
    struct nest_error *error);

/*
 * Says that the piece was not a frame, for the reason WHY: true if it came from a stranger on a socket,
 * and was ignored with a warning.
 */
bool intake_is_stranger(
    struct intake *intake, const struct intake_piece *piece, const struct nest_error *why);

/* "standard input", the file, or the endpoint. */
const char *intake_title(const struct intake *intake);

/* INPUT may be NULL. */
void intake_close(struct intake *intake);

#endif
