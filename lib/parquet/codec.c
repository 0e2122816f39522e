/* codec.c - none and zstd behind one interface. */
#include "lib/parquet/codec.h"

#include "lib/meter/probe.h"

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
