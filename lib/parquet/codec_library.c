/* codec_library.c - each codec's encoder beside its decoder. */
#include "lib/parquet/codec_library.h"

#include "lib/parquet/snappy_pack.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <libdeflate.h>
#include <limits.h>
#include <lz4.h>
#include <lz4hc.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zstd.h>

/* ---- zstd ---- */

static void *
zstd_make_encoder(int level)
{
	ZSTD_CCtx *encoder = ZSTD_createCCtx();
	if (encoder == NULL || !ZSTD_isError(ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, level)))
		return encoder;
	ZSTD_freeCCtx(encoder);
	return NULL;
}

static void
zstd_free_encoder(void *encoder)
{
	ZSTD_freeCCtx(encoder);
}

static size_t
zstd_bound(size_t size)
{
	return ZSTD_compressBound(size);
}

/*
 * Level 1 looks for matches of 7 bytes in pages above 256 KiB, and remembers 2^14 places of them.  Texts have
 * more: to remember twice as many makes a page about a twentieth smaller, in the same time.
 */
static int
zstd_hash_bits(int level, size_t size)
{
	enum { LARGE_PAGE = 256 << 10, MORE_BITS = 15, USUAL = 0 };
	return level == 1 && size > LARGE_PAGE ? MORE_BITS : USUAL;
}

static size_t
zstd_encode(void *encoder, int level, struct view page, uint8_t *out, size_t capacity)
{
	int bits = zstd_hash_bits(level, page.size);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(encoder, ZSTD_c_hashLog, bits)))
		return 0;
	size_t size = ZSTD_compress2(encoder, out, capacity, page.data, page.size);
	return ZSTD_isError(size) ? 0 : size;
}

static void *
zstd_make_decoder(void)
{
	return ZSTD_createDCtx();
}

static void
zstd_free_decoder(void *decoder)
{
	ZSTD_freeDCtx(decoder);
}

static bool
zstd_decode(void *decoder, struct view page, uint8_t *out, size_t size)
{
	return ZSTD_decompressDCtx(decoder, out, size, page.data, page.size) == size;
}

/* ---- snappy ---- */

static void *
snappy_make_encoder(int level)
{
	(void)level;
	return malloc(sizeof(struct snappy_places));
}

static size_t
snappy_encode(void *encoder, int level, struct view page, uint8_t *out, size_t capacity)
{
	(void)level, (void)capacity;
	return snappy_pack(encoder, page, out);
}

static bool
snappy_decode(void *decoder, struct view page, uint8_t *out, size_t size)
{
	(void)decoder;
	size_t made;
	const char *bytes = (const char *)page.data;
	return snappy_uncompressed_length(bytes, page.size, &made) == SNAPPY_OK && made == size &&
	       snappy_uncompress(bytes, page.size, (char *)out, &made) == SNAPPY_OK;
}

/* ---- gzip ---- */

static void *
gzip_make_encoder(int level)
{
	return libdeflate_alloc_compressor(level);
}

static void
gzip_free_encoder(void *encoder)
{
	libdeflate_free_compressor(encoder);
}

static size_t
gzip_bound(size_t size)
{
	return libdeflate_gzip_compress_bound(NULL, size);
}

static size_t
gzip_encode(void *encoder, int level, struct view page, uint8_t *out, size_t capacity)
{
	(void)level;
	return libdeflate_gzip_compress(encoder, page.data, page.size, out, capacity);
}

static void *
gzip_make_decoder(void)
{
	return libdeflate_alloc_decompressor();
}

static void
gzip_free_decoder(void *decoder)
{
	libdeflate_free_decompressor(decoder);
}

/* Members of gzip one after another, or zlib's own format, which some writers used. */
static bool
gzip_decode(void *decoder, struct view page, uint8_t *out, size_t size)
{
	enum { GZIP_FIRST_BYTE = 0x1f };
	size_t taken = 0, made = 0, in, more;
	if (page.size > 0 && page.data[0] != GZIP_FIRST_BYTE)
		return libdeflate_zlib_decompress_ex(decoder, page.data, page.size, out, size, &in, NULL) ==
		           LIBDEFLATE_SUCCESS &&
		       in == page.size;
	do {
		if (libdeflate_gzip_decompress_ex(decoder, page.data + taken, page.size - taken, out + made,
			size - made, &in, &more) != LIBDEFLATE_SUCCESS)
			return false;
		taken += in;
		made += more;
	} while (taken < page.size);
	return made == size;
}

/* ---- lz4_raw ---- */

/* Lower levels mean the fast encoder, which has only one. */
static bool
lz4_is_high(int level)
{
	return level >= LZ4HC_CLEVEL_MIN;
}

static void *
lz4_make_encoder(int level)
{
	return malloc((size_t)(lz4_is_high(level) ? LZ4_sizeofStateHC() : LZ4_sizeofState()));
}

static size_t
lz4_bound(size_t size)
{
	return size <= LZ4_MAX_INPUT_SIZE ? (size_t)LZ4_compressBound((int)size) : 0;
}

static size_t
lz4_encode(void *encoder, int level, struct view page, uint8_t *out, size_t capacity)
{
	const char *from = (const char *)page.data;
	int size = (int)page.size, room = (int)capacity;
	return (size_t)(lz4_is_high(level)
			    ? LZ4_compress_HC_extStateHC(encoder, from, (char *)out, size, room, level)
			    : LZ4_compress_fast_extState(encoder, from, (char *)out, size, room, 1));
}

static bool
lz4_decode(void *decoder, struct view page, uint8_t *out, size_t size)
{
	(void)decoder;
	return page.size <= INT_MAX && size <= INT_MAX &&
	       LZ4_decompress_safe((const char *)page.data, (char *)out, (int)page.size, (int)size) ==
	           (int)size;
}

/* ---- brotli ---- */

static size_t
brotli_encode(void *encoder, int level, struct view page, uint8_t *out, size_t capacity)
{
	(void)encoder;
	size_t size = capacity;
	return BrotliEncoderCompress(
		   level, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE, page.size, page.data, &size, out)
	           ? size
	           : 0;
}

/* As a stream, since the one-call decoder does not say whether bytes are left. */
static bool
brotli_decode(void *decoder, struct view page, uint8_t *out, size_t size)
{
	(void)decoder;
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	bool fine = state != NULL &&
	            BrotliDecoderDecompressStream(state, &page.size, &page.data, &size, &out, NULL) ==
	                BROTLI_DECODER_RESULT_SUCCESS &&
	            page.size == 0 && size == 0;
	BrotliDecoderDestroyInstance(state);
	return fine;
}

/* ---- all ---- */

const struct codec_library CODEC_LIBRARIES[CODEC_KINDS] = {
    [CODEC_NONE] = {.name = "none"},
    [CODEC_SNAPPY] = {.name = "snappy",
	.make_encoder = snappy_make_encoder,
	.free_encoder = free,
	.bound = snappy_pack_bound,
	.encode = snappy_encode,
	.decode = snappy_decode},
    [CODEC_GZIP] = {.name = "gzip",
	.least = 1,
	.most = 12,
	.usual = 6,
	.make_encoder = gzip_make_encoder,
	.free_encoder = gzip_free_encoder,
	.bound = gzip_bound,
	.encode = gzip_encode,
	.make_decoder = gzip_make_decoder,
	.free_decoder = gzip_free_decoder,
	.decode = gzip_decode},
    [CODEC_LZO] = {.name = "lzo"},
    [CODEC_BROTLI] = {.name = "brotli",
	.least = BROTLI_MIN_QUALITY,
	.most = BROTLI_MAX_QUALITY,
	.usual = 4,
	.bound = BrotliEncoderMaxCompressedSize,
	.encode = brotli_encode,
	.decode = brotli_decode},
    [CODEC_LZ4] = {.name = "lz4 in Hadoop's framing"},
    [CODEC_ZSTD] = {.name = "zstd",
	.least = -(1 << 17),
	.most = 22,
	.usual = 1,
	.make_encoder = zstd_make_encoder,
	.free_encoder = zstd_free_encoder,
	.bound = zstd_bound,
	.encode = zstd_encode,
	.make_decoder = zstd_make_decoder,
	.free_decoder = zstd_free_decoder,
	.decode = zstd_decode},
    [CODEC_LZ4_RAW] = {.name = "lz4_raw",
	.least = 1,
	.most = LZ4HC_CLEVEL_MAX,
	.usual = 1,
	.make_encoder = lz4_make_encoder,
	.free_encoder = free,
	.bound = lz4_bound,
	.encode = lz4_encode,
	.decode = lz4_decode},
};
