#include "meter/agent/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void *
agent_piece(size_t size_bytes)
{
	enum { CHUNK_BYTES = 1 << 18 };
	static char *next;
	static size_t left;
	size_t size = (size_bytes + 15) / 16 * 16;
	if (size > left) {
		char *chunk = meter_pages(CHUNK_BYTES);
		if (chunk == NULL || size > CHUNK_BYTES)
			return NULL;
		next = chunk;
		left = CHUNK_BYTES;
	}
	char *piece = next;
	next += size;
	left -= size;
	return piece;
}

void
agent_say(const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	dprintf(STDERR_FILENO, "nest-meter: agent: %s\n", text);
}
