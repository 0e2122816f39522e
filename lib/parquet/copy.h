/*
 * copy - the two moves that block compressions are made of; private to their decoders.
 *
 * Both check that what they read and write is there, and move on.
 */
#ifndef NEST_PARQUET_COPY_H
#define NEST_PARQUET_COPY_H

#include "lib/base/buffer.h"

/* What is written: up to END. */
struct copy_target {
	uint8_t *begin, *at, *end;
};

/* The next SIZE bytes as they are. */
static inline bool
copy_literal(struct copy_target *out, struct view *bytes, size_t size)
{
	if (size > bytes->size || size > (size_t)(out->end - out->at))
		return false;
	if (size > 0)
		memcpy(out->at, bytes->data, size);
	out->at += size;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

/* SIZE bytes again from OFFSET before; they may overlap what they make. */
static inline bool
copy_again(struct copy_target *out, size_t offset, size_t size)
{
	if (offset == 0 || offset > (size_t)(out->at - out->begin) || size > (size_t)(out->end - out->at))
		return false;
	const uint8_t *from = out->at - offset;
	if (offset >= size)
		memcpy(out->at, from, size);
	else
		for (size_t i = 0; i < size; i++)
			out->at[i] = from[i];
	out->at += size;
	return true;
}

/* A little-endian number of SIZE bytes, 4 at most. */
static inline bool
copy_number(struct view *bytes, size_t size, size_t *number)
{
	if (size > bytes->size)
		return false;
	*number = 0;
	for (size_t i = 0; i < size; i++)
		*number |= (size_t)bytes->data[i] << 8 * i;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

#endif
