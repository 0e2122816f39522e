#include "meter/text.h"

#include "lib/base/utf8.h"

#include <stdarg.h>
#include <string.h>

static void
print_string(const struct json *json, const char *text)
{
	const char *fault = (const char *)utf8_fault((const uint8_t *)text, strlen(text));
	fputc('"', json->file);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (text == fault) {
			fputs("\\ufffd", json->file);
			fault = (const char *)utf8_fault((const uint8_t *)text + 1, strlen(text + 1));
		} else if (byte == '"' || byte == '\\') {
			fprintf(json->file, "\\%c", byte);
		} else if (byte < ' ' || byte == 0x7f || (byte == '<' && json->is_in_page)) {
			fprintf(json->file, "\\u%04x", byte);
		} else {
			fputc(byte, json->file);
		}
	}
	fputc('"', json->file);
}

void
json_print(struct json *json, const char *format, ...)
{
	va_list args;
	if (json->follows && strchr("]}:", format[0]) == NULL)
		fputc(',', json->file);
	va_start(args, format);
	vfprintf(json->file, format, args);
	va_end(args);
	json->follows = strchr("[{:", format[strlen(format) - 1]) == NULL;
}

void
json_text(struct json *json, const char *key, const char *text)
{
	if (json->follows)
		fputc(',', json->file);
	if (key != NULL)
		fprintf(json->file, "\"%s\":", key);
	print_string(json, text);
	json->follows = true;
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
