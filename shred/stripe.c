#include "shred/stripe.h"

#include "lib/base/utf8.h"

#include <endian.h>
#include <stdlib.h>

/* Half as much again, and at least what is needed; little at first, as there may be thousands of leaves. */
static size_t
next_capacity(size_t capacity, size_t needed)
{
	size_t grown = capacity + capacity / 2 + 512;
	return grown > needed ? grown : needed;
}

static bool
account_for(size_t *memory_bytes, size_t more_bytes, struct nest_error *error)
{
	if (more_bytes > STRIPE_MEMORY_LIMIT - *memory_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "the columns of one batch take more than %d bytes; make smaller batches",
		    STRIPE_MEMORY_LIMIT);
	*memory_bytes += more_bytes;
	return true;
}

bool
stripe_grow_entries(struct stripe *stripe, size_t *memory_bytes, struct nest_error *error)
{
	size_t count = stripe_entry_count(stripe);
	size_t old = (size_t)(stripe->entry_end - stripe->entries), capacity = next_capacity(old, count + 1);
	if (!account_for(memory_bytes, (capacity - old) * sizeof *stripe->entries, error))
		return false;
	uint16_t *entries = realloc(stripe->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return nest_error_memory(error, capacity * sizeof *entries, "a stripe");
	stripe->entries = entries;
	stripe->entry = entries + count;
	stripe->entry_end = entries + capacity;
	return true;
}

bool
stripe_grow_values(struct stripe *stripe, size_t more_bytes, size_t *memory_bytes, struct nest_error *error)
{
	size_t slack = 4 + STRIPE_SLOT, size = stripe_value_bytes(stripe);
	size_t old = stripe->values == NULL ? 0 : (size_t)(stripe->value_end - stripe->values) + slack;
	size_t capacity = next_capacity(old, size + more_bytes + slack);
	if (!account_for(memory_bytes, capacity - old, error))
		return false;
	uint8_t *values = realloc(stripe->values, capacity);
	if (values == NULL)
		return nest_error_memory(error, capacity, "a stripe");
	stripe->values = values;
	stripe->value = values + size;
	stripe->value_end = values + capacity - slack;
	return true;
}

/* Appends one byte of each entry; SHIFT says which. */
static bool
copy_levels(const struct stripe *stripe, unsigned shift, struct buffer *out, struct nest_error *error)
{
	size_t count = stripe_entry_count(stripe);
	if (!buffer_reserve(out, count, error))
		return false;
	uint8_t *restrict to = out->data + out->size;
	const uint16_t *restrict entries = stripe->entries;
	for (size_t i = 0; i < count; i++)
		to[i] = (uint8_t)(entries[i] >> shift);
	out->size += count;
	return true;
}

bool
stripe_copy_rep(const struct stripe *stripe, struct buffer *out, struct nest_error *error)
{
	return copy_levels(stripe, 0, out, error);
}

bool
stripe_copy_def(const struct stripe *stripe, struct buffer *out, struct nest_error *error)
{
	return copy_levels(stripe, 8, out, error);
}

/* Lengths below 128 have no high bit either, so one pass over everything shows that all is ASCII. */
static bool
all_ascii(const uint8_t *bytes, size_t size)
{
	uint8_t seen = 0;
	for (size_t i = 0; i < size; i++)
		seen |= bytes[i];
	return seen < 0x80;
}

bool
stripe_texts_valid(
    const struct stripe *stripe, const struct stripe_mark *mark, uint8_t max_def, uint64_t *row)
{
	/* A stripe without values has no memory for them. */
	if (stripe->value == stripe->values)
		return true;
	const uint8_t *at = stripe->values + mark->value_bytes;
	if (all_ascii(at, stripe_value_bytes(stripe) - mark->value_bytes))
		return true;
	uint64_t begun = 0;
	for (const uint16_t *entry = stripe->entries + mark->entries; entry < stripe->entry; entry++) {
		begun += (*entry & 0xff) == 0;
		if (*entry >> 8 != max_def)
			continue;
		uint32_t length;
		memcpy(&length, at, 4);
		length = le32toh(length);
		if (!utf8_valid(at + 4, length)) {
			*row = begun - 1;
			return false;
		}
		at += 4 + length;
	}
	return true;
}

void
stripe_free(struct stripe *stripe)
{
	free(stripe->entries);
	free(stripe->values);
	*stripe = (struct stripe){0};
}
