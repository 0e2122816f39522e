#include "lib/base/digest.h"

/* Compiled in, so that the libraries that stand alone need no other; the caller's flags stay out of it. */
#define XXH_INLINE_ALL
#include <stdlib.h>
#include <xxhash.h>

struct digest {
	XXH3_state_t state;
};

bool
digest_open(struct digest **digest, struct nest_error *error)
{
	/* The state must be aligned to a cache line. */
	*digest = aligned_alloc(_Alignof(struct digest), sizeof **digest);
	if (*digest == NULL)
		return nest_error_memory(error, sizeof **digest, "a fingerprint");
	digest_reset(*digest);
	return true;
}

void
digest_close(struct digest *digest)
{
	free(digest);
}

void
digest_reset(struct digest *digest)
{
	XXH3_128bits_reset(&digest->state);
}

void
digest_add(struct digest *digest, struct view bytes)
{
	if (bytes.size > 0)
		XXH3_128bits_update(&digest->state, bytes.data, bytes.size);
}

/* Adds the size first, as eight bytes, the lowest first. */
static void
add_counted(struct digest *digest, struct view bytes)
{
	uint8_t size[8];
	for (unsigned i = 0; i < sizeof size; i++)
		size[i] = (uint8_t)((uint64_t)bytes.size >> (8 * i));
	digest_add(digest, (struct view){size, sizeof size});
	digest_add(digest, bytes);
}

void
digest_add_text(struct digest *digest, const char *name, struct view value)
{
	add_counted(digest, view_of_text(name));
	add_counted(digest, value);
}

void
digest_add_count(struct digest *digest, const char *name, uint64_t value)
{
	uint8_t bytes[8];
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	digest_add_text(digest, name, (struct view){bytes, sizeof bytes});
}

struct digest_value
digest_value(const struct digest *digest)
{
	XXH128_canonical_t canonical;
	struct digest_value value;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&digest->state));
	memcpy(value.bytes, canonical.digest, sizeof value.bytes);
	return value;
}

bool
digest_equal(struct digest_value a, struct digest_value b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool
digest_is_zero(struct digest_value value)
{
	return digest_equal(value, (struct digest_value){0});
}

static const char digits[] = "0123456789abcdef";

void
digest_print(struct digest_value value, char text[DIGEST_TEXT_BYTES])
{
	for (unsigned i = 0; i < DIGEST_BYTES; i++) {
		*text++ = digits[value.bytes[i] >> 4];
		*text++ = digits[value.bytes[i] & 15];
	}
	*text = '\0';
}

bool
digest_parse(struct view text, struct digest_value *value)
{
	if (text.size != 2 * DIGEST_BYTES)
		return false;
	for (unsigned i = 0; i < text.size; i++) {
		const char *digit = text.data[i] != '\0' ? strchr(digits, text.data[i]) : NULL;
		if (digit == NULL)
			return false;
		uint8_t half = (uint8_t)(digit - digits);
		uint8_t *byte = &value->bytes[i / 2];
		*byte = (uint8_t)(i % 2 == 0 ? half << 4 : *byte | half);
	}
	return true;
}
