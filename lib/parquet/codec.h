/*
 * codec - how pages are compressed.
 *
 * A struct codec owns its working memory, which serves one page after another;
 * codec_free() gives it back.  Errors: NEST_FAILED.
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

#endif
