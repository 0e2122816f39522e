/*
 * codec_library - the calls that all compression libraries are used by; private to codec.c.
 *
 * A codec that is known only by name has no calls.  The caller keeps working memory and gives it
 * back; a codec that needs none lacks the calls for it.
 */
#ifndef NEST_PARQUET_CODEC_LIBRARY_H
#define NEST_PARQUET_CODEC_LIBRARY_H

#include "lib/base/buffer.h"
#include "lib/parquet/metadata.h"

struct codec_library {
	const char *name;
	int least, most, usual; /* levels; all 0 if there are none */

	/* NULL for lack of memory.  An encoder made for one level does not serve another. */
	void *(*make_encoder)(int level);
	void (*free_encoder)(void *encoder);
	/* The most bytes that SIZE bytes become; 0 if the codec takes no such size, and encode() fails. */
	size_t (*bound)(size_t size);
	/* Compresses PAGE to OUT; returns the number of bytes, or 0 on failure. */
	size_t (*encode)(void *encoder, int level, struct view page, uint8_t *out, size_t capacity);

	void *(*make_decoder)(void);
	void (*free_decoder)(void *decoder);
	/* Whether all of PAGE made exactly SIZE bytes.  OUT is never NULL. */
	bool (*decode)(void *decoder, struct view page, uint8_t *out, size_t size);
};

/* By enum codec_kind; CODEC_NONE, too, has only a name. */
extern const struct codec_library CODEC_LIBRARIES[CODEC_KINDS];

#endif
