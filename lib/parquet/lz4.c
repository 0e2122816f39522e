/* lz4.c - LZ4's sequences of literals and a match. */
#include "lib/parquet/lz4.h"

#include "lib/parquet/copy.h"

enum { NIBBLE_MOST = 15, MATCH_LEAST = 4, OFFSET_BYTES = 2 };

/* A length whose first NIBBLE stood in the token. */
static bool
take_length(struct view *bytes, size_t nibble, size_t *length)
{
	size_t byte = 0xff;
	*length = nibble;
	for (size_t more = nibble == NIBBLE_MOST ? 0xff : 0; more == 0xff; more = byte) {
		if (!copy_number(bytes, 1, &byte))
			return false;
		*length += byte;
	}
	return true;
}

/* The last sequence ends behind its literals. */
static bool
take_sequence(struct copy_target *out, struct view *bytes)
{
	size_t token, size, offset;
	if (!copy_number(bytes, 1, &token) || !take_length(bytes, token >> 4, &size) ||
	    !copy_literal(out, bytes, size))
		return false;
	if (bytes->size == 0)
		return true;
	return copy_number(bytes, OFFSET_BYTES, &offset) && take_length(bytes, token & 0xf, &size) &&
	       copy_again(out, offset, size + MATCH_LEAST);
}

bool
lz4_decode(struct view bytes, uint8_t *out, size_t size, struct nest_error *error)
{
	struct copy_target target = {out, out, out + size};
	bool fine = true;
	while (fine && bytes.size > 0)
		fine = take_sequence(&target, &bytes);
	return (fine && target.at == target.end) ||
	       nest_error_set(error, NEST_INVALID, "its lz4 block does not make %zu bytes", size);
}
