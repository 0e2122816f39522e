#include "gen/notation/source.h"

#include "lib/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

struct source_file
source_file(const struct source *source, uint32_t index)
{
	if (source->file_count > 0)
		return source->files[index];
	return (struct source_file){.name = source->name, .path = "", .end = source->text.size};
}

struct source_file
source_file_at(const struct source *source, size_t at)
{
	uint32_t index = 0;
	while (index + 1 < source_file_count(source) && at > source_file(source, index).end)
		index++;
	return source_file(source, index);
}

bool
source_refuse(const struct source *source, size_t at, struct nest_error *error, const char *format, ...)
{
	const struct source_file file = source_file_at(source, at);
	size_t line = 1, column = 1;
	for (size_t i = file.begin; i < at && i < file.end; i++) {
		uint8_t byte = source->text.data[i];
		if (byte == '\n') {
			line++;
			column = 1;
		} else if ((byte & 0xc0) != 0x80) {
			column++;
		}
	}
	char why[512];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return nest_error_set(error, file.is_option ? NEST_USAGE : NEST_INVALID,
	    "%.300s, line %zu, column %zu: %s", file.name, line, column, why);
}

struct source_piece
source_quote(struct view piece)
{
	struct source_piece quote;
	enum { ROOM = sizeof quote.text - sizeof "\"...\"" };
	size_t size = piece.size < ROOM ? piece.size : ROOM;
	while (size < piece.size && size > 0 && (piece.data[size] & 0xc0) == 0x80)
		size--;
	char *to = quote.text;
	bool is_text = utf8_valid(piece.data, size);
	*to++ = '"';
	for (size_t i = 0; i < size; i++)
		*to++ = piece.data[i] < 0x20 || piece.data[i] == 0x7f || (piece.data[i] >= 0x80 && !is_text)
		            ? '?'
		            : (char)piece.data[i];
	snprintf(to, sizeof "\"...", "%s\"", size < piece.size ? "..." : "");
	return quote;
}
