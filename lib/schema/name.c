/*
 * name.c - the names of fields: words, or what stands in double quotes.
 *
 * What is written here is read here: name_parse() takes what schema_put_name()
 * and the messages show.
 */
#include "lib/base/utf8.h"
#include "lib/schema/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUOTED_BYTES = 60 }; /* of a name or a word in a message */

/* ---- writing ---- */

/* One character of a name as it stands between quotes. */
struct piece {
	char text[8];
	size_t size;
	size_t taken; /* bytes of the name that it stands for */
};

/* What is not UTF-8 stays so, for who reads it to refuse. */
static struct piece
piece_at(struct view name, size_t at)
{
	struct piece piece = {.taken = 1};
	uint8_t byte = name.data[at];
	while (byte >= 0xc0 && at + piece.taken < name.size && piece.taken < UTF8_BYTES &&
	       (name.data[at + piece.taken] & 0xc0) == 0x80)
		piece.taken++;
	/* Control characters: those of ASCII, and those of Latin-1, which are c2 and 80 to 9f. */
	bool is_high = byte == 0xc2 && piece.taken == 2 && name.data[at + 1] < 0xa0;
	if (byte < 0x20 || byte == 0x7f || is_high) {
		piece.size =
		    (size_t)snprintf(piece.text, sizeof piece.text, "\\u%04x", name.data[at + is_high]);
		return piece;
	}
	if (byte == '"' || byte == '\\')
		piece.text[piece.size++] = '\\';
	memcpy(piece.text + piece.size, name.data + at, piece.taken);
	piece.size += piece.taken;
	return piece;
}

/* Whether a message type can have NAME without quotes. */
static bool
is_word(struct view name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!token_in_word(name.data[i]))
			return false;
	return name.size > 0 && name.data[0] != '"';
}

bool
schema_put_name(struct buffer *out, struct view name, struct nest_error *error)
{
	if (is_word(name))
		return buffer_append(out, name.data, name.size, error);
	return schema_put_quoted(out, name, error);
}

bool
schema_put_quoted(struct buffer *out, struct view name, struct nest_error *error)
{
	if (!buffer_append(out, "\"", 1, error))
		return false;
	for (size_t at = 0; at < name.size;) {
		struct piece piece = piece_at(name, at);
		if (!buffer_append(out, piece.text, piece.size, error))
			return false;
		at += piece.taken;
	}
	return buffer_append(out, "\"", 1, error);
}

struct quoted
schema_quoted(struct view word)
{
	struct quoted quoted = {"\""};
	size_t size = 1;
	const char *tail = "\"";
	for (size_t at = 0; at < word.size;) {
		struct piece piece = piece_at(word, at);
		if (size + piece.size > 1 + QUOTED_BYTES) {
			tail = "...\"";
			break;
		}
		memcpy(quoted.text + size, piece.text, piece.size);
		size += piece.size;
		at += piece.taken;
	}
	strcpy(quoted.text + size, tail);
	return quoted;
}

struct quoted
schema_quoted_name(const struct schema_node *node)
{
	return schema_quoted(view_of_text(node->name));
}

/* Whether NAME stands in a path as it is: one line, and no dot but those between names. */
static bool
is_plain(struct view name)
{
	for (size_t at = 0; at < name.size;) {
		struct piece piece = piece_at(name, at);
		if (piece.size != piece.taken || name.data[at] == '.')
			return false;
		at += piece.taken;
	}
	return is_word(name);
}

/* Appends a character whole or not at all; once one did not fit, nothing does. */
static void
fit(struct path_text *path, const char *text, size_t size)
{
	if (size > path->room)
		path->room = 0;
	if (path->room == 0)
		return;
	memcpy(path->end, text, size);
	path->end += size;
	path->room -= size;
}

void
path_put_name(struct path_text *path, struct view name)
{
	bool quotes = !is_plain(name);
	if (quotes)
		fit(path, "\"", 1);
	for (size_t at = 0; at < name.size && path->room > 0;) {
		struct piece piece = piece_at(name, at);
		fit(path, piece.text, piece.size);
		at += piece.taken;
	}
	if (quotes)
		fit(path, "\"", 1);
}

void
path_put_dot(struct path_text *path)
{
	fit(path, ".", 1);
}

/* ---- reading ---- */

static bool
refuse_escape(const struct parser *parser, size_t at)
{
	return parser_refuse(
	    parser, at, "a backslash in a name stands before \", \\ or u and four hexadecimal digits");
}

/* `\uXXXX`, whose backslash is at *AT. */
static bool
take_code(struct parser *parser, size_t *at)
{
	char digits[5] = "";
	for (size_t i = 0; i < 4; i++) {
		size_t place = *at + 2 + i;
		if (place >= parser->text.size || !isxdigit(parser->text.data[place]))
			return refuse_escape(parser, *at);
		digits[i] = (char)parser->text.data[place];
	}
	uint8_t bytes[UTF8_BYTES];
	uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		return parser_refuse(parser, *at,
		    code == 0 ? "\\u0000 has no place in a name"
			      : "\\u%04x is half a character; write the character itself",
		    code);
	*at += 6;
	return buffer_append(&parser->name, bytes, (size_t)(utf8_put(bytes, code) - bytes), parser->error);
}

/* One character, at *AT. */
static bool
take_character(struct parser *parser, size_t *at)
{
	struct view text = parser->text;
	uint8_t byte = text.data[*at];
	uint8_t next = *at + 1 < text.size ? text.data[*at + 1] : 0;
	if (byte < 0x20 || byte == 0x7f)
		return parser_refuse(parser, *at, "a control character in a name is written \\u%04x", byte);
	if (byte == '\\' && next == 'u')
		return take_code(parser, at);
	if (byte == '\\' && next != '"' && next != '\\')
		return refuse_escape(parser, *at);
	*at += byte == '\\' ? 2 : 1;
	return buffer_append(&parser->name, byte == '\\' ? &next : &byte, 1, parser->error);
}

bool
name_parse(struct parser *parser, size_t at)
{
	size_t end = at + 1;
	buffer_clear(&parser->name);
	if (!buffer_reserve(&parser->name, 1, parser->error))
		return false;
	while (end < parser->text.size && parser->text.data[end] != '"')
		if (!take_character(parser, &end))
			return false;
	if (end == parser->text.size)
		return parser_refuse(parser, at, "the name that begins here has no closing quote");
	parser->kind = TOKEN_NAME;
	parser->word = (struct view){parser->name.data, parser->name.size};
	parser->at = at;
	parser->next = end + 1;
	return utf8_valid(parser->word.data, parser->word.size) ||
	       parser_refuse(parser, at, "a name is not well-formed UTF-8");
}
