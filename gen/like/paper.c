#include "gen/like/paper.h"

#include "lib/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void
paper_free(struct paper *paper)
{
	buffer_free(&paper->out);
}

void
paper_bytes(struct paper *paper, struct view bytes)
{
	paper->has_failed =
	    paper->has_failed || !buffer_append(&paper->out, bytes.data, bytes.size, paper->error);
}

void
paper_put(struct paper *paper, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	paper_bytes(paper, view_of_text(text));
}

void
paper_line(struct paper *paper, unsigned depth)
{
	static const char tab[] = "\t";
	paper_put(paper, "\n");
	for (; depth > 0; depth--)
		paper_bytes(paper, view_of_text(tab));
}

void
paper_character(struct paper *paper, uint32_t character)
{
	uint8_t bytes[UTF8_BYTES];
	paper_bytes(paper, (struct view){bytes, (size_t)(utf8_put(bytes, character) - bytes)});
}

void
paper_inside(struct paper *paper, struct view text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		if (byte == '\n')
			paper_put(paper, "\\n");
		else if (byte < 0x20 || byte == 0x7f)
			paper_put(paper, "\\u{%x}", byte);
		else if (byte == '"' || byte == '\\' || byte == '{' || byte == '}')
			paper_put(paper, "\\%c", byte);
		else
			paper_bytes(paper, (struct view){text.data + i, 1});
	}
}

void
paper_text(struct paper *paper, struct view text)
{
	paper_put(paper, "\"");
	paper_inside(paper, text);
	paper_put(paper, "\"");
}

void
paper_pattern_character(struct paper *paper, uint32_t character)
{
	static const char special[] = "\\.[](){}|?*+^$";
	if (character == '\n' || character == '\t' || character == '\r')
		paper_put(paper, "\\%c", character == '\n' ? 'n' : character == '\t' ? 't' : 'r');
	else if (character < 0x20 || character == 0x7f || character == '"' || character == '\'')
		/* A quote would end the text around the pattern. */
		paper_put(paper, "_");
	else if (character < 0x80 && strchr(special, (int)character) != NULL)
		paper_put(paper, "\\%c", (int)character);
	else
		paper_character(paper, character);
}
