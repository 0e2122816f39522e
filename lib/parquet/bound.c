/* bound.c - cuts minima, cuts and raises maxima. */
#include "lib/parquet/bound.h"

#include "lib/base/utf8.h"

enum { CODE_MOST = 0x10ffff, SURROGATE_FIRST = 0xd800, SURROGATE_END = 0xe000 };

static bool
is_inner(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Where the character that ends before byte AT begins. */
static size_t
character_before(const uint8_t *text, size_t at)
{
	do
		at--;
	while (is_inner(text[at]));
	return at;
}

/* The character of TEXT, which is well-formed and SIZE bytes long. */
static uint32_t
decode_character(const uint8_t *text, size_t size)
{
	static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = text[0] & bits[size];
	for (size_t i = 1; i < size; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

static size_t
encode_character(uint8_t *out, uint32_t code)
{
	static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, code >>= 6)
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
	out[0] = (uint8_t)(heads[size] | code);
	return size;
}

/* Raises TEXT just above all texts that begin with its SIZE bytes; its new size, 0 if there is none. */
static size_t
raise_text(uint8_t *text, size_t size)
{
	while (size > 0) {
		size_t start = character_before(text, size);
		uint32_t code = decode_character(text + start, size - start) + 1;
		if (code == SURROGATE_FIRST)
			code = SURROGATE_END;
		if (code <= CODE_MOST)
			return start + encode_character(text + start, code);
		size = start;
	}
	return 0;
}

static size_t
raise_bytes(uint8_t *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0xff)
		size--;
	if (size > 0)
		bytes[size - 1]++;
	return size;
}

/* Appends the first MOST bytes, or fewer so that no character is cut, of BOUND, which has more. */
static void
cut(struct buffer *out, struct view bound, size_t most, bool is_text)
{
	while (is_text && most > 0 && is_inner(bound.data[most]))
		most--;
	memcpy(out->data + out->size, bound.data, most);
	out->size += most;
}

bool
bound_shorten(struct value_range *range, const struct value_kind *kind, size_t most, struct buffer *shorter,
    struct nest_error *error)
{
	size_t limit = kind->is_whole ? METADATA_STATISTICS_LIMIT : most;
	bool cuts_min = range->min.size > limit, cuts_max = range->max.size > limit;
	if (!range->has_min_max || (!cuts_min && !cuts_max))
		return true;
	range->has_min_max = !kind->is_whole;
	buffer_clear(shorter);
	if (kind->is_whole || !buffer_reserve(shorter, 2 * most + BOUND_SLACK, error))
		return kind->is_whole;
	if (cuts_min) {
		cut(shorter, range->min, most, kind->is_text);
		range->min = (struct view){shorter->data, shorter->size};
		range->is_min_exact = false;
	}
	if (cuts_max) {
		size_t start = shorter->size;
		cut(shorter, range->max, most, kind->is_text);
		uint8_t *bytes = shorter->data + start;
		size_t size = shorter->size - start;
		/* Texts of other writers may not be UTF-8. */
		bool is_text = kind->is_text && utf8_valid(bytes, size);
		size = is_text ? raise_text(bytes, size) : raise_bytes(bytes, size);
		shorter->size = start + size;
		range->max = (struct view){bytes, size};
		range->is_max_exact = false;
		range->has_min_max = size > 0;
	}
	return true;
}
