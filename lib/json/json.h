/*
 * json - JSON texts (RFC 8259) read in place, without building anything.
 *
 * A text is read from pointer to pointer: each function takes where something
 * begins and returns the place after it, or NULL and the fault.  No function
 * checks for the end: JSON_SLACK zero bytes follow every text, and a zero is not
 * valid in JSON, so reading past the text fails there.
 *
 * These functions do not check that bytes are UTF-8: the caller checks a whole
 * record at once.
 */
#ifndef NEST_JSON_JSON_H
#define NEST_JSON_JSON_H

#include "lib/base/buffer.h"
#include "lib/json/number.h"

enum {
	JSON_SLACK = 64,
	JSON_DEPTH_LIMIT = 1024, /* of values that are skipped or kept as text */
};

/* Where a text is not JSON, and what would have been right: "a string is". */
struct json_fault {
	const uint8_t *at;
	const char *due;
};

struct json {
	bool spans_lines; /* a line feed is a blank, as in a whole text, and not the end of a record */
	struct json_fault fault;
};

/* Always NULL. */
const uint8_t *json_fail(struct json *json, const uint8_t *at, const char *due);

/* Skips blanks. */
static inline const uint8_t *
json_blanks(const struct json *json, const uint8_t *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || (*at == '\n' && json->spans_lines))
		at++;
	return at;
}

/*
 * The closing quote of the string whose opening quote is right before AT.
 * *ESCAPED is set if it has escapes, which are then all sound, with surrogates in pairs.
 */
const uint8_t *json_string_end(struct json *json, const uint8_t *at, bool *escaped);

/* Unescapes the inside of a sound string to TO, which has room for as many bytes; returns the size. */
size_t json_unescape(struct view inside, uint8_t *to);

/* Appends TEXT as the inside of a string. */
bool json_escape(struct view text, struct buffer *out, struct nest_error *error);

/* Skips true, false or null, whose first letter is at AT. */
const uint8_t *json_word(struct json *json, const uint8_t *at);

const uint8_t *json_number(struct json *json, const uint8_t *at, struct number *number);

/* Skips one value of any kind, from its first byte on. */
const uint8_t *json_skip(struct json *json, const uint8_t *at);

/* The name in messages of what begins with BYTE: "an object", "a number"; NULL if nothing does. */
const char *json_kind(uint8_t byte);

/* What a message says was found at AT: "the end of the line", "'x'". */
struct json_found {
	char text[32];
};
struct json_found json_found(const uint8_t *at, const uint8_t *end);

#endif
