/*
 * stripe - what one leaf is shredded into (the column stripe of the Dremel
 * paper): entries and PLAIN values.
 *
 * An entry is a repetition level, in the low byte, and a definition level, so
 * that one store writes both.  The memory of all stripes of a shredder is counted
 * in one place, so that a small hostile record cannot take all there is.
 * stripe_free() gives it back.
 */
#ifndef NEST_SHRED_STRIPE_H
#define NEST_SHRED_STRIPE_H

#include "lib/base/buffer.h"

#include <stdint.h>

enum {
	STRIPE_MEMORY_LIMIT = 160 << 20, /* bytes, of all stripes together */
	STRIPE_SLOT = 32,                /* a short text is copied as a whole slot */
};

/* Each pair of cursors is where the next goes, and where room ends. */
struct stripe {
	uint16_t *entry, *entry_end;
	uint8_t *value, *value_end; /* after it, a short text and its length still fit */
	uint16_t *entries;
	uint8_t *values;
};

static inline size_t
stripe_entry_count(const struct stripe *stripe)
{
	return (size_t)(stripe->entry - stripe->entries);
}

static inline size_t
stripe_value_bytes(const struct stripe *stripe)
{
	return (size_t)(stripe->value - stripe->values);
}

static inline void
stripe_clear(struct stripe *stripe)
{
	stripe->entry = stripe->entries;
	stripe->value = stripe->values;
}

static inline uint16_t
stripe_entry(unsigned rep, unsigned def)
{
	return (uint16_t)(rep | def << 8);
}

/* Makes room for one more entry; *MEMORY_BYTES is the account of all stripes. */
__attribute__((cold, noinline)) bool stripe_grow_entries(
    struct stripe *stripe, size_t *memory_bytes, struct nest_error *error);

/* Makes room for MORE_BYTES of values, and for a short text after them. */
__attribute__((cold, noinline)) bool stripe_grow_values(
    struct stripe *stripe, size_t more_bytes, size_t *memory_bytes, struct nest_error *error);

static inline bool
stripe_append_entry(
    struct stripe *stripe, unsigned rep, unsigned def, size_t *memory_bytes, struct nest_error *error)
{
	if (__builtin_expect(stripe->entry == stripe->entry_end, 0) &&
	    !stripe_grow_entries(stripe, memory_bytes, error))
		return false;
	*stripe->entry++ = stripe_entry(rep, def);
	return true;
}

/* Makes sure that MORE_BYTES of values fit. */
static inline bool
stripe_reserve_values(
    struct stripe *stripe, size_t more_bytes, size_t *memory_bytes, struct nest_error *error)
{
	/* A short text may have gone beyond the end, into the slack: the difference has a sign. */
	return (stripe->values != NULL && stripe->value_end - stripe->value >= (ptrdiff_t)more_bytes) ||
	       stripe_grow_values(stripe, more_bytes, memory_bytes, error);
}

static inline bool
stripe_append_value(struct stripe *stripe, const void *bytes, size_t size_bytes, size_t *memory_bytes,
    struct nest_error *error)
{
	if (!stripe_reserve_values(stripe, size_bytes, memory_bytes, error))
		return false;
	memcpy(stripe->value, bytes, size_bytes);
	stripe->value += size_bytes;
	return true;
}

/* Appends the repetition or the definition levels to a buffer, one byte each. */
bool stripe_copy_rep(const struct stripe *stripe, struct buffer *out, struct nest_error *error);
bool stripe_copy_def(const struct stripe *stripe, struct buffer *out, struct nest_error *error);

/* How full a stripe was at some moment. */
struct stripe_mark {
	size_t entries, value_bytes;
};

/*
 * Whether all values from MARK on, which are texts, are UTF-8; if one is not,
 * *ROW is the number of its record, counted from MARK.  Entries at MAX_DEF have a
 * value.
 */
bool stripe_texts_valid(
    const struct stripe *stripe, const struct stripe_mark *mark, uint8_t max_def, uint64_t *row);

void stripe_free(struct stripe *stripe);

#endif
