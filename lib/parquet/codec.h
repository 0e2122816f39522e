/*
 * codec - how pages are compressed.
 *
 * A struct codec owns its working memory, which serves one page after another;
 * codec_free() gives it back.  Errors: NEST_FAILED.  Pages are read with any of
 * the format's codecs but LZO, and LZ4 in Hadoop's framing.
 */
#ifndef NEST_PARQUET_CODEC_H
#define NEST_PARQUET_CODEC_H

#include "lib/base/buffer.h"
#include "lib/parquet/metadata.h"

struct codec {
	enum codec_kind kind;
	int level;
	void *context;
	struct buffer packed; /* the caller's, for a page that is on its way */
};

/*
 * LEVEL is zstd's; CODEC_NONE has none.  Changes CODEC when it was initialised before; zero
 * it the first time.
 */
bool codec_init(struct codec *codec, enum codec_kind kind, int level, struct nest_error *error);

/* Appends the page to OUT, compressed. */
bool codec_encode(struct codec *codec, struct buffer *out, struct view page, struct nest_error *error);

void codec_free(struct codec *codec);

/* What reading pages needs; zeroed before its first use, it owns its memory until codec_reader_free(). */
struct codec_reader {
	void *zstd;
};

/*
 * Appends the SIZE bytes that PAGE stands for to OUT.  NEST_INVALID for bytes that do not make
 * exactly these, and for a codec that is not read here, which is named.
 */
bool codec_decode(struct codec_reader *reader, int32_t kind, struct view page, size_t size,
    struct buffer *out, struct nest_error *error);

void codec_reader_free(struct codec_reader *reader);

/* "zstd"; "codec 9" for one that nobody knows. */
struct codec_name {
	char text[24];
};
struct codec_name codec_name(int32_t kind);

#endif
