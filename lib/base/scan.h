/*
 * scan - sixteen bytes of a JSON string at a time: which of them end a run of
 * plain characters.  Every x86-64 has SSE2, so there is no check at run time;
 * the functions whose names end in _plain are for other machines, and the tests
 * compare the two.
 */
#ifndef NEST_BASE_SCAN_H
#define NEST_BASE_SCAN_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { SCAN_BYTES = 16 };

/* Bit i is set if byte i is a quote, a backslash or a control character. */
static inline uint32_t
scan_special_plain(const uint8_t *at)
{
	uint32_t mask = 0;
	for (unsigned i = 0; i < SCAN_BYTES; i++)
		mask |= (uint32_t)(at[i] < 0x20 || at[i] == '"' || at[i] == '\\') << i;
	return mask;
}

/* Bit i is set if byte i is one of those, or not ASCII. */
static inline uint32_t
scan_odd_plain(const uint8_t *at)
{
	uint32_t mask = scan_special_plain(at);
	for (unsigned i = 0; i < SCAN_BYTES; i++)
		mask |= (uint32_t)(at[i] >> 7) << i;
	return mask;
}

#if defined(__SSE2__)

/* The high bit of each byte that is special. */
static inline __m128i
scan_bytes_special(__m128i bytes)
{
	__m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	__m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
	return _mm_or_si128(_mm_or_si128(quotes, slashes), controls);
}

static inline uint32_t
scan_special(const uint8_t *at)
{
	__m128i bytes;
	memcpy(&bytes, at, sizeof bytes);
	return (uint32_t)_mm_movemask_epi8(scan_bytes_special(bytes));
}

static inline uint32_t
scan_odd(const uint8_t *at)
{
	__m128i bytes;
	memcpy(&bytes, at, sizeof bytes);
	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(scan_bytes_special(bytes), bytes));
}

#else

static inline uint32_t
scan_special(const uint8_t *at)
{
	return scan_special_plain(at);
}

static inline uint32_t
scan_odd(const uint8_t *at)
{
	return scan_odd_plain(at);
}

#endif

#endif
