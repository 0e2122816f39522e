/*
 * frame - what travels between the stages: a header and a body.
 *
 * nest-frame(5) is the specification.  A frame is two msgpack objects: a bin 32
 * that holds the header (one map, "nest": version first) and a bin 32 that is
 * the body.  frame_encode_header() and frame_decode() are the two sides of it.
 *
 * A decoded frame borrows everything from the bytes it was decoded from, and
 * its two arrays from itself: they are reused by the next frame_decode() and
 * given back by frame_free().
 */
#ifndef NEST_WIRE_FRAME_H
#define NEST_WIRE_FRAME_H

#include "lib/base/buffer.h"
#include "lib/base/digest.h"
#include "lib/base/error.h"
#include "lib/base/faults.h"

#include <stdint.h>

enum {
	FRAME_VERSION = 1,
	FRAME_PREFIX_BYTES = 5,       /* of either bin 32: its mark and its length */
	FRAME_HEADER_LIMIT = 1 << 20, /* bytes */
	FRAME_BODY_LIMIT = 64 << 20,  /* bytes, as sent and decompressed */
	FRAME_NAME_LIMIT = 255,       /* bytes of a sender's or a file's name */
	FRAME_META_LIMIT = 256,       /* pairs */
};

/* No row number or count is this large: sums of two of them cannot overflow. */
#define FRAME_ROW_LIMIT ((uint64_t)1 << 62)
/* Parts are numbered in 32 bits. */
#define FRAME_PART_LIMIT ((uint64_t)1 << 32)

enum frame_kind { FRAME_ROWS, FRAME_COLUMNS, FRAME_PART, FRAME_PROGRESS, FRAME_END };

enum frame_codec { FRAME_CODEC_NONE, FRAME_CODEC_ZSTD };

struct frame_meta {
	struct view key, value;
};

/* One leaf of a columns body: the number of levels of either kind, and the bytes of values. */
struct frame_leaf {
	uint64_t entries;
	uint64_t value_bytes;
};

/* The whole dataset, if its maker knows it. */
struct frame_extent {
	uint64_t first_row, rows, parts;
	bool is_part_numbered; /* then the first two are 0 and are not written */
};

struct frame {
	enum frame_kind kind;
	struct view sender;

	/* rows, columns, part */
	struct digest_value
	    run; /* the fingerprint of all that decided its bytes; zero: a run without a name */
	struct view schema;
	uint64_t part;
	uint64_t first_row;
	bool is_part_numbered; /* rows are numbered from 0 in every part, not through the dataset */
	uint64_t rows;         /* progress: done so far; end: sent on this route */
	bool last;             /* closes its part */
	struct frame_meta *meta;
	size_t meta_count, meta_capacity;
	enum frame_codec codec;
	uint64_t raw_bytes;        /* of the body before compression */
	struct frame_leaf *leaves; /* columns */
	size_t leaf_count, leaf_capacity;
	uint64_t total_rows; /* of the whole dataset, 0 if unknown; also in progress */
	/* Of the original input: the bytes that these rows come from, and those of all of it; 0 if unknown.
	 */
	uint64_t input_bytes; /* progress: done so far */
	uint64_t input_total;

	/* part */
	struct view file;
	uint64_t file_bytes;
	struct digest_value
	    stamp; /* of the file when it was complete (lib/dataset/part_reader.h); zero: not told */

	/* end */
	uint64_t frames;

	/* progress, end */
	bool has_extent;
	struct frame_extent extent;

	struct view body;
};

/* What wrong keys leave unknown. */
struct frame_spoilt {
	bool place; /* which part and rows it is, and whose */
	bool body;  /* what the body should be */
};

/* The name of a kind as it stands in a header. */
const char *frame_kind_name(enum frame_kind kind);

/* Appends the header of FRAME to OUT as a bin 32, then the prefix of a body of BODY_BYTES. */
bool frame_encode_header(
    const struct frame *frame, size_t body_bytes, struct buffer *out, struct nest_error *error);

/*
 * Reads the 5 bytes before a header or a body: *SIZE is what they claim.
 * NEST_INVALID if they are not a bin 32 or claim more than LIMIT; WHAT names
 * the object in the message.
 */
bool frame_decode_prefix(const uint8_t prefix[FRAME_PREFIX_BYTES], const char *what, size_t limit,
    size_t *size, struct nest_error *error);

/*
 * Decodes one whole frame: BYTES holds it from its first byte to its last.
 * Checks every key, type and limit; the body stays as it was sent
 * (frame.codec).  NEST_INVALID otherwise.
 */
bool frame_decode(struct frame *frame, struct view bytes, struct nest_error *error);

/*
 * The same, and FAULTS hear of every wrong key of the header, which then counts as missing;
 * *SPOILT says what is unknown because of that.  NEST_INVALID, which the faults do not hear of,
 * if it is not a frame.
 */
bool frame_decode_all(struct frame *frame, struct view bytes, const struct faults *faults,
    struct frame_spoilt *spoilt, struct nest_error *error);

void frame_free(struct frame *frame);

#endif
