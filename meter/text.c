#include "meter/text.h"

#include "lib/base/utf8.h"

#include <string.h>

/* The bytes of the character at TEXT; 0 where it is none. */
static size_t
character_size(const char *text)
{
	for (size_t size = 1; size <= 4 && text[size - 1] != '\0'; size++)
		if (utf8_valid((const uint8_t *)text, size))
			return size;
	return 0;
}

void
text_json(FILE *file, const char *text)
{
	fputc('"', file);
	while (*text != '\0') {
		size_t size = character_size(text);
		unsigned char first = (unsigned char)*text;
		if (size == 0)
			fputs("\\ufffd", file);
		else if (first == '"' || first == '\\')
			fprintf(file, "\\%c", first);
		else if (first < ' ' || first == 0x7f)
			fprintf(file, "\\u%04x", first);
		else
			fwrite(text, 1, size, file);
		text += size > 0 ? size : 1;
	}
	fputc('"', file);
}

void
text_csv(FILE *file, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

void
text_xml(FILE *file, const char *text)
{
	while (*text != '\0') {
		size_t size = character_size(text);
		unsigned char first = (unsigned char)*text;
		if (first == '<')
			fputs("&lt;", file);
		else if (first == '>')
			fputs("&gt;", file);
		else if (first == '&')
			fputs("&amp;", file);
		else if (first == '"')
			fputs("&quot;", file);
		else if (size == 0 || first < ' ' || first == 0x7f)
			fputc('?', file);
		else
			fwrite(text, 1, size, file);
		text += size > 0 ? size : 1;
	}
}
