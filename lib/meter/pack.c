#include "lib/meter/pack.h"

#include <string.h>

enum { SKIP_DEPTH = 16 };

/* ---- writing ---- */

static void
append(struct meter_packer *packer, const void *bytes, size_t size)
{
	if (!packer->failed && !buffer_append(packer->to, bytes, size, packer->error))
		packer->failed = true;
}

/* A first byte and SIZE bytes of VALUE, the highest first. */
static void
append_number(struct meter_packer *packer, uint8_t first, uint64_t value, size_t size)
{
	uint8_t bytes[9] = {first};
	for (size_t i = 0; i < size; i++)
		bytes[size - i] = (uint8_t)(value >> (8 * i));
	append(packer, bytes, size + 1);
}

static void
append_head(struct meter_packer *packer, size_t count, uint8_t small, size_t small_limit, uint8_t wide)
{
	if (count < small_limit)
		append_number(packer, (uint8_t)(small | count), 0, 0);
	else if (count <= UINT16_MAX)
		append_number(packer, wide, count, 2);
	else
		append_number(packer, (uint8_t)(wide + 1), count, 4);
}

void
meter_pack_array(struct meter_packer *packer, size_t count)
{
	append_head(packer, count, 0x90, 16, 0xdc);
}

void
meter_pack_map(struct meter_packer *packer, size_t count)
{
	append_head(packer, count, 0x80, 16, 0xde);
}

void
meter_pack_uint(struct meter_packer *packer, uint64_t value)
{
	if (value < 0x80)
		append_number(packer, (uint8_t)value, 0, 0);
	else if (value <= UINT8_MAX)
		append_number(packer, 0xcc, value, 1);
	else if (value <= UINT16_MAX)
		append_number(packer, 0xcd, value, 2);
	else if (value <= UINT32_MAX)
		append_number(packer, 0xce, value, 4);
	else
		append_number(packer, 0xcf, value, 8);
}

void
meter_pack_int(struct meter_packer *packer, int64_t value)
{
	if (value >= 0)
		meter_pack_uint(packer, (uint64_t)value);
	else
		append_number(packer, 0xd3, (uint64_t)value, 8);
}

void
meter_pack_double(struct meter_packer *packer, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	append_number(packer, 0xcb, bits, 8);
}

void
meter_pack_bool(struct meter_packer *packer, bool value)
{
	append_number(packer, value ? 0xc3 : 0xc2, 0, 0);
}

void
meter_pack_bytes_text(struct meter_packer *packer, const void *text, size_t size)
{
	if (size < 32)
		append_number(packer, (uint8_t)(0xa0 | size), 0, 0);
	else if (size <= UINT8_MAX)
		append_number(packer, 0xd9, size, 1);
	else
		append_head(packer, size, 0, 0, 0xda);
	append(packer, text, size);
}

void
meter_pack_text(struct meter_packer *packer, const char *text)
{
	meter_pack_bytes_text(packer, text, strlen(text));
}

/* ---- reading ---- */

static bool
take_number(struct meter_unpacker *unpacker, size_t size, uint64_t *value)
{
	if ((size_t)(unpacker->end - unpacker->at) < size)
		return false;
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value = *value << 8 | *unpacker->at++;
	return true;
}

/* The first byte of the next value; 0xc1, which starts nothing, at the end. */
static uint8_t
take_first(struct meter_unpacker *unpacker)
{
	return unpacker->at < unpacker->end ? *unpacker->at++ : 0xc1;
}

static bool
take_count(struct meter_unpacker *unpacker, uint8_t first, uint8_t small, uint8_t wide, uint64_t *count)
{
	if ((first & 0xf0) == small) {
		*count = first & 0x0f;
		return true;
	}
	if (first == wide || first == wide + 1)
		return take_number(unpacker, first == wide ? 2 : 4, count);
	return false;
}

bool
meter_unpack_array(struct meter_unpacker *unpacker, size_t least_bytes, size_t *count)
{
	uint64_t claimed = 0;
	if (!take_count(unpacker, take_first(unpacker), 0x90, 0xdc, &claimed) ||
	    claimed > (size_t)(unpacker->end - unpacker->at) / least_bytes)
		return false;
	*count = (size_t)claimed;
	return true;
}

bool
meter_unpack_map(struct meter_unpacker *unpacker, size_t *count)
{
	uint64_t claimed = 0;
	if (!take_count(unpacker, take_first(unpacker), 0x80, 0xde, &claimed) ||
	    claimed > (size_t)(unpacker->end - unpacker->at) / 2)
		return false;
	*count = (size_t)claimed;
	return true;
}

bool
meter_unpack_uint(struct meter_unpacker *unpacker, uint64_t *value)
{
	uint8_t first = take_first(unpacker);
	if (first < 0x80) {
		*value = first;
		return true;
	}
	return first >= 0xcc && first <= 0xcf && take_number(unpacker, (size_t)1 << (first - 0xcc), value);
}

bool
meter_unpack_int(struct meter_unpacker *unpacker, int64_t *value)
{
	uint64_t number = 0;
	uint8_t first = unpacker->at < unpacker->end ? *unpacker->at : 0;
	if (first >= 0xe0) {
		unpacker->at++;
		*value = (int8_t)first;
		return true;
	}
	if (first >= 0xd0 && first <= 0xd3) {
		unsigned bytes = 1u << (first - 0xd0), unused = 64 - 8 * bytes;
		unpacker->at++;
		bool taken = take_number(unpacker, bytes, &number);
		*value = (int64_t)(number << unused) >> unused;
		return taken;
	}
	if (!meter_unpack_uint(unpacker, &number) || number > INT64_MAX)
		return false;
	*value = (int64_t)number;
	return true;
}

bool
meter_unpack_double(struct meter_unpacker *unpacker, double *value)
{
	uint64_t bits = 0;
	if (take_first(unpacker) != 0xcb || !take_number(unpacker, 8, &bits))
		return false;
	memcpy(value, &bits, sizeof bits);
	return true;
}

bool
meter_unpack_bool(struct meter_unpacker *unpacker, bool *value)
{
	uint8_t first = take_first(unpacker);
	*value = first == 0xc3;
	return first == 0xc2 || first == 0xc3;
}

bool
meter_unpack_text(struct meter_unpacker *unpacker, struct view *text)
{
	uint8_t first = take_first(unpacker);
	uint64_t size = first & 0x1f;
	if ((first & 0xe0) != 0xa0 &&
	    (first < 0xd9 || first > 0xdb || !take_number(unpacker, (size_t)1 << (first - 0xd9), &size)))
		return false;
	if (size > (size_t)(unpacker->end - unpacker->at))
		return false;
	*text = (struct view){unpacker->at, (size_t)size};
	unpacker->at += size;
	return true;
}

static bool
step(struct meter_unpacker *unpacker, uint64_t size)
{
	if (size > (size_t)(unpacker->end - unpacker->at))
		return false;
	unpacker->at += size;
	return true;
}

/* Steps over a head; *INNER is how many values it holds. */
static bool
skip_head(struct meter_unpacker *unpacker, uint64_t *inner)
{
	/* Bytes behind 0xc0 to 0xd8: the fixed part; behind the sized ones, the size of the size. */
	static const uint8_t fixed[] = {
	    0, 99, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17};
	uint8_t first = take_first(unpacker);
	uint64_t size = 0;
	*inner = 0;
	if (first < 0x80 || first >= 0xe0)
		return true;
	if (first < 0xa0 || first >= 0xdc) {
		bool is_map = first < 0x90 || first >= 0xde;
		if (!take_count(unpacker, first, is_map ? 0x80 : 0x90, is_map ? 0xde : 0xdc, inner))
			return false;
		*inner *= is_map ? 2 : 1;
		return true;
	}
	if (first < 0xc0)
		return step(unpacker, first & 0x1f);
	if (first >= 0xd9)
		return take_number(unpacker, (size_t)1 << (first - 0xd9), &size) && step(unpacker, size);
	if (fixed[first - 0xc0] == 99)
		return false;
	if (first < 0xc4 || first > 0xc9)
		return step(unpacker, fixed[first - 0xc0]);
	return take_number(unpacker, fixed[first - 0xc0], &size) && step(unpacker, size + (first >= 0xc7));
}

bool
meter_unpack_skip(struct meter_unpacker *unpacker)
{
	uint64_t left[SKIP_DEPTH] = {1};
	int depth = 0;
	while (depth >= 0) {
		uint64_t inner;
		if (left[depth] == 0) {
			depth--;
			continue;
		}
		left[depth]--;
		if (!skip_head(unpacker, &inner))
			return false;
		if (inner == 0)
			continue;
		if (++depth == SKIP_DEPTH)
			return false;
		left[depth] = inner;
	}
	return true;
}

uint32_t
meter_checksum(struct view bytes)
{
	uint32_t table[256], crc = UINT32_MAX;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t entry = i;
		for (int bit = 0; bit < 8; bit++)
			entry = entry >> 1 ^ (entry & 1 ? 0xedb88320u : 0);
		table[i] = entry;
	}
	for (size_t i = 0; i < bytes.size; i++)
		crc = crc >> 8 ^ table[(crc ^ bytes.data[i]) & 0xff];
	return ~crc;
}
