/* snappy.c - Snappy's literals and copies. */
#include "lib/parquet/snappy.h"

#include "lib/parquet/copy.h"

enum tag { TAG_LITERAL, TAG_COPY_1, TAG_COPY_2, TAG_COPY_4 };

static bool
take_length(struct view *bytes, size_t *length)
{
	*length = 0;
	for (unsigned shift = 0; shift < 35 && bytes->size > 0; shift += 7) {
		uint8_t byte = *bytes->data++;
		bytes->size--;
		*length |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool
take_literal(struct copy_target *out, struct view *bytes, uint8_t tag)
{
	size_t size = tag >> 2;
	if (size >= 60 && !copy_number(bytes, size - 59, &size))
		return false;
	return copy_literal(out, bytes, size + 1);
}

static bool
take_element(struct copy_target *out, struct view *bytes)
{
	uint8_t tag = *bytes->data++;
	size_t offset;
	bytes->size--;
	switch (tag & 3) {
	case TAG_LITERAL:
		return take_literal(out, bytes, tag);
	case TAG_COPY_1:
		return copy_number(bytes, 1, &offset) &&
		       copy_again(out, (size_t)(tag >> 5) << 8 | offset, 4u + (tag >> 2 & 7));
	case TAG_COPY_2:
		return copy_number(bytes, 2, &offset) && copy_again(out, offset, 1u + (tag >> 2));
	default:
		return copy_number(bytes, 4, &offset) && copy_again(out, offset, 1u + (tag >> 2));
	}
}

bool
snappy_decode(struct view bytes, uint8_t *out, size_t size, struct nest_error *error)
{
	size_t length;
	struct copy_target target = {out, out, out + size};
	bool fine = take_length(&bytes, &length) && length == size;
	while (fine && bytes.size > 0)
		fine = take_element(&target, &bytes);
	return (fine && target.at == target.end) ||
	       nest_error_set(error, NEST_INVALID, "its snappy block does not make %zu bytes", size);
}
