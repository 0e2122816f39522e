#include "meter/json.h"

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
