/*
 * word - eight bytes as a number, the first byte the lowest, on any machine.
 */
#ifndef NEST_PARQUET_WORD_H
#define NEST_PARQUET_WORD_H

#include <stdint.h>
#include <string.h>

static inline uint64_t
word_load(const uint8_t *values)
{
	uint64_t word;
	memcpy(&word, values, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline void
word_store(uint8_t *out, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	memcpy(out, &word, sizeof word);
}

#endif
