/* Compresses 24 MB of JSON at three levels, and decompresses it again. */
#include "zstd.h"

#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 48 << 20, LINE = 40 };

int
main(void)
{
	size_t size = 0, room = ZSTD_compressBound(BYTES);
	char *text = malloc(BYTES), *packed = malloc(room), *again = malloc(BYTES);
	unsigned x = 1;
	while (size < BYTES - LINE) {
		x = x * 1664525 + 1013904223;
		unsigned k = x >> 20;
		size += (size_t)snprintf(
		    text + size, LINE, "{\"id\":%u,\"name\":\"user%u\"}\n", k % 977, k % 101);
	}
	for (int level = 1; level <= 9; level += 4) {
		size_t bytes = ZSTD_compress(packed, room, text, size, level);
		if (ZSTD_decompress(again, BYTES, packed, bytes) != size)
			return 1;
	}
	return 0;
}
