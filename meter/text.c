#include "meter/text.h"

#include "lib/base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* The bytes of the character at TEXT; 0 if it is none. */
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

/* The bytes of an operator's name at TEXT, whose angle brackets hold no arguments; 0 where there is none. */
static size_t
operator_size(const char *text)
{
	return strncmp(text, "operator", 8) == 0 ? 8 + strspn(text + 8, "<>=-*") : 0;
}

/* The bytes from the bracket at TEXT to the one that closes it; 0 where none does. */
static size_t
brackets_size(const char *text)
{
	int depth = 0;
	for (size_t size = 0; text[size] != '\0'; size++) {
		depth += (text[size] == '<') - (text[size] == '>');
		if (depth == 0)
			return size + 1;
	}
	return 0;
}

/* Copies NAME without the long arguments; false where the brackets do not match or it does not fit. */
static bool
copy_without_arguments(char *to, size_t room, const char *name)
{
	enum { SHORT_ARGUMENTS = 12 };
	size_t used = 0;
	for (const char *at = name; *at != '\0';) {
		size_t size = operator_size(at);
		bool is_bracket = size == 0 && *at == '<';
		if (size == 0)
			size = is_bracket ? brackets_size(at) : 1;
		bool is_long = is_bracket && size > SHORT_ARGUMENTS;
		size_t copied = is_long ? 5 : size;
		if (size == 0 || used + copied >= room)
			return false;
		memcpy(to + used, is_long ? "<...>" : at, copied);
		used += copied;
		at += size;
	}
	to[used] = '\0';
	return true;
}

const char *
text_short(char shown[TEXT_SHORT_BYTES], const char *name)
{
	static const char cut[] = "...";
	char whole[4096];
	if (copy_without_arguments(whole, sizeof whole, name))
		name = whole;
	size_t size = strlen(name), most = TEXT_SHORT_BYTES - sizeof cut;
	if (size < TEXT_SHORT_BYTES) {
		memcpy(shown, name, size + 1);
		return shown;
	}
	const char *end = name + size - most, *dot = strchr(end, '.');
	if (dot != NULL && dot[1] != '\0')
		end = dot;
	while (((unsigned char)*end & 0xc0u) == 0x80u)
		end++;
	snprintf(shown, TEXT_SHORT_BYTES, "%s%s", cut, end);
	return shown;
}
