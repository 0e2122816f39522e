/*
 * stream - frames one after another in a file or a pipe, whatever else is between them.
 *
 * Nothing is judged here but where a frame begins and ends.  Behind bytes that begin none, the next
 * that do are looked for, also within the frame before, whose lengths may have been wrong.
 */
#ifndef NEST_CAT_STREAM_H
#define NEST_CAT_STREAM_H

#include "lib/wire/frame.h"

struct stream {
	int descriptor;
	bool is_searched;  /* behind what is no frame the next one is looked for; else that is the end */
	bool is_copied;    /* what is read is written to standard output at once */
	const char *title; /* "standard input", or the file's name */
	struct buffer bytes;
	uint64_t offset; /* in the stream, of the first of the bytes */
	size_t before;   /* in the bytes: where what was handed out last begins */
	size_t at, size; /* and what is handed out */
	bool has_frame;  /* what was handed out last was a frame */
	bool has_ended;
};

enum stream_piece { STREAM_FRAME, STREAM_NO_FRAME, STREAM_END };

/*
 * The next piece, in stream->bytes from stream->at on, until the next call.  With STREAM_NO_FRAME,
 * ERROR says what is wrong, and where it goes on.  False: NEST_FAILED, the stream cannot be read or copied.
 */
bool stream_next(struct stream *stream, enum stream_piece *piece, struct nest_error *error);

/* Writes all of BYTES to standard output, which has no buffer then. */
bool stream_copy(struct view bytes, struct nest_error *error);

void stream_free(struct stream *stream);

#endif
