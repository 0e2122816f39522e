#include "lib/wire/body.h"

#include "lib/meter/probe.h"

#include <zstd.h>

/* Frames live for microseconds: the fastest of zstd's usual levels. */
enum { BODY_LEVEL = 1 };

void
body_codec_free(struct body_codec *codec)
{
	ZSTD_freeCCtx(codec->compressor);
	ZSTD_freeDCtx(codec->decompressor);
	*codec = (struct body_codec){0};
}

bool
body_compress(struct body_codec *codec, struct view raw, struct buffer *out, struct nest_error *error)
{
	NEST_SCOPE("wire.compress");
	if (codec->compressor == NULL && (codec->compressor = ZSTD_createCCtx()) == NULL)
		return nest_error_set(error, NEST_FAILED, "unable to allocate a zstd compressor");
	size_t bound = ZSTD_compressBound(raw.size);
	if (!buffer_reserve(out, bound, error))
		return false;
	size_t size = ZSTD_compressCCtx(
	    codec->compressor, out->data + out->size, bound, raw.data, raw.size, BODY_LEVEL);
	if (ZSTD_isError(size))
		return nest_error_set(
		    error, NEST_FAILED, "unable to compress a frame: %s", ZSTD_getErrorName(size));
	out->size += size;
	return true;
}

bool
body_decompress(struct body_codec *codec, struct view bytes, size_t raw_bytes, struct buffer *out,
    struct nest_error *error)
{
	NEST_SCOPE("wire.decompress");
	if (codec->decompressor == NULL && (codec->decompressor = ZSTD_createDCtx()) == NULL)
		return nest_error_set(error, NEST_FAILED, "unable to allocate a zstd decompressor");
	/* The zstd frame's own size must agree first, so that no memory is taken for a false one. */
	if (ZSTD_getFrameContentSize(bytes.data, bytes.size) != raw_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "its body is no zstd frame of the %zu bytes that its header says", raw_bytes);
	if (!buffer_reserve(out, raw_bytes, error))
		return false;
	size_t size = ZSTD_decompressDCtx(
	    codec->decompressor, out->data + out->size, raw_bytes, bytes.data, bytes.size);
	if (ZSTD_isError(size))
		return nest_error_set(
		    error, NEST_INVALID, "its body does not decompress: %s", ZSTD_getErrorName(size));
	if (size != raw_bytes)
		return nest_error_set(
		    error, NEST_INVALID, "its body decompresses to %zu bytes, not %zu", size, raw_bytes);
	out->size += size;
	return true;
}

bool
body_open(struct body_codec *codec, struct frame *frame, struct buffer *plain, struct nest_error *error)
{
	if (frame->codec == FRAME_CODEC_NONE)
		return true;
	buffer_clear(plain);
	if (!body_decompress(codec, frame->body, frame->raw_bytes, plain, error))
		return false;
	frame->body = (struct view){plain->data, plain->size};
	return true;
}
