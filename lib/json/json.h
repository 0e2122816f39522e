/*
 * json - JSON texts (RFC 8259) read in place, without building anything.
 *
 * A text is read from pointer to pointer: each function takes where something
 * begins and returns what is behind it, or NULL and the fault.  Nothing asks
 * for the end: JSON_SLACK zero bytes stand behind every text, and a zero has no
 * place in JSON, so that what runs out of text fails there.
 *
 * Whether bytes are UTF-8 is not asked here: whoever has a whole record asks
 * for all of it at once.
 */
#ifndef NEST_JSON_JSON_H
#define NEST_JSON_JSON_H

#include "lib/base/buffer.h"
#include "lib/json/number.h"

enum {
	JSON_SLACK = 64,
	JSON_DEPTH_LIMIT = 1024, /* of what is stepped over or kept as text */
};

/* Where a text is none, and what would have been right: "a string is". */
struct json_fault {
	const uint8_t *at;
	const char *due;
};

struct json {
	bool spans_lines; /* a line feed is a blank, as in a text of its own, and not a record's end */
	struct json_fault fault;
};

/* Always NULL. */
const uint8_t *json_fail(struct json *json, const uint8_t *at, const char *due);

/* Steps over blanks. */
static inline const uint8_t *
json_blanks(const struct json *json, const uint8_t *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || (*at == '\n' && json->spans_lines))
		at++;
	return at;
}

/*
 * The closing quote of the string whose opening quote is right before AT.
 * *ESCAPED where it has escapes, which are all sound, and surrogates in pairs.
 */
const uint8_t *json_string_end(struct json *json, const uint8_t *at, bool *escaped);

/* Writes the characters of a sound string's inside to TO, which has room for as many bytes; returns the size.
 */
size_t json_unescape(struct view inside, uint8_t *to);

/* Appends TEXT as the inside of a string. */
bool json_escape(struct view text, struct buffer *out, struct nest_error *error);

/* Steps over true, false or null, whose first letter is at AT. */
const uint8_t *json_word(struct json *json, const uint8_t *at);

const uint8_t *json_number(struct json *json, const uint8_t *at, struct number *number);

/* Steps over one value, whatever it is, from its first byte on. */
const uint8_t *json_skip(struct json *json, const uint8_t *at);

/* How a message calls what begins with BYTE: "an object", "a number"; NULL where nothing does. */
const char *json_kind(uint8_t byte);

/* What a message says was found at AT: "the end of the line", "'x'". */
struct json_found {
	char text[32];
};
struct json_found json_found(const uint8_t *at, const uint8_t *end);

#endif
