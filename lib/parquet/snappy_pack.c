/* snappy_pack.c - literals, and copies of what a fragment of 64 KiB had before. */
#include "lib/parquet/snappy_pack.h"

#include "lib/parquet/word.h"

enum {
	FRAGMENT = 1 << 16, /* bytes that refer to one another, so that offsets have 16 bits */
	LEAST_BITS = 8,     /* of the places of a small fragment */
	MATCH_LEAST = 4,    /* bytes that are hashed */
	MARGIN = 15, /* bytes at a fragment's end in which no match begins, so that loads may overshoot */
	CHUNK = 16,  /* bytes of a literal that are copied whatever its size */
	PATIENCE_BITS = 5,  /* after 2^5 places without a match only every second is tried, and so on */
	TAG_COPY_SHORT = 1, /* an offset below 2^11, and 4 to 11 bytes */
	TAG_COPY = 2,       /* an offset of 16 bits, and 1 to 64 bytes */
	SHORT_OFFSETS = 1 << 11,
	SHORT_LENGTHS = 12,
	COPY_MOST = 64,
	LITERAL_INLINE = 60, /* lengths that fit in the tag */
};

struct fragment {
	const uint8_t *start, *end;
	uint16_t *places;
	unsigned place_bits;
};

size_t
snappy_pack_bound(size_t size)
{
	/* A literal of 60 bytes takes one more, and a copy of four after one byte none; and there is slack.
	 */
	return 32 + size + size / 6;
}

static inline uint32_t
load_four(const uint8_t *at)
{
	uint32_t bytes;
	memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap32(bytes);
#endif
	return bytes;
}

/* Notes the place AT, and returns the one noted before for such bytes, or the start. */
static inline const uint8_t *
note_place(const struct fragment *fragment, const uint8_t *at)
{
	uint16_t *place = &fragment->places[load_four(at) * 0x1e35a7bdu >> (32 - fragment->place_bits)];
	const uint8_t *before = fragment->start + *place;
	*place = (uint16_t)(at - fragment->start);
	return before;
}

/*
 * The next place from AT to LIMIT whose four bytes came before, at *BEFORE; NULL if there is none.
 * Bytes without a match for long are likely to have none, and are tried in ever longer steps.
 */
static inline const uint8_t *
find_match(const struct fragment *fragment, const uint8_t *at, const uint8_t *limit, const uint8_t **before)
{
	for (uint32_t patience = 1 << PATIENCE_BITS;; patience++) {
		ptrdiff_t step = patience >> PATIENCE_BITS;
		if (limit - at < step)
			return NULL;
		*before = note_place(fragment, at);
		if (load_four(at) == load_four(*before))
			return at;
		at += step;
	}
}

/* How many bytes from AT up to END equal those from BEFORE on. */
static inline size_t
count_equal(const uint8_t *before, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;
	for (; end - at >= (ptrdiff_t)sizeof(uint64_t); at += sizeof(uint64_t), before += sizeof(uint64_t)) {
		uint64_t differ = word_load(before) ^ word_load(at);
		if (differ != 0)
			return (size_t)(at - start) + (size_t)__builtin_ctzll(differ) / 8;
	}
	while (at < end && *before == *at)
		at++, before++;
	return (size_t)(at - start);
}

static inline uint8_t *
put_literal_tag(uint8_t *out, size_t size)
{
	size_t code = size - 1;
	if (code < LITERAL_INLINE) {
		*out++ = (uint8_t)(code << 2);
	} else if (code < 1 << 8) {
		*out++ = LITERAL_INLINE << 2;
		*out++ = (uint8_t)code;
	} else {
		*out++ = (LITERAL_INLINE + 1) << 2;
		*out++ = (uint8_t)code;
		*out++ = (uint8_t)(code >> 8);
	}
	return out;
}

/* A literal followed by at least MARGIN bytes of the fragment, so that OUT has that much more room. */
static inline uint8_t *
put_literal(uint8_t *out, const uint8_t *at, size_t size)
{
	out = put_literal_tag(out, size);
	if (size <= CHUNK)
		memcpy(out, at, CHUNK);
	else
		memcpy(out, at, size);
	return out + size;
}

static inline uint8_t *
put_far_copy(uint8_t *out, size_t offset, size_t size)
{
	*out++ = (uint8_t)(TAG_COPY | (size - 1) << 2);
	*out++ = (uint8_t)offset;
	*out++ = (uint8_t)(offset >> 8);
	return out;
}

/* Leaves no rest below MATCH_LEAST, for which there is no short form. */
static inline uint8_t *
put_copy(uint8_t *out, size_t offset, size_t size)
{
	for (; size >= COPY_MOST + MATCH_LEAST; size -= COPY_MOST)
		out = put_far_copy(out, offset, COPY_MOST);
	if (size > COPY_MOST) {
		out = put_far_copy(out, offset, COPY_MOST - MATCH_LEAST);
		size -= COPY_MOST - MATCH_LEAST;
	}
	if (size >= SHORT_LENGTHS || offset >= SHORT_OFFSETS)
		return put_far_copy(out, offset, size);
	*out++ = (uint8_t)(TAG_COPY_SHORT | (size - MATCH_LEAST) << 2 | offset >> 8 << 5);
	*out++ = (uint8_t)offset;
	return out;
}

/* Writes the match of *AT with BEFORE, and those that begin where one ends; moves *AT past the last one. */
static inline uint8_t *
put_matches(const struct fragment *fragment, const uint8_t **at, const uint8_t *before, const uint8_t *limit,
    uint8_t *out)
{
	do {
		size_t size =
		    MATCH_LEAST + count_equal(before + MATCH_LEAST, *at + MATCH_LEAST, fragment->end);
		out = put_copy(out, (size_t)(*at - before), size);
		*at += size;
		if (*at >= limit)
			break;
		note_place(fragment, *at - 2);
		note_place(fragment, *at - 1);
		before = note_place(fragment, *at);
	} while (load_four(*at) == load_four(before));
	return out;
}

static uint8_t *
put_fragment(const struct fragment *fragment, uint8_t *out)
{
	const uint8_t *end = fragment->end, *done = fragment->start, *at, *before;
	const uint8_t *limit = end - done > MARGIN ? end - MARGIN : done;
	while ((at = find_match(fragment, done + 1, limit, &before)) != NULL) {
		out = put_literal(out, done, (size_t)(at - done));
		out = put_matches(fragment, &at, before, limit, out);
		done = at;
	}
	size_t rest = (size_t)(end - done);
	if (rest == 0)
		return out;
	out = put_literal_tag(out, rest);
	memcpy(out, done, rest);
	return out + rest;
}

size_t
snappy_pack(struct snappy_places *places, struct view bytes, uint8_t *out)
{
	uint8_t *start = out;
	size_t size = bytes.size;
	for (; size >= 0x80; size >>= 7)
		*out++ = (uint8_t)(size | 0x80);
	*out++ = (uint8_t)size;
	for (size_t done = 0; done < bytes.size; done += size) {
		unsigned bits = LEAST_BITS;
		size = bytes.size - done < FRAGMENT ? bytes.size - done : FRAGMENT;
		while (bits < SNAPPY_PLACE_BITS && (size_t)1 << bits < size)
			bits++;
		memset(places->places, 0, sizeof *places->places << bits);
		out = put_fragment(
		    &(struct fragment){bytes.data + done, bytes.data + done + size, places->places, bits},
		    out);
	}
	return (size_t)(out - start);
}
