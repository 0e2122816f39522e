#include "lib/parquet/encoding.h"

static const char *const NAMES[ENCODING_KINDS] = {
    [ENCODING_PLAIN] = "PLAIN",
    [ENCODING_PLAIN_DICTIONARY] = "PLAIN_DICTIONARY",
    [ENCODING_RLE] = "RLE",
    [ENCODING_BIT_PACKED] = "BIT_PACKED",
    [ENCODING_DELTA_BINARY_PACKED] = "DELTA_BINARY_PACKED",
    [ENCODING_DELTA_LENGTH_BYTE_ARRAY] = "DELTA_LENGTH_BYTE_ARRAY",
    [ENCODING_DELTA_BYTE_ARRAY] = "DELTA_BYTE_ARRAY",
    [ENCODING_RLE_DICTIONARY] = "RLE_DICTIONARY",
    [ENCODING_BYTE_STREAM_SPLIT] = "BYTE_STREAM_SPLIT",
};

const char *
encoding_name(enum encoding encoding)
{
	const char *name = NULL;
	if ((size_t)encoding < ENCODING_KINDS)
		name = NAMES[encoding];
	return name != NULL ? name : "an unknown encoding";
}

bool
encoding_of_name(struct view name, enum encoding *encoding)
{
	for (unsigned i = 0; i < ENCODING_KINDS; i++) {
		if (NAMES[i] == NULL || !view_equal(view_of_text(NAMES[i]), name))
			continue;
		*encoding = (enum encoding)i;
		return true;
	}
	return false;
}

bool
encoding_fits(enum encoding encoding, enum physical_type physical)
{
	bool is_boolean = physical == PHYSICAL_BOOLEAN, is_binary = physical == PHYSICAL_BYTE_ARRAY;
	bool is_integer = physical == PHYSICAL_INT32 || physical == PHYSICAL_INT64;
	bool is_real = physical == PHYSICAL_FLOAT || physical == PHYSICAL_DOUBLE;
	bool is_fixed = physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY;
	switch (encoding) {
	case ENCODING_PLAIN:
		return true;
	case ENCODING_RLE_DICTIONARY:
		return !is_boolean;
	case ENCODING_RLE:
		return is_boolean;
	case ENCODING_DELTA_BINARY_PACKED:
		return is_integer;
	case ENCODING_DELTA_LENGTH_BYTE_ARRAY:
		return is_binary;
	case ENCODING_DELTA_BYTE_ARRAY:
		return is_binary || is_fixed;
	case ENCODING_BYTE_STREAM_SPLIT:
		return is_integer || is_real || is_fixed;
	case ENCODING_PLAIN_DICTIONARY:
	case ENCODING_BIT_PACKED:
		break;
	}
	return false;
}
