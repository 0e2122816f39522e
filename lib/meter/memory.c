/*
 * memory - pages from mmap, and arenas of them, since the engine may run inside the program's malloc.
 */
#include "lib/meter/internal.h"

#include <string.h>
#include <sys/mman.h>

enum { BLOCK_BYTES = 1 << 18, LINE_BYTES = 64 };

/* As long as a line of the cache, so that what begins behind it begins on one. */
struct meter_block {
	_Alignas(LINE_BYTES) struct meter_block *next;
	size_t size_bytes;
};

void *
meter_pages(size_t size_bytes)
{
	void *pages = mmap(
	    NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return pages != MAP_FAILED ? pages : NULL;
}

void
meter_pages_free(void *pages, size_t size_bytes)
{
	if (pages != NULL)
		munmap(pages, size_bytes);
}

void *
meter_arena_take(struct meter_arena *arena, size_t size_bytes)
{
	size_bytes = (size_bytes + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1);
	if ((size_t)(arena->end - arena->at) < size_bytes) {
		size_t least = size_bytes + sizeof(struct meter_block);
		size_t whole = least > BLOCK_BYTES ? least : BLOCK_BYTES;
		struct meter_block *block = meter_pages(whole);
		if (block == NULL)
			return NULL;
		*block = (struct meter_block){arena->blocks, whole};
		arena->blocks = block;
		arena->at = (unsigned char *)(block + 1);
		arena->end = (unsigned char *)block + whole;
	}
	arena->at += size_bytes;
	return arena->at - size_bytes;
}

void
meter_arena_clear(struct meter_arena *arena)
{
	for (struct meter_block *block = arena->blocks; block != NULL; block = block->next) {
		struct meter_block head = *block;
		if (madvise(block, head.size_bytes, MADV_DONTNEED) != 0)
			memset(block, 0, head.size_bytes);
		*block = head;
	}
}

void
meter_arena_free(struct meter_arena *arena)
{
	for (struct meter_block *block = arena->blocks, *next; block != NULL; block = next) {
		next = block->next;
		meter_pages_free(block, block->size_bytes);
	}
	*arena = (struct meter_arena){0};
}
