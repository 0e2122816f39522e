/*
 * stream - frames one after another in a file or a pipe, whatever else is between them.
 *
 * Nothing is judged here except where a frame begins and ends.  After bytes that do not begin a
 * frame, the next that do are searched for, even within the frame before, whose lengths may have been
 * wrong.
 */
#ifndef NEST_CAT_STREAM_H
#define NEST_CAT_STREAM_H

#include "lib/wire/frame.h"

struct stream {
	int descriptor;
	bool is_searched;  /* search for the next frame after something else; otherwise that is the end */
	bool is_copied;    /* what is read is written to standard output at once */
	const char *title; /* "standard input", or the file's name */
	struct buffer bytes;
	uint64_t offset; /* of the first of the bytes in the stream */
	size_t before;   /* in the bytes: where the piece before begins */
	size_t at, size; /* and this piece */
	bool has_frame;  /* which is a frame */
	bool has_ended;
};

enum stream_piece { STREAM_FRAME, STREAM_NO_FRAME, STREAM_END };

/*
 * The next piece, in stream->bytes from stream->at on; valid until the next call.  With STREAM_NO_FRAME,
 * ERROR says what is wrong, and where frames continue.  False: NEST_FAILED, the stream cannot be read or
 * copied.
 */
bool stream_next(struct stream *stream, enum stream_piece *piece, struct nest_error *error);

/* Writes all of BYTES to standard output, past the buffer of stdio. */
bool stream_copy(struct view bytes, struct nest_error *error);

void stream_free(struct stream *stream);

#endif
