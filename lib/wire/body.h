/*
 * body - a frame's body compressed on its way, zstd (RFC 8878).
 *
 * A struct body_codec owns its contexts and is reused from frame to frame; a
 * zeroed one is ready.
 */
#ifndef NEST_WIRE_BODY_H
#define NEST_WIRE_BODY_H

#include "lib/wire/frame.h"

struct body_codec {
	struct ZSTD_CCtx_s *compressor;
	struct ZSTD_DCtx_s *decompressor;
};

void body_codec_free(struct body_codec *codec);

/* Appends RAW, compressed, to OUT. */
bool body_compress(struct body_codec *codec, struct view raw, struct buffer *out, struct nest_error *error);

/*
 * Appends BYTES, decompressed, to OUT: exactly RAW_BYTES of them, or
 * NEST_INVALID.  The caller has checked RAW_BYTES against the limits.
 */
bool body_decompress(struct body_codec *codec, struct view bytes, size_t raw_bytes, struct buffer *out,
    struct nest_error *error);

/* Makes the body of FRAME plain; if it came compressed, it is then in PLAIN. */
bool body_open(struct body_codec *codec, struct frame *frame, struct buffer *plain, struct nest_error *error);

#endif
