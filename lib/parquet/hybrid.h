/*
 * hybrid - the run-length and bit-packed encoding of levels and of dictionary indices.
 *
 * The writer appends to the caller's buffer; the reader fills the caller's array
 * from untrusted bytes and moves the view past what was read.  Nothing is owned.
 * Values that are all equal are one run; otherwise a run begins only at
 * 32 equal values, at a multiple of 32 after the run before, since a shorter one
 * saves next to nothing and costs a reader a branch.  The format is Encodings.md,
 * "Run Length Encoding / Bit-Packing Hybrid", without a length in front.
 */
#ifndef NEST_PARQUET_HYBRID_H
#define NEST_PARQUET_HYBRID_H

#include "lib/base/buffer.h"

enum { HYBRID_GROUP = 8 }; /* values that bit-packing packs together */

/* Values of WIDTH_BITS (1 to 8), one a byte. */
bool hybrid_encode_levels(
    struct buffer *out, const uint8_t *values, size_t count, unsigned width_bits, struct nest_error *error);

/* Values of WIDTH_BITS (0 to 32). */
bool hybrid_encode_indices(
    struct buffer *out, const uint32_t *values, size_t count, unsigned width_bits, struct nest_error *error);

/* Packs bytes that are 0 or 1 into (count + 7) / 8 bytes, the first value in the lowest bit. */
void hybrid_pack_bits(uint8_t *out, const uint8_t *values, size_t count);

/*
 * Reads the COUNT values of WIDTH_BITS that BYTES begin with, none above MOST.  NEST_INVALID if they
 * end too soon or one is greater.  The last group may lack the bytes of values beyond COUNT.
 */
bool hybrid_decode_levels(struct view *bytes, uint8_t *values, size_t count, unsigned width_bits,
    uint8_t most, struct nest_error *error);
bool hybrid_decode_indices(struct view *bytes, uint32_t *values, size_t count, unsigned width_bits,
    uint32_t most, struct nest_error *error);

/* The opposite of hybrid_pack_bits(): reads (count + 7) / 8 bytes, writes a byte a value. */
void hybrid_unpack_bits(uint8_t *values, const uint8_t *packed, size_t count);

/*
 * Reads COUNT levels of WIDTH_BITS in the format's former order (BIT_PACKED): the highest bit
 * first, (count * WIDTH_BITS + 7) / 8 bytes.
 */
bool hybrid_decode_old_levels(struct view *bytes, uint8_t *values, size_t count, unsigned width_bits,
    uint8_t most, struct nest_error *error);

/* The number of bits that hold VALUE; 0 for 0. */
static inline unsigned
hybrid_width_bits(uint32_t value)
{
	return value == 0 ? 0 : 32 - (unsigned)__builtin_clz(value);
}

#endif
