/*
 * pack - msgpack values of snapshots, and their checksum.
 *
 * The engine must not bring a library into the programs that it meters, so the
 * few primitives that a snapshot needs are here
 * (https://github.com/msgpack/msgpack, spec.md; CRC-32 as in IEEE 802.3).
 */
#ifndef NEST_METER_PACK_H
#define NEST_METER_PACK_H

#include "lib/base/buffer.h"

/* ---- writing: to a buffer; the first failure is kept and makes all that follows do nothing ---- */

struct meter_packer {
	struct buffer *to;
	struct nest_error *error;
	bool failed;
};

void meter_pack_array(struct meter_packer *packer, size_t count);
void meter_pack_map(struct meter_packer *packer, size_t count);
void meter_pack_uint(struct meter_packer *packer, uint64_t value);
void meter_pack_int(struct meter_packer *packer, int64_t value);
void meter_pack_double(struct meter_packer *packer, double value);
void meter_pack_bool(struct meter_packer *packer, bool value);
void meter_pack_text(struct meter_packer *packer, const char *text);
void meter_pack_bytes_text(struct meter_packer *packer, const void *text, size_t size_bytes);

/* ---- reading: each steps behind what it read, or answers false: another type, or the end ---- */

struct meter_unpacker {
	const uint8_t *at, *end;
};

/* COUNT values, or pairs, are left, each of LEAST_BYTES or more: no more are claimed than fit. */
bool meter_unpack_array(struct meter_unpacker *unpacker, size_t least_bytes, size_t *count);
bool meter_unpack_map(struct meter_unpacker *unpacker, size_t *count);
bool meter_unpack_uint(struct meter_unpacker *unpacker, uint64_t *value);
bool meter_unpack_int(struct meter_unpacker *unpacker, int64_t *value);
bool meter_unpack_double(struct meter_unpacker *unpacker, double *value);
bool meter_unpack_bool(struct meter_unpacker *unpacker, bool *value);
bool meter_unpack_text(struct meter_unpacker *unpacker, struct view *text);
/* Steps over one value of any type, nested up to 16 deep. */
bool meter_unpack_skip(struct meter_unpacker *unpacker);

uint32_t meter_checksum(struct view bytes);

#endif
