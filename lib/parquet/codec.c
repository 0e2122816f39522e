/* codec.c - the codecs behind one interface. */
#include "lib/parquet/codec.h"

#include "lib/meter/probe.h"
#include "lib/parquet/lz4.h"
#include "lib/parquet/snappy.h"

#include <brotli/decode.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

bool
codec_init(struct codec *codec, enum codec_kind kind, int level, struct nest_error *error)
{
	codec->kind = kind;
	codec->level = level;
	if (kind == CODEC_ZSTD && codec->context == NULL) {
		codec->context = ZSTD_createCCtx();
		if (codec->context == NULL)
			return nest_error_set(error, NEST_FAILED, "unable to allocate memory for zstd");
	}
	return true;
}

bool
codec_encode(struct codec *codec, struct buffer *out, struct view page, struct nest_error *error)
{
	if (codec->kind == CODEC_NONE)
		return buffer_append(out, page.data, page.size, error);
	NEST_SCOPE("parquet.compress");
	if (!buffer_reserve(out, ZSTD_compressBound(page.size), error))
		return false;
	size_t size = ZSTD_compressCCtx(codec->context, out->data + out->size, out->capacity - out->size,
	    page.data, page.size, codec->level);
	if (ZSTD_isError(size))
		return nest_error_set(error, NEST_FAILED, "unable to compress a page of %zu bytes: %s",
		    page.size, ZSTD_getErrorName(size));
	out->size += size;
	return true;
}

void
codec_free(struct codec *codec)
{
	ZSTD_freeCCtx(codec->context);
	buffer_free(&codec->packed);
	*codec = (struct codec){0};
}

/* ---- reading ---- */

static const char *const NAMES[] = {
    [CODEC_NONE] = "none",
    [CODEC_SNAPPY] = "snappy",
    [CODEC_GZIP] = "gzip",
    [CODEC_LZO] = "lzo",
    [CODEC_BROTLI] = "brotli",
    [CODEC_LZ4] = "lz4 in Hadoop's framing",
    [CODEC_ZSTD] = "zstd",
    [CODEC_LZ4_RAW] = "lz4_raw",
};

struct codec_name
codec_name(int32_t kind)
{
	struct codec_name name;
	if (kind >= 0 && kind < (int32_t)(sizeof NAMES / sizeof *NAMES))
		snprintf(name.text, sizeof name.text, "%s", NAMES[kind]);
	else
		snprintf(name.text, sizeof name.text, "codec %d", kind);
	return name;
}

static bool
refuse(const char *what, size_t size, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "its %s stream does not make %zu bytes", what, size);
}

static bool
decode_zstd(
    struct codec_reader *reader, struct view page, uint8_t *out, size_t size, struct nest_error *error)
{
	if (reader->zstd == NULL && (reader->zstd = ZSTD_createDCtx()) == NULL)
		return nest_error_set(error, NEST_FAILED, "unable to allocate memory for zstd");
	return ZSTD_decompressDCtx(reader->zstd, out, size, page.data, page.size) == size ||
	       refuse("zstd", size, error);
}

/* Members of gzip one behind another, or zlib's own form, which some have written. */
static bool
decode_gzip(struct view page, uint8_t *out, size_t size, struct nest_error *error)
{
	enum { ANY_HEADER = 15 + 32 };
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)page.data,
	    .avail_in = (uInt)page.size,
	    .next_out = out,
	    .avail_out = (uInt)size};
	if (inflateInit2(&stream, ANY_HEADER) != Z_OK)
		return nest_error_set(error, NEST_FAILED, "unable to allocate memory for gzip");
	int status = inflate(&stream, Z_FINISH);
	while (status == Z_STREAM_END && stream.avail_in > 0 && inflateReset(&stream) == Z_OK)
		status = inflate(&stream, Z_FINISH);
	bool fine = status == Z_STREAM_END && stream.avail_out == 0;
	inflateEnd(&stream);
	return fine || refuse("gzip", size, error);
}

static bool
decode_brotli(struct view page, uint8_t *out, size_t size, struct nest_error *error)
{
	size_t made = size;
	return (BrotliDecoderDecompress(page.size, page.data, &made, out) == BROTLI_DECODER_RESULT_SUCCESS &&
		   made == size) ||
	       refuse("brotli", size, error);
}

static bool
decode_none(struct view page, uint8_t *out, size_t size, struct nest_error *error)
{
	if (page.size != size)
		return nest_error_set(error, NEST_INVALID,
		    "it has %zu bytes and no codec, but is to make %zu", page.size, size);
	if (size > 0)
		memcpy(out, page.data, size);
	return true;
}

bool
codec_decode(struct codec_reader *reader, int32_t kind, struct view page, size_t size, struct buffer *out,
    struct nest_error *error)
{
	NEST_SCOPE("parquet.decompress");
	bool fine;
	if (!buffer_reserve(out, size + 1, error))
		return false;
	uint8_t *at = out->data + out->size;
	if (kind == CODEC_NONE)
		fine = decode_none(page, at, size, error);
	else if (kind == CODEC_SNAPPY)
		fine = snappy_decode(page, at, size, error);
	else if (kind == CODEC_GZIP)
		fine = decode_gzip(page, at, size, error);
	else if (kind == CODEC_BROTLI)
		fine = decode_brotli(page, at, size, error);
	else if (kind == CODEC_ZSTD)
		fine = decode_zstd(reader, page, at, size, error);
	else if (kind == CODEC_LZ4_RAW)
		fine = lz4_decode(page, at, size, error);
	else
		fine = nest_error_set(error, NEST_INVALID, "it is compressed with %s, which is not read here",
		    codec_name(kind).text);
	out->size += fine ? size : 0;
	return fine;
}

void
codec_reader_free(struct codec_reader *reader)
{
	ZSTD_freeDCtx(reader->zstd);
	*reader = (struct codec_reader){0};
}
