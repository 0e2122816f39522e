#include "lib/base/base64.h"

bool
base64_append(struct buffer *out, struct view bytes, struct nest_error *error)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (!buffer_reserve(out, (bytes.size + 2) / 3 * 4, error))
		return false;
	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t bits = (uint32_t)bytes.data[i] << 16 | (left > 1 ? bytes.data[i + 1] : 0u) << 8 |
		                (left > 2 ? bytes.data[i + 2] : 0u);
		for (unsigned j = 0; j < 4; j++)
			out->data[out->size++] =
			    j <= left ? (uint8_t)alphabet[bits >> (18 - 6 * j) & 63] : (uint8_t)'=';
	}
	return true;
}
