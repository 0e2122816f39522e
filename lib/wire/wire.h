/*
 * wire - frames in and frames out, over a pipe or over ZeroMQ, all the same.
 *
 * A receiver (struct wire_in) reads one pipe or binds one PULL socket and
 * knows how many senders it has; it is done when all of them have ended and
 * their totals agree with what came.  A sender (struct wire_out) writes one
 * pipe or holds one PUSH socket for each endpoint of a list; all frames of a
 * part take one route, part modulo endpoints, and the end goes to every one.
 *
 * Both notice a lost peer within seconds, whatever they are waiting for, and
 * check program_interrupted() at every wait.  The caller owns the
 * handles; *_close(NULL) does nothing.
 */
#ifndef NEST_WIRE_WIRE_H
#define NEST_WIRE_WIRE_H

#include "lib/base/options.h"
#include "lib/wire/frame.h"

struct wire_in;
struct wire_out;

/* What a command line says about both ends, and what a program knows of its neighbours. */
struct wire_options {
	const char *from;       /* "-" or NULL: standard input; else the endpoint to bind */
	const char *to;         /* "-" or NULL: standard output; else endpoints, separated by commas */
	const char *name;       /* this sender's name in the run; NULL: PROGRAM.HOST.PID */
	const char *bound_file; /* NULL, or where to write the endpoint once it is bound */
	uint64_t senders;
	uint64_t timeout_s;                /* how long to wait for peers to arrive */
	unsigned codec;                    /* enum frame_codec of the bodies sent */
	const struct frame_extent *extent; /* of the whole dataset, if it is known beforehand; NULL */
	struct view head;   /* bytes already read from standard input: fewer than a frame's prefix */
	bool shares_memory; /* frames may lie in memory shared with neighbours (shared.h) */

	const char *program;    /* nest-shred */
	const char *upstream;   /* the stage before, in messages: "nest-gen" */
	const char *downstream; /* and the stage after: "parquet-encode" */
	const char *as_text;    /* the option that prints frames as text on a terminal, or NULL */
	/* Shows WHAT a receiver waits for while nothing comes; NULL: a warning says it. */
	void (*show_wait)(void *context, const char *what);
	void *show_context;
	char default_name[FRAME_NAME_LIMIT + 1];
};

/* The values before the command line speaks. */
struct wire_options wire_options_default(const char *program, const char *upstream, const char *downstream);

/*
 * After the command line: makes up a name if none was given.  NEST_USAGE for
 * a name that is not a plain word, and for memory that no neighbour can share.
 */
bool wire_options_settle(struct wire_options *options, struct nest_error *error);

/* Whether frames go to standard output. */
bool wire_takes_output(const struct wire_options *options);

/* The rows of an option table that fill a struct wire_options. */
#define WIRE_FROM_OPTIONS(wire)                                                                              \
	{'f', "from", "ENDPOINT", "bind here for frames: ipc://PATH or tcp://HOST:PORT (-: standard input)", \
	    OPTION_TEXT, &(wire).from, 0, 0},                                                                \
	    {0, "senders", "N", "how many senders there are (1)", OPTION_COUNT, &(wire).senders, 1, 4096},   \
	{                                                                                                    \
		0, "bound", "FILE", "write the endpoint to FILE once it is bound", OPTION_TEXT,              \
		    &(wire).bound_file, 0, 0                                                                 \
	}
#define WIRE_TO_OPTIONS(wire)                                                                       \
	{                                                                                           \
		't', "to", "ENDPOINTS",                                                             \
		    "connect to these, separated by commas; a part takes one (-: standard output)", \
		    OPTION_TEXT, &(wire).to, 0, 0                                                   \
	}
#define WIRE_CODEC_OPTION(wire)                                                                      \
	{                                                                                            \
		0, "wire-codec", "none|zstd", "compress the bodies of frames (none)", OPTION_CHOICE, \
		    &(wire).codec, 0, 0                                                              \
	}
#define WIRE_COMMON_OPTIONS(wire)                                                                          \
	{0, "wire-memory", NULL, "keep frames in memory shared with the neighbour (ipc://, at both ends)", \
	    OPTION_FLAG, &(wire).shares_memory, 0, 0},                                                     \
	    {0, "name", "NAME", "this process's name in the run (PROGRAM.HOST.PID)", OPTION_TEXT,          \
		&(wire).name, 0, 0},                                                                       \
	{                                                                                                  \
		0, "timeout", "SECONDS", "how long to wait for peers to arrive (30)", OPTION_COUNT,        \
		    &(wire).timeout_s, 1, 86400                                                            \
	}

struct wire_count {
	uint64_t frames; /* data and part frames */
	uint64_t bytes;  /* whole frames of every kind */
	uint64_t rows;   /* in data and part frames */
};

/* ---- receiving ---- */

/*
 * Binds or opens; OPTIONS must outlive IN.  Frames of kind WANTED are handed out, and progress where
 * WITH_PROGRESS; any other data frame is refused.
 */
bool wire_in_open(struct wire_in **in, const struct wire_options *options, enum frame_kind wanted,
    bool with_progress, struct nest_error *error);

/*
 * From now on, waiting for frames also notices the loss of a receiver of OUT.  OUT must
 * outlive IN's last wait.
 */
bool wire_in_watch(struct wire_in *in, struct wire_out *out, struct nest_error *error);

/*
 * The next frame, its body decompressed; NULL in *FRAME when every sender has
 * ended well.  It is borrowed until the next call.  NEST_INVALID with the
 * frame's place and sender for a frame that breaks the format, is out of order or
 * belongs to another run than the frames before it; NEST_FAILED for a lost peer, a
 * truncated pipe, a timeout or an interrupt.
 */
bool wire_in_next(struct wire_in *in, const struct frame **frame, struct nest_error *error);

/*
 * The beginning of a message: where the frame just handed out came from, "frame 3 at
 * byte 99 from X: ".
 */
const char *wire_in_place(const struct wire_in *in);

struct wire_count wire_in_count(const struct wire_in *in);

/* What the senders have said of the whole dataset; NULL if none of them knew. */
const struct frame_extent *wire_in_extent(const struct wire_in *in);
void wire_in_close(struct wire_in *in);

/* ---- sending ---- */

/* Opens, waits until every endpoint has answered, and says hello there, with the extent if it is known. */
bool wire_out_open(struct wire_out **out, const struct wire_options *options, struct nest_error *error);

/*
 * The body of the next frame: append to it.  The size on return is where the
 * body begins; the bytes before belong to the frame.  NULL on an error.
 */
struct buffer *wire_out_body(struct wire_out *out, struct nest_error *error);

/*
 * Sends FRAME with what was appended to the body, or with none; the sender's
 * name and the codec are filled in here.  Blocks while the receiver is busy.
 */
bool wire_out_send(struct wire_out *out, struct frame *frame, struct nest_error *error);

/* How far a sender is, in rows and in bytes of the original input; totals are 0 if unknown. */
struct wire_progress {
	uint64_t rows, total_rows;
	uint64_t input_bytes, input_total;
};

/* Sends it, about six times a second however often it is called; not while a body is being filled. */
bool wire_out_progress(struct wire_out *out, const struct wire_progress *progress, struct nest_error *error);

/*
 * Tells every receiver, once and before anything else that is sent, the extent of
 * the whole dataset, so that no end can make less of it.  NULL: not known yet.
 */
bool wire_out_tell_extent(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error);

/*
 * Ends every route with its totals, and with the whole dataset's EXTENT unless
 * that is NULL; returns when the receivers have taken everything.
 */
bool wire_out_end(struct wire_out *out, const struct frame_extent *extent, struct nest_error *error);

/*
 * Waits until FD can be read or is at its end, for a stage whose input is not
 * frames; meanwhile notices a lost receiver and an interrupt.
 */
bool wire_out_await(struct wire_out *out, int fd, struct nest_error *error);

struct wire_count wire_out_count(const struct wire_out *out);

/* Without a wire_out_end() before it, unsent frames are dropped and receivers see a lost sender. */
void wire_out_close(struct wire_out *out);

#endif
