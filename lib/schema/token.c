/* token.c - the words and marks of a message type, and their positions. */
#include "lib/base/utf8.h"
#include "lib/schema/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

bool
parser_refuse(const struct parser *parser, size_t at, const char *format, ...)
{
	size_t line = 1, column = 1;
	char why[768];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	if (parser->fault != NULL) {
		*parser->fault = at;
		return nest_error_set(parser->error, NEST_INVALID, "%s", why);
	}
	for (size_t i = 0; i < at; i++) {
		uint8_t byte = parser->text.data[i];
		if (byte == '\n') {
			line++;
			column = 1;
		} else if ((byte & 0xc0) != 0x80) {
			column++;
		}
	}
	return nest_error_set(parser->error, NEST_INVALID, "invalid message type at line %zu, column %zu: %s",
	    line, column, why);
}

bool
parser_expected(const struct parser *parser, const char *what)
{
	if (parser->kind == TOKEN_END)
		return parser_refuse(parser, parser->at, "expected %s, found the end of the text", what);
	return parser_refuse(
	    parser, parser->at, "expected %s, found %s", what, schema_quoted(parser->word).text);
}

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool
is_mark(uint8_t byte)
{
	return byte != 0 && strchr(";{}()=,", byte) != NULL;
}

static bool
is_control(uint8_t byte)
{
	return byte < 0x20 || byte == 0x7f;
}

bool
token_in_word(uint8_t byte)
{
	return !is_space(byte) && !is_mark(byte) && !is_control(byte);
}

bool
parser_advance(struct parser *parser)
{
	const uint8_t *data = parser->text.data;
	size_t at = parser->next, size = parser->text.size;
	while (at < size && is_space(data[at]))
		at++;
	if (at < size && data[at] == '"')
		return name_parse(parser, at);
	size_t end = at;
	while (end < size && token_in_word(data[end]))
		end++;
	if (end < size && is_control(data[end]) && !is_space(data[end]))
		return parser_refuse(
		    parser, end, "the control character 0x%02x has no place in a message type", data[end]);
	parser->kind = TOKEN_WORD;
	if (at == size)
		parser->kind = TOKEN_END;
	else if (end == at)
		parser->kind = data[end++];
	parser->at = at;
	parser->next = end;
	parser->word = (struct view){at < size ? data + at : data, end - at};
	if (!utf8_valid(parser->word.data, parser->word.size))
		return parser_refuse(parser, at, "a word is not well-formed UTF-8");
	return true;
}

bool
parser_take(struct parser *parser, int kind)
{
	char what[] = {'"', (char)kind, '"', '\0'};
	if (parser->kind != kind)
		return parser_expected(parser, what);
	return parser_advance(parser);
}

bool
parser_number(struct parser *parser, const char *what, int32_t low, int32_t high, int32_t *value)
{
	int64_t number = parser->kind == TOKEN_WORD ? 0 : -1;
	for (size_t i = 0; i < parser->word.size && number >= 0 && number <= INT32_MAX; i++) {
		uint8_t byte = parser->word.data[i];
		number = byte >= '0' && byte <= '9' ? number * 10 + (byte - '0') : -1;
	}
	if (number < low || number > high) {
		char wanted[128];
		snprintf(wanted, sizeof wanted, "%s from %d to %d", what, low, high);
		return parser_expected(parser, wanted);
	}
	*value = (int32_t)number;
	return parser_advance(parser);
}

bool
parser_at_word(const struct parser *parser, const char *keyword)
{
	return parser->kind == TOKEN_WORD && parser->word.size == strlen(keyword) &&
	       strncasecmp((const char *)parser->word.data, keyword, parser->word.size) == 0;
}
