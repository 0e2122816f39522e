#include "meter/agent/unwind.h"

#include <string.h>

enum {
	HEAD_BYTES = 12, /* version, three encodings, the place of .eh_frame, the count */
	PAIR_BYTES = 8,
};

struct unwind_table
unwind_table(uintptr_t header, size_t bytes)
{
	/*
	 * Version 1; .eh_frame relative to here, an unsigned count, pairs relative to the
	 * header, four bytes each.
	 */
	static const unsigned char kind[4] = {1, 0x1b, 0x03, 0x3b};
	struct unwind_table table = {0};
	uint32_t count;
	if (header == 0 || bytes < HEAD_BYTES || memcmp((const void *)header, kind, sizeof kind) != 0)
		return table;
	const unsigned char *at = (const unsigned char *)header;
	memcpy(&count, at + HEAD_BYTES - sizeof count, sizeof count);
	if (count > (bytes - HEAD_BYTES) / PAIR_BYTES)
		return table;
	return (struct unwind_table){header, at + HEAD_BYTES, count};
}

static uintptr_t
begin_of(const struct unwind_table *table, size_t pair)
{
	int32_t distance;
	memcpy(&distance, table->pairs + pair * PAIR_BYTES, sizeof distance);
	return table->header + (uintptr_t)(intptr_t)distance;
}

uintptr_t
unwind_first_from(const struct unwind_table *table, uintptr_t address)
{
	size_t low = 0, high = table->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (begin_of(table, middle) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->count ? begin_of(table, low) : 0;
}
