#include "lib/base/utf8.h"

#include <string.h>

static bool
all_ascii(const uint8_t *text, size_t size)
{
	uint64_t seen = 0, word = 0;
	size_t i = 0;
	for (; i + 8 <= size; i += 8) {
		memcpy(&word, text + i, 8);
		seen |= word;
	}
	for (; i < size; i++)
		seen |= text[i];
	return (seen & 0x8080808080808080u) == 0;
}

/* The size of the sequence that starts at TEXT; 0 if none does. */
static size_t
sequence_size(const uint8_t *text, size_t left)
{
	uint8_t lead = text[0];
	if (lead < 0x80)
		return 1;
	size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || left < size)
		return 0;
	/* The range of the second byte rules out overlong forms, surrogates and planes past 16. */
	uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

const uint8_t *
utf8_fault(const uint8_t *text, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes;) {
		if (size_bytes - i >= 8 && all_ascii(text + i, 8)) {
			i += 8;
			continue;
		}
		size_t size = sequence_size(text + i, size_bytes - i);
		if (size == 0)
			return text + i;
		i += size;
	}
	return NULL;
}

bool
utf8_valid(const uint8_t *text, size_t size_bytes)
{
	return all_ascii(text, size_bytes) || utf8_fault(text, size_bytes) == NULL;
}

uint8_t *
utf8_put(uint8_t *to, uint32_t code)
{
	unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t leads[UTF8_BYTES] = {0, 0xc0, 0xe0, 0xf0};
	*to++ = (uint8_t)(leads[more] | code >> 6 * more);
	while (more-- > 0)
		*to++ = (uint8_t)(0x80 | (code >> 6 * more & 0x3f));
	return to;
}
