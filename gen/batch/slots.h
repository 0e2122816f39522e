/*
 * slots - short texts side by side, each in the same number of bytes, so that one
 * copy of a fixed size moves any of them.  The size of a text is in the byte
 * before it, which the slot before does not use.
 */
#ifndef NEST_GEN_SLOTS_H
#define NEST_GEN_SLOTS_H

#include "gen/batch/batch.h"

enum { PUT_SLACK = 2 * TEXT_SLACK }; /* bytes that may be written after a value */

enum { SLOT_TEXT_MOST = TEXT_SLACK - 1, SLOT_SHORT = 16 };

/* Loops would call these otherwise: there are more of them than compilers inline into. */
#define ALWAYS static inline __attribute__((always_inline))

/* Bytes that the processor moves at once if it can; memcpy() would take sixteen at a time. */
#define SLOT_BYTES(size) __attribute__((vector_size(size), aligned(1), may_alias))
typedef uint8_t bytes_32 SLOT_BYTES(32);

static inline void
copy_32(uint8_t *to, const uint8_t *from)
{
	*(bytes_32 *)to = *(const bytes_32 *)from;
}

static inline void
copy_64(uint8_t *to, const uint8_t *from)
{
	copy_32(to, from);
	copy_32(to + 32, from + 32);
}

/* SIZE bytes from FROM on, and up to 64 more: most instances and lists have fewer than these. */
ALWAYS uint8_t *
put_moved(uint8_t *to, const uint8_t *from, size_t size)
{
	copy_64(to, from);
	for (size_t done = 64; done < size; done += 64)
		copy_64(to + done, from + done);
	return to + size;
}

/* A text, and up to TEXT_SLACK bytes more. */
static inline uint8_t *
put_bytes(uint8_t *at, struct text text)
{
	copy_32(at, text.data);
	for (uint64_t done = TEXT_SLACK; done < text.size; done += TEXT_SLACK)
		copy_32(at + done, text.data + done);
	return at + text.size;
}

/* Borrowed. */
struct slots {
	const uint8_t *bytes; /* of COUNT slots, and TEXT_SLACK more; a byte is in front of them, too */
	uint32_t slot_bytes;
	uint32_t count;
};

/* The bytes of a slot for texts of up to TEXT_MOST bytes, which is at most SLOT_TEXT_MOST. */
static inline uint32_t
slot_bytes_for(size_t text_most)
{
	return text_most < SLOT_SHORT ? SLOT_SHORT : TEXT_SLACK;
}

/* Puts the text of the slot INDEX at AT; up to TEXT_SLACK bytes are written.  SLOT_BYTES are those of SLOTS,
 * which may be known when this is compiled. */
static inline uint8_t *
slots_put(const struct slots *slots, size_t slot_bytes, uint64_t index, uint8_t *at)
{
	const uint8_t *slot = slots->bytes + index * slot_bytes;
	copy_32(at, slot);
	return at + slot[-1];
}

#endif
