#include "cat/shown.h"

#include "lib/print/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE_BYTES = 1024 };

bool
shown_put(struct buffer *out, struct nest_error *error, const char *format, ...)
{
	va_list args;
	if (!buffer_reserve(out, PIECE_BYTES, error))
		return false;
	va_start(args, format);
	int size = vsnprintf((char *)out->data + out->size, PIECE_BYTES, format, args);
	va_end(args);
	out->size += size < PIECE_BYTES ? (size_t)size : PIECE_BYTES - 1;
	return true;
}

bool
shown_put_hex(struct buffer *out, struct view bytes, struct nest_error *error)
{
	if (!buffer_reserve(out, 2 * bytes.size, error))
		return false;
	uint8_t *to = out->data + out->size;
	for (size_t i = 0; i < bytes.size; i++)
		to = print_hexadecimal(to, bytes.data[i]);
	out->size += 2 * bytes.size;
	return true;
}

/* A reader that has seen enough is not a failure: the program ends, with STATUS. */
static bool
failed(enum nest_status status, struct nest_error *error)
{
	if (errno == EPIPE)
		_exit((int)status);
	return nest_error_system(error, "unable to write standard output");
}

bool
shown_write(struct buffer *out, struct nest_error *error)
{
	bool fine = out->size == 0 || fwrite(out->data, 1, out->size, stdout) == out->size;
	buffer_clear(out);
	return fine || failed(NEST_OK, error);
}

bool
shown_flush(enum nest_status status, struct nest_error *error)
{
	return fflush(stdout) == 0 || failed(status, error);
}

bool
shown_finish(enum nest_status status, struct nest_error *error)
{
	return shown_flush(status, error) && (close(STDOUT_FILENO) == 0 || failed(status, error));
}
