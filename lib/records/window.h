/*
 * window - a buffer that moves over a file of the input, from its
 * beginning or, if it is neither compressed nor a pipe, from anywhere.
 *
 * Unread bytes are at [at, size) of the buffer, followed by WINDOW_SLACK zero bytes.
 * Offsets count the bytes that come out, places those that go in
 * (input.h).
 */
#ifndef NEST_RECORDS_WINDOW_H
#define NEST_RECORDS_WINDOW_H

#include "lib/base/buffer.h"
#include "lib/records/decompress.h"
#include "lib/records/input.h"

enum {
	WINDOW_SLACK = 64,
	WINDOW_BYTES = 1 << 18, /* unless a record is longer */
	WINDOW_LIMIT = 72 << 20 /* bytes of a record, and of what is read with it */
};

/* A line and the characters in it, both from 1. */
struct window_line {
	uint64_t offset; /* of the byte that is there */
	uint64_t line, column;
};

/* From byte START of the window on, everything came from PLACE. */
struct window_segment {
	size_t start;
	uint64_t place;
};

struct window {
	const struct input_file *file;
	int fd;
	struct decompressor *decompressor; /* NULL if the file is not compressed */
	/* Waits until the descriptor can be read; NULL if that is not needed. */
	bool (*wait)(void *context, int fd, struct nest_error *error);
	void *context;

	uint8_t *bytes;
	size_t capacity, at, size;
	uint64_t offset;                 /* of the first of the bytes */
	uint64_t raw_offset;             /* in the file, of what is read next */
	bool is_at_end;                  /* nothing comes after these bytes */
	bool is_kept;                    /* read bytes stay: the window will be rewound */
	size_t plain_end;                /* before it, all is ASCII */
	uint64_t chunk_place;            /* of the chunk that is being decompressed */
	struct window_segment *segments; /* of compressed files */
	size_t segment_count, segment_capacity;
	struct window_line counted; /* how far lines are counted */
};

/* The window and the file's descriptor are the caller's until window_close(). */
bool window_open(struct window *window, const struct input_file *file,
    bool (*wait)(void *context, int fd, struct nest_error *error), void *context, struct nest_error *error);
void window_close(struct window *window);

/*
 * Reads more after the unread bytes; sets window->is_at_end if nothing came.  Bytes
 * that were read move out, so pointers into the window become invalid.  NEST_INVALID
 * if WINDOW_LIMIT bytes are unread already.
 */
bool window_more(struct window *window, struct nest_error *error);

/* Whether window_seek() can be called. */
bool window_can_seek(const struct window *window);
/* Empties the window, which continues at OFFSET. */
void window_seek(struct window *window, uint64_t offset);

/* Makes kept bytes unread again, and keeps them no longer. */
void window_rewind(struct window *window);

/* The first byte of the window whose place is PLACE or later; SIZE_MAX if it is not in the window. */
size_t window_cut(const struct window *window, uint64_t place);

/* The place of the byte AT of the window. */
uint64_t window_place(const struct window *window, size_t at);

/* The line and column of the byte AT of the window, which is not before one that was asked for earlier. */
bool window_line(struct window *window, size_t at, struct window_line *line, struct nest_error *error);

#endif
