#include "lib/json/json.h"

#include "lib/base/scan.h"
#include "lib/base/utf8.h"
#include "lib/json/notation.h"

#include <stdio.h>

const uint8_t *
json_fail(struct json *json, const uint8_t *at, const char *due)
{
	json->fault = (struct json_fault){at, due};
	return NULL;
}

/* ---- strings ---- */

/* The code unit of four hexadecimal digits, or -1. */
static int32_t
code_unit(const uint8_t *digits)
{
	int32_t unit = 0;
	for (unsigned i = 0; i < 4; i++) {
		int digit = notation_hex_digit(digits[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool
is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The characters that may follow a backslash, and what they mean. */
static const uint8_t ESCAPED[256] = {['"'] = '"',
    ['\\'] = '\\',
    ['/'] = '/',
    ['b'] = '\b',
    ['f'] = '\f',
    ['n'] = '\n',
    ['r'] = '\r',
    ['t'] = '\t'};

/* The code unit of an escape \uXXXX at AT; *FAILED_AT is the first wrong byte, or NULL. */
static int32_t
read_unit(const uint8_t *at, const uint8_t **failed_at)
{
	int32_t unit = code_unit(at + 2);
	*failed_at = NULL;
	if (at[0] == '\\' && at[1] == 'u' && unit >= 0)
		return unit;
	size_t i = 0;
	while (i < 6 && (i == 0 ? at[i] == '\\' : i == 1 ? at[i] == 'u' : notation_hex_digit(at[i]) >= 0))
		i++;
	*failed_at = at + i;
	return -1;
}

/* Steps over an escape, whose backslash is at AT. */
static const uint8_t *
check_escape(struct json *json, const uint8_t *at)
{
	const uint8_t *failed_at;
	if (ESCAPED[at[1]] != 0)
		return at + 2;
	if (at[1] != 'u')
		return json_fail(json, at + 1, "one of \"\\/bfnrtu is");
	int32_t unit = read_unit(at, &failed_at);
	if (failed_at != NULL)
		return json_fail(json, failed_at, "a hexadecimal digit is");
	if (is_low_surrogate(unit))
		return json_fail(json, at, "the first half of a surrogate pair is");
	if (!is_high_surrogate(unit))
		return at + 6;
	unit = read_unit(at + 6, &failed_at);
	if (failed_at == NULL && is_low_surrogate(unit))
		return at + 12;
	return json_fail(
	    json, failed_at != NULL ? failed_at : at + 6, "the second half of a surrogate pair is");
}

const uint8_t *
json_string_end(struct json *json, const uint8_t *at, bool *escaped)
{
	*escaped = false;
	for (;;) {
		uint32_t mask = scan_special(at);
		if (mask == 0) {
			at += SCAN_BYTES;
			continue;
		}
		at += __builtin_ctz(mask);
		if (*at == '"')
			return at;
		if (*at != '\\')
			return json_fail(json, at, "a character or a closing quote is");
		*escaped = true;
		/* Escapes often come in groups. */
		while (*at == '\\')
			if ((at = check_escape(json, at)) == NULL)
				return NULL;
	}
}

/* Writes what a sound escape means; *AT is its backslash, and is moved past the escape. */
static uint8_t *
put_escape(uint8_t *to, const uint8_t **at)
{
	uint8_t letter = (*at)[1];
	if (letter != 'u') {
		*at += 2;
		*to = ESCAPED[letter];
		return to + 1;
	}
	uint32_t code = (uint32_t)code_unit(*at + 2);
	*at += 6;
	if (is_high_surrogate((int32_t)code)) {
		code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)code_unit(*at + 2) - 0xdc00);
		*at += 6;
	}
	return utf8_put(to, code);
}

size_t
json_unescape(struct view inside, uint8_t *to)
{
	const uint8_t *at = inside.data, *end = at + inside.size;
	uint8_t *begin = to;
	while (at < end) {
		const uint8_t *escape = memchr(at, '\\', (size_t)(end - at));
		size_t size = (size_t)((escape != NULL ? escape : end) - at);
		memcpy(to, at, size);
		to += size;
		at += size;
		while (at < end && *at == '\\')
			to = put_escape(to, &at);
	}
	return (size_t)(to - begin);
}

bool
json_escape(struct view text, struct buffer *out, struct nest_error *error)
{
	if (text.size == 0)
		return true;
	if (!buffer_reserve(out, 6 * text.size, error))
		return false;
	uint8_t *to = out->data + out->size;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		if (byte < 0x20) {
			char escape[8];
			snprintf(escape, sizeof escape, "\\u%04x", byte);
			memcpy(to, escape, 6);
			to += 6;
			continue;
		}
		if (byte == '"' || byte == '\\')
			*to++ = '\\';
		*to++ = byte;
	}
	out->size = (size_t)(to - out->data);
	return true;
}

/* ---- other values ---- */

const uint8_t *
json_word(struct json *json, const uint8_t *at)
{
	const char *word = *at == 't' ? "true" : *at == 'f' ? "false" : "null";
	for (; *word != '\0'; word++, at++)
		if (*at != (uint8_t)*word)
			return json_fail(json, at, "true, false or null is");
	return at;
}

const uint8_t *
json_number(struct json *json, const uint8_t *at, struct number *number)
{
	const uint8_t *failed_at, *end = number_read(at, number, &failed_at);
	return end != NULL ? end : json_fail(json, failed_at, "a digit is");
}

static const uint8_t *skip_value(struct json *json, const uint8_t *at, unsigned depth);

/* Skips a key and its colon; AT is the key's opening quote. */
static const uint8_t *
skip_key(struct json *json, const uint8_t *at)
{
	bool escaped;
	if (*at != '"')
		return json_fail(json, at, "a key in quotes is");
	if ((at = json_string_end(json, at + 1, &escaped)) == NULL)
		return NULL;
	at = json_blanks(json, at + 1);
	return *at == ':' ? json_blanks(json, at + 1) : json_fail(json, at, "a ':' is");
}

/* Skips the members of an object or the elements of an array, starting after the opening bracket. */
static const uint8_t *
skip_members(struct json *json, const uint8_t *at, bool is_object, unsigned depth)
{
	const uint8_t close = is_object ? '}' : ']';
	if (depth == JSON_DEPTH_LIMIT)
		return json_fail(json, at, "nesting of 1024 levels at most is");
	at = json_blanks(json, at);
	if (*at == close)
		return at + 1;
	for (;;) {
		if ((is_object && (at = skip_key(json, at)) == NULL) ||
		    (at = skip_value(json, at, depth + 1)) == NULL)
			return NULL;
		at = json_blanks(json, at);
		if (*at == close)
			return at + 1;
		if (*at != ',')
			return json_fail(json, at, is_object ? "a ',' or '}' is" : "a ',' or ']' is");
		at = json_blanks(json, at + 1);
	}
}

static const uint8_t *
skip_value(struct json *json, const uint8_t *at, unsigned depth)
{
	struct number number;
	bool escaped;
	switch (*at) {
	case '{':
	case '[':
		return skip_members(json, at + 1, *at == '{', depth);
	case '"':
		at = json_string_end(json, at + 1, &escaped);
		return at != NULL ? at + 1 : NULL;
	case 't':
	case 'f':
	case 'n':
		return json_word(json, at);
	default:
		if (*at == '-' || (uint8_t)(*at - '0') < 10)
			return json_number(json, at, &number);
		return json_fail(json, at, "a value is");
	}
}

const uint8_t *
json_skip(struct json *json, const uint8_t *at)
{
	return skip_value(json, at, 0);
}

/* ---- messages ---- */

const char *
json_kind(uint8_t byte)
{
	switch (byte) {
	case '{':
		return "an object";
	case '[':
		return "an array";
	case '"':
		return "a string";
	case 't':
	case 'f':
		return "a boolean";
	case 'n':
		return "null";
	default:
		return byte == '-' || (uint8_t)(byte - '0') < 10 ? "a number" : NULL;
	}
}

struct json_found
json_found(const uint8_t *at, const uint8_t *end)
{
	struct json_found found;
	size_t size = 1;
	if (at >= end) {
		strcpy(found.text, "the end of the input");
	} else if (*at == '\n') {
		strcpy(found.text, "the end of the line");
	} else if (*at < 0x20 || *at == 0x7f) {
		snprintf(found.text, sizeof found.text, "the control character 0x%02x", *at);
	} else {
		while (size < 4 && at + size < end && (at[size] & 0xc0) == 0x80)
			size++;
		if (utf8_valid(at, size))
			snprintf(found.text, sizeof found.text, "'%.*s'", (int)size, (const char *)at);
		else
			snprintf(found.text, sizeof found.text, "the byte 0x%02x", *at);
	}
	return found;
}
