#include "shred/json_pack.h"

#include "lib/base/base64.h"
#include "lib/json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The levels that a container counts for as a key: each key in a key doubles all backslashes. */
enum { KEY_DEPTH = JSON_DEPTH_LIMIT / 4 };

static bool put_value(
    struct pack_reader *reader, struct buffer *out, unsigned depth, struct nest_error *error);

static bool
put(struct buffer *out, const char *text, struct nest_error *error)
{
	return buffer_append(out, text, strlen(text), error);
}

/* The shortest of the usual precisions that reads back the same. */
static bool
put_real(struct buffer *out, double real, struct nest_error *error)
{
	char text[40];
	if (!isfinite(real))
		return put(out, "null", error);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	return put(out, text, error);
}

static bool
put_text(struct buffer *out, struct view bytes, bool is_text, struct nest_error *error)
{
	return put(out, "\"", error) &&
	       (is_text ? json_escape(bytes, out, error) : base64_append(out, bytes, error)) &&
	       put(out, "\"", error);
}

static bool
put_array(
    struct pack_reader *reader, struct buffer *out, uint32_t count, unsigned depth, struct nest_error *error)
{
	bool fine = put(out, "[", error);
	for (uint32_t i = 0; i < count && fine; i++)
		fine = (i == 0 || put(out, ",", error)) && put_value(reader, out, depth, error);
	return fine && put(out, "]", error);
}

/* Writes a key, which must be a text in JSON: any other value becomes the text of its JSON. */
static bool
put_key(struct pack_reader *reader, struct buffer *out, unsigned depth, struct nest_error *error)
{
	struct buffer key = {0};
	struct pack_reader ahead = *reader;
	enum pack_type type = pack_read(&ahead).type;
	if (type == PACK_ARRAY || type == PACK_MAP)
		depth += KEY_DEPTH;
	bool fine = put_value(reader, &key, depth, error);
	if (fine && key.data[0] == '"')
		fine = buffer_append(out, key.data, key.size, error);
	else if (fine)
		fine = put_text(out, (struct view){key.data, key.size}, true, error);
	buffer_free(&key);
	return fine;
}

static bool
put_map(
    struct pack_reader *reader, struct buffer *out, uint32_t count, unsigned depth, struct nest_error *error)
{
	bool fine = put(out, "{", error);
	for (uint32_t i = 0; i < count && fine; i++)
		fine = (i == 0 || put(out, ",", error)) && put_key(reader, out, depth, error) &&
		       put(out, ":", error) && put_value(reader, out, depth, error);
	return fine && put(out, "}", error);
}

static bool
put_value(struct pack_reader *reader, struct buffer *out, unsigned depth, struct nest_error *error)
{
	struct pack_value value = pack_read(reader);
	struct view bytes = {reader->at, value.size};
	bool is_nested = value.type == PACK_ARRAY || value.type == PACK_MAP;
	char text[32];
	if (is_nested && depth > JSON_DEPTH_LIMIT)
		return nest_error_set(
		    error, NEST_INVALID, "the value is nested more than %d deep", JSON_DEPTH_LIMIT);
	switch (value.type) {
	case PACK_NIL:
		return put(out, "null", error);
	case PACK_BOOLEAN:
		return put(out, value.truth ? "true" : "false", error);
	case PACK_UNSIGNED:
		snprintf(text, sizeof text, "%llu", (unsigned long long)value.number);
		return put(out, text, error);
	case PACK_NEGATIVE:
		snprintf(text, sizeof text, "%lld", (long long)value.negative);
		return put(out, text, error);
	case PACK_FLOAT:
	case PACK_DOUBLE:
		return put_real(out, value.real, error);
	case PACK_TEXT:
	case PACK_BYTES:
		reader->at += value.size;
		return put_text(out, bytes, value.type == PACK_TEXT, error);
	case PACK_ARRAY:
		return put_array(reader, out, value.size, depth + 1, error);
	case PACK_MAP:
		return put_map(reader, out, value.size, depth + 1, error);
	case PACK_EXTENSION:
	case PACK_BROKEN:
		break;
	}
	return nest_error_set(error, NEST_INVALID, "%s has no JSON text", pack_type_name(value.type));
}

bool
json_from_pack(struct pack_reader *reader, struct buffer *out, struct nest_error *error)
{
	return put_value(reader, out, 1, error);
}
