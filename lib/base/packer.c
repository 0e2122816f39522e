#include "lib/base/packer.h"

#include <string.h>

static void
append(struct packer *packer, const void *bytes, size_t size)
{
	if (!packer->failed && !buffer_append(packer->to, bytes, size, packer->error))
		packer->failed = true;
}

/* Appends a first byte and SIZE bytes of VALUE, the highest first. */
static void
append_number(struct packer *packer, uint8_t first, uint64_t value, size_t size)
{
	uint8_t bytes[9] = {first};
	for (size_t i = 0; i < size; i++)
		bytes[size - i] = (uint8_t)(value >> (8 * i));
	append(packer, bytes, size + 1);
}

static void
append_head(struct packer *packer, size_t count, uint8_t small, size_t small_limit, uint8_t wide)
{
	if (count < small_limit)
		append_number(packer, (uint8_t)(small | count), 0, 0);
	else if (count <= UINT16_MAX)
		append_number(packer, wide, count, 2);
	else
		append_number(packer, (uint8_t)(wide + 1), count, 4);
}

void
packer_nil(struct packer *packer)
{
	append_number(packer, 0xc0, 0, 0);
}

void
packer_array(struct packer *packer, size_t count)
{
	append_head(packer, count, 0x90, 16, 0xdc);
}

void
packer_map(struct packer *packer, size_t count)
{
	append_head(packer, count, 0x80, 16, 0xde);
}

void
packer_uint(struct packer *packer, uint64_t value)
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
packer_int(struct packer *packer, int64_t value)
{
	if (value >= 0)
		packer_uint(packer, (uint64_t)value);
	else
		append_number(packer, 0xd3, (uint64_t)value, 8);
}

void
packer_double(struct packer *packer, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	packer_double_bits(packer, bits);
}

void
packer_double_bits(struct packer *packer, uint64_t bits)
{
	append_number(packer, 0xcb, bits, 8);
}

void
packer_float_bits(struct packer *packer, uint32_t bits)
{
	append_number(packer, 0xca, bits, 4);
}

void
packer_bool(struct packer *packer, bool value)
{
	append_number(packer, value ? 0xc3 : 0xc2, 0, 0);
}

void
packer_text_of(struct packer *packer, const void *text, size_t size)
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
packer_text(struct packer *packer, const char *text)
{
	packer_text_of(packer, text, strlen(text));
}

void
packer_bytes(struct packer *packer, const void *bytes, size_t size)
{
	if (size <= UINT8_MAX)
		append_number(packer, 0xc4, size, 1);
	else
		append_head(packer, size, 0, 0, 0xc5);
	append(packer, bytes, size);
}
