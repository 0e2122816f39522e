/*
 * codec_library - a library that compresses, behind the calls that all of them have; private to codec.c.
 *
 * A codec that is only known by its name has no calls.  Working memory is the caller's to keep and
 * give back; a codec that needs none lacks the calls for it.
 */
#ifndef NEST_PARQUET_CODEC_LIBRARY_H
#define NEST_PARQUET_CODEC_LIBRARY_H

#include "lib/base/buffer.h"
#include "lib/parquet/metadata.h"

struct codec_library {
	const char *name;
	int least, most, usual; /* levels; all 0 where there are none */

	/* NULL for want of memory.  What was made for one level does not serve another. */
	void *(*make_encoder)(int level);
	void (*free_encoder)(void *encoder);
	/* Bytes that SIZE bytes become at most; 0 for more than the codec takes, which encode() then refuses.
	 */
	size_t (*bound)(size_t size);
	/* The number of bytes that were made of PAGE; 0 where that failed. */
	size_t (*encode)(void *encoder, int level, struct view page, uint8_t *out, size_t capacity);

	void *(*make_decoder)(void);
	void (*free_decoder)(void *decoder);
	/* Whether PAGE, all of it, made exactly SIZE bytes.  OUT is never NULL. */
	bool (*decode)(void *decoder, struct view page, uint8_t *out, size_t size);
};

/* By enum codec_kind; CODEC_NONE has a name alone, too. */
extern const struct codec_library CODEC_LIBRARIES[CODEC_KINDS];

#endif
