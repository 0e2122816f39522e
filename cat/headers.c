#include "cat/headers.h"

#include "cat/header_keys.h"
#include "cat/shown.h"
#include "lib/base/pack.h"
#include "lib/base/utf8.h"
#include "lib/print/escape.h"
#include "lib/print/print.h"

static bool put_value(struct pack_reader *reader, struct buffer *out, struct nest_error *error);

static bool
put_bytes(struct view bytes, struct buffer *out, struct nest_error *error)
{
	return shown_put(out, error, "\"") && shown_put_hex(out, bytes, error) && shown_put(out, error, "\"");
}

static bool
put_text(struct view text, struct buffer *out, struct nest_error *error)
{
	return utf8_valid(text.data, text.size) ? escape_append(out, text, error)
	                                        : put_bytes(text, out, error);
}

static bool
put_real(double real, struct buffer *out, struct nest_error *error)
{
	if (!buffer_reserve(out, PRINT_BYTES, error))
		return false;
	out->size = (size_t)(print_double(out->data + out->size, real) - out->data);
	return true;
}

/* Writes a key, which must be a string in JSON: any other value becomes the text of its JSON. */
static bool
put_key(struct pack_reader *reader, struct buffer *out, struct nest_error *error)
{
	struct pack_reader ahead = *reader;
	struct buffer text = {0};
	if (pack_read(&ahead).type == PACK_TEXT)
		return put_value(reader, out, error) && shown_put(out, error, ":");
	bool fine = put_value(reader, &text, error) &&
	            escape_append(out, (struct view){text.data, text.size}, error) &&
	            shown_put(out, error, ":");
	buffer_free(&text);
	return fine;
}

static bool
put_container(
    struct pack_reader *reader, struct pack_value value, struct buffer *out, struct nest_error *error)
{
	bool is_map = value.type == PACK_MAP;
	if (!shown_put(out, error, is_map ? "{" : "["))
		return false;
	for (uint32_t i = 0; i < value.size; i++)
		if ((i > 0 && !shown_put(out, error, ",")) || (is_map && !put_key(reader, out, error)) ||
		    !put_value(reader, out, error))
			return false;
	return shown_put(out, error, is_map ? "}" : "]");
}

/* Writes the next value, which is complete, since the header was decoded. */
static bool
put_value(struct pack_reader *reader, struct buffer *out, struct nest_error *error)
{
	struct pack_value value = pack_read(reader);
	struct view bytes = {reader->at, value.size};
	switch (value.type) {
	case PACK_BOOLEAN:
		return shown_put(out, error, value.truth ? "true" : "false");
	case PACK_UNSIGNED:
		return shown_put(out, error, "%llu", (unsigned long long)value.number);
	case PACK_NEGATIVE:
		return shown_put(out, error, "%lld", (long long)value.negative);
	case PACK_FLOAT:
	case PACK_DOUBLE:
		return put_real(value.real, out, error);
	case PACK_TEXT:
		reader->at += value.size;
		return put_text(bytes, out, error);
	case PACK_BYTES:
	case PACK_EXTENSION:
		reader->at += value.size;
		return put_bytes(bytes, out, error);
	case PACK_ARRAY:
	case PACK_MAP:
		return put_container(reader, value, out, error);
	case PACK_NIL:
	case PACK_BROKEN:
		break;
	}
	return shown_put(out, error, "null");
}

/* Writes the known key number WANTED where it first comes or, if that is HEADER_KEY_COUNT, all others. */
static bool
put_keys(struct pack_reader reader, unsigned wanted, struct buffer *out, struct nest_error *error)
{
	for (uint32_t left = pack_read(&reader).size; left > 0; left--) {
		struct pack_reader pair = reader, key = reader;
		struct pack_value value = pack_read(&key);
		unsigned known = value.type == PACK_TEXT ? header_key_find((struct view){key.at, value.size})
		                                         : HEADER_KEY_COUNT;
		if (!pack_skip(&reader) || !pack_skip(&reader))
			return true;
		if (known != wanted)
			continue;
		if (!shown_put(out, error, ",") || !put_key(&pair, out, error) ||
		    !put_value(&pair, out, error))
			return false;
		if (wanted < HEADER_KEY_COUNT)
			return true;
	}
	return true;
}

bool
headers_show(
    const struct intake_piece *piece, const struct frame *frame, struct buffer *out, struct nest_error *error)
{
	struct pack_reader header = {piece->bytes.data, piece->bytes.data + piece->bytes.size};
	uint32_t size = pack_read(&header).size;
	header.end = header.at + size;
	if (!shown_put(out, error, "{\"frame\":%llu,\"byte\":%llu,\"body\":%zu",
		(unsigned long long)piece->number, (unsigned long long)piece->offset, frame->body.size))
		return false;
	for (unsigned i = 0; i <= HEADER_KEY_COUNT; i++)
		if (!put_keys(header, i, out, error))
			return false;
	return shown_put(out, error, "}\n");
}
