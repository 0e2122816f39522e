#include "lib/print/escape.h"

#include "lib/base/scan.h"

enum {
	PIECE = 4096,     /* bytes for which room is made at a time */
	ESCAPE_BYTES = 6, /* of one byte, at most */
};

static uint8_t *
put_escape(uint8_t *to, uint8_t byte)
{
	static const char letters[] = {
	    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	to[0] = '\\';
	if (letters[byte] != 0) {
		to[1] = (uint8_t)letters[byte];
		return to + 2;
	}
	memcpy(to + 1, "u00", 3);
	to[4] = (uint8_t)('0' + (byte >> 4));
	to[5] = (uint8_t) "0123456789abcdef"[byte & 15];
	return to + ESCAPE_BYTES;
}

/* Writes the first SIZE bytes of BLOCK, and escapes those in SPECIAL. */
static uint8_t *
put_block(uint8_t *to, const uint8_t block[SCAN_BYTES], size_t size, uint32_t special)
{
	size_t at = 0;
	for (; special != 0; special &= special - 1) {
		size_t plain = (size_t)__builtin_ctz(special) - at;
		memcpy(to, block + at, plain);
		to = put_escape(to + plain, block[at + plain]);
		at += plain + 1;
	}
	memcpy(to, block + at, size - at);
	return to + (size - at);
}

/* Writes TEXT; there must be room for all of it escaped. */
static uint8_t *
put_piece(uint8_t *to, struct view text)
{
	size_t at = 0;
	for (; text.size - at >= SCAN_BYTES; at += SCAN_BYTES) {
		uint32_t special = scan_special(text.data + at);
		if (special != 0) {
			to = put_block(to, text.data + at, SCAN_BYTES, special);
			continue;
		}
		memcpy(to, text.data + at, SCAN_BYTES);
		to += SCAN_BYTES;
	}
	uint8_t block[SCAN_BYTES] = {0};
	size_t left = text.size - at;
	memcpy(block, text.data + at, left);
	return put_block(to, block, left, scan_special(block) & ((1u << left) - 1));
}

bool
escape_append(struct buffer *out, struct view text, struct nest_error *error)
{
	if (!buffer_append(out, "\"", 1, error))
		return false;
	while (text.size > 0) {
		size_t size = text.size < PIECE ? text.size : PIECE;
		if (!buffer_reserve(out, ESCAPE_BYTES * size, error))
			return false;
		uint8_t *end = put_piece(out->data + out->size, (struct view){text.data, size});
		out->size = (size_t)(end - out->data);
		text.data += size;
		text.size -= size;
	}
	return buffer_append(out, "\"", 1, error);
}

bool
escape_lines(struct buffer *out, struct view json, struct nest_error *error)
{
	size_t begin = out->size;
	if (!buffer_append(out, json.data, json.size, error))
		return false;
	for (size_t i = begin; i < out->size; i++)
		if (out->data[i] == '\n' || out->data[i] == '\r')
			out->data[i] = ' ';
	return true;
}
