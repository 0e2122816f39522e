/*
 * codec - how pages are compressed.
 *
 * Pages are written and read with all of the format's codecs except LZO and LZ4 in
 * Hadoop's framing.  A struct codec and a struct codec_reader, zeroed before their
 * first use, own working memory, which serves one page after another, whatever their
 * codecs; codec_free() and codec_reader_free() give it back.
 */
#ifndef NEST_PARQUET_CODEC_H
#define NEST_PARQUET_CODEC_H

#include "lib/base/buffer.h"
#include "lib/parquet/metadata.h"

/* A zeroed one means no compression. */
struct codec_choice {
	enum codec_kind kind;
	int level; /* 0 if the codec has none */
};

/* What codec_parse() takes, as a list of choices for --help. */
#define CODEC_WORDS "none|snappy|gzip[:L]|brotli[:L]|zstd[:L]|lz4_raw[:L]"

/* Parses a codec, perhaps with a level, as in "zstd:3".  NEST_USAGE; the message begins with WHAT,
 * "--compression". */
bool codec_parse(struct codec_choice *choice, struct view text, const char *what, struct nest_error *error);

struct codec {
	void *encoders[CODEC_KINDS];
	int levels[CODEC_KINDS]; /* that the encoders were made for */
	struct buffer packed;    /* the caller's, for a page on its way */
};

/* Appends the page to OUT, compressed.  NEST_FAILED. */
bool codec_encode(struct codec *codec, struct codec_choice choice, struct buffer *out, struct view page,
    struct nest_error *error);

void codec_free(struct codec *codec);

struct codec_reader {
	void *decoders[CODEC_KINDS];
};

/*
 * Decompresses PAGE, of SIZE bytes uncompressed, and appends them to OUT.  NEST_INVALID if PAGE does
 * not make exactly that many, or if the codec, which is named, cannot be read here.
 */
bool codec_decode(struct codec_reader *reader, int32_t kind, struct view page, size_t size,
    struct buffer *out, struct nest_error *error);

void codec_reader_free(struct codec_reader *reader);

/* "zstd"; "codec 9" for an unknown one. */
struct codec_name {
	char text[24];
};
struct codec_name codec_name(int32_t kind);

#endif
