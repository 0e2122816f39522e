#include "lib/records/decompress.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16 /* zlib's largest window, and gzip's header around it */ };

struct decompressor {
	enum compression kind;
	z_stream zlib;
	ZSTD_DStream *zstd;
	size_t at, size; /* of what is left in the chunk */
	bool in_frame;   /* a gzip member or zstd frame has begun and not ended */
	uint8_t chunk[DECOMPRESS_CHUNK];
};

enum compression
compression_of(const uint8_t *head, size_t size)
{
	if (size >= 2 && memcmp(head, "\x1f\x8b", 2) == 0)
		return COMPRESSION_GZIP;
	if (size >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

struct decompressor *
decompressor_open(enum compression kind, struct nest_error *error)
{
	struct decompressor *made = calloc(1, sizeof *made);
	if (made != NULL) {
		made->kind = kind;
		if (kind == COMPRESSION_ZSTD ? (made->zstd = ZSTD_createDStream()) != NULL
					     : inflateInit2(&made->zlib, GZIP_WINDOW) == Z_OK)
			return made;
	}
	free(made);
	nest_error_memory(error, sizeof *made, "a decompressor");
	return NULL;
}

void
decompressor_close(struct decompressor *decompressor)
{
	if (decompressor == NULL)
		return;
	if (decompressor->kind == COMPRESSION_GZIP)
		inflateEnd(&decompressor->zlib);
	ZSTD_freeDStream(decompressor->zstd);
	free(decompressor);
}

uint8_t *
decompressor_chunk(struct decompressor *decompressor)
{
	return decompressor->chunk;
}

bool
decompressor_feed(struct decompressor *decompressor, size_t size, struct nest_error *error)
{
	decompressor->at = 0;
	decompressor->size = size;
	if (size == 0 && decompressor->in_frame)
		return nest_error_set(
		    error, NEST_INVALID, "the compressed file ends too early: it is cut short");
	return true;
}

/* Whether a member continues or begins: a member may be followed by zeros, which fill a block of a tape. */
static bool
has_member(struct decompressor *decompressor)
{
	while (!decompressor->in_frame && decompressor->at < decompressor->size &&
	       decompressor->chunk[decompressor->at] == 0)
		decompressor->at++;
	return decompressor->in_frame || decompressor->at < decompressor->size;
}

static bool
end_member(struct decompressor *decompressor, struct nest_error *error)
{
	decompressor->in_frame = false;
	return inflateReset(&decompressor->zlib) == Z_OK ||
	       nest_error_set(error, NEST_FAILED, "zlib failed: %s", decompressor->zlib.msg);
}

static bool
take_gzip(
    struct decompressor *decompressor, uint8_t *to, size_t capacity, size_t *size, struct nest_error *error)
{
	z_stream *zlib = &decompressor->zlib;
	zlib->next_out = to;
	zlib->avail_out = (uInt)capacity;
	while (zlib->avail_out > 0 && has_member(decompressor)) {
		zlib->next_in = decompressor->chunk + decompressor->at;
		zlib->avail_in = (uInt)(decompressor->size - decompressor->at);
		uInt before = zlib->avail_in + zlib->avail_out;
		decompressor->in_frame = true;
		int result = inflate(zlib, Z_NO_FLUSH);
		decompressor->at = decompressor->size - zlib->avail_in;
		if (result == Z_STREAM_END) {
			if (!end_member(decompressor, error))
				return false;
		} else if (result != Z_OK && result != Z_BUF_ERROR) {
			return nest_error_set(error, result == Z_MEM_ERROR ? NEST_FAILED : NEST_INVALID,
			    "the gzip data are broken: %s", zlib->msg != NULL ? zlib->msg : "no gzip member");
		} else if (zlib->avail_in + zlib->avail_out == before) {
			break;
		}
	}
	*size = capacity - zlib->avail_out;
	return true;
}

static bool
take_zstd(
    struct decompressor *decompressor, uint8_t *to, size_t capacity, size_t *size, struct nest_error *error)
{
	ZSTD_outBuffer out = {to, capacity, 0};
	ZSTD_inBuffer in = {decompressor->chunk, decompressor->size, decompressor->at};
	while (out.pos < out.size && (in.pos < in.size || decompressor->in_frame)) {
		size_t before = in.pos + out.pos;
		size_t left = ZSTD_decompressStream(decompressor->zstd, &out, &in);
		if (ZSTD_isError(left))
			return nest_error_set(
			    error, NEST_INVALID, "the zstd data are broken: %s", ZSTD_getErrorName(left));
		decompressor->in_frame = left != 0;
		if (in.pos + out.pos == before)
			break;
	}
	decompressor->at = in.pos;
	*size = out.pos;
	return true;
}

bool
decompressor_take(
    struct decompressor *decompressor, uint8_t *to, size_t capacity, size_t *size, struct nest_error *error)
{
	return decompressor->kind == COMPRESSION_GZIP ? take_gzip(decompressor, to, capacity, size, error)
	                                              : take_zstd(decompressor, to, capacity, size, error);
}
