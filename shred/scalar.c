#include "shred/scalar.h"

#include "lib/base/utf8.h"

#include <endian.h>
#include <math.h>
#include <string.h>

/* Integers up to these are exact in a float and in a double. */
enum { FLOAT_EXACT = 1 << 24 };
#define DOUBLE_EXACT ((uint64_t)1 << 53)

/* Whether a leaf's bytes must be UTF-8. */
static bool
is_text(const struct schema_node *leaf)
{
	return leaf->logical.kind == LOGICAL_STRING || leaf->logical.kind == LOGICAL_ENUM ||
	       leaf->logical.kind == LOGICAL_JSON;
}

static bool
wrong_type(const char *wanted, struct pack_value value, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "%s is due, not %s", wanted, pack_type_name(value.type));
}

/* The range that a leaf's annotation leaves of its physical type. */
static void
integer_range(const struct schema_node *leaf, int64_t *low, uint64_t *high)
{
	int bits = leaf->physical == PHYSICAL_INT32 ? 32 : 64;
	bool is_signed = true;
	if (leaf->logical.kind == LOGICAL_INTEGER) {
		bits = leaf->logical.bit_width;
		is_signed = leaf->logical.is_signed;
	}
	*high = is_signed ? UINT64_MAX >> (65 - bits) : UINT64_MAX >> (64 - bits);
	*low = is_signed ? -(int64_t)*high - 1 : 0;
}

static bool
append_integer(struct stripe *stripe, const struct schema_node *leaf, struct pack_value value,
    size_t *memory_bytes, struct nest_error *error)
{
	int64_t low;
	uint64_t high;
	integer_range(leaf, &low, &high);
	if (value.type != PACK_UNSIGNED && value.type != PACK_NEGATIVE)
		return wrong_type("an integer", value, error);
	bool fits = value.type == PACK_UNSIGNED ? value.number <= high : value.negative >= low;
	if (!fits)
		return nest_error_set(error, NEST_INVALID, "the integer is out of range (%lld to %llu)",
		    (long long)low, (unsigned long long)high);
	/* Two's complement, least significant byte first: the narrow form is the front of the wide. */
	uint64_t bits = htole64(value.type == PACK_UNSIGNED ? value.number : (uint64_t)value.negative);
	return leaf->physical == PHYSICAL_INT32 ? stripe_append_value(stripe, &bits, 4, memory_bytes, error)
	                                        : stripe_append_value(stripe, &bits, 8, memory_bytes, error);
}

static bool
to_real(struct pack_value value, bool narrow, double *real, struct nest_error *error)
{
	uint64_t magnitude = 0;
	switch (value.type) {
	case PACK_FLOAT:
	case PACK_DOUBLE:
		*real = value.real;
		return true;
	case PACK_UNSIGNED:
		magnitude = value.number;
		*real = (double)value.number;
		break;
	case PACK_NEGATIVE:
		magnitude = 0 - (uint64_t)value.negative;
		*real = (double)value.negative;
		break;
	default:
		return wrong_type("a float", value, error);
	}
	if (magnitude > (narrow ? FLOAT_EXACT : DOUBLE_EXACT))
		return nest_error_set(error, NEST_INVALID, "the integer is too large to be a %s exactly",
		    narrow ? "float" : "double");
	return true;
}

static bool
append_real(struct stripe *stripe, const struct schema_node *leaf, struct pack_value value,
    size_t *memory_bytes, struct nest_error *error)
{
	double real = 0;
	bool narrow = leaf->physical == PHYSICAL_FLOAT;
	if (!to_real(value, narrow, &real, error))
		return false;
	if (!narrow) {
		uint64_t bits;
		memcpy(&bits, &real, sizeof bits);
		bits = htole64(bits);
		return stripe_append_value(stripe, &bits, sizeof bits, memory_bytes, error);
	}
	float single = (float)real;
	if (isinf(single) && !isinf(real))
		return nest_error_set(error, NEST_INVALID, "the double %g is out of a float's range", real);
	uint32_t bits;
	memcpy(&bits, &single, sizeof bits);
	bits = htole32(bits);
	return stripe_append_value(stripe, &bits, sizeof bits, memory_bytes, error);
}

static bool
append_byte_array(struct stripe *stripe, const struct schema_node *leaf, struct pack_value value,
    const uint8_t *bytes, size_t *memory_bytes, struct nest_error *error)
{
	bool text = is_text(leaf);
	if (value.type != PACK_TEXT && (text || value.type != PACK_BYTES))
		return wrong_type(text ? "a str" : "a str or a bin", value, error);
	if (text && !utf8_valid(bytes, value.size))
		return nest_error_set(error, NEST_INVALID, "the str is not UTF-8");
	uint32_t length = htole32(value.size);
	return stripe_append_value(stripe, &length, sizeof length, memory_bytes, error) &&
	       stripe_append_value(stripe, bytes, value.size, memory_bytes, error);
}

static bool
append_fixed_bytes(struct stripe *stripe, size_t size, struct pack_value value, const uint8_t *bytes,
    size_t *memory_bytes, struct nest_error *error)
{
	if (value.type != PACK_TEXT && value.type != PACK_BYTES)
		return wrong_type("a bin", value, error);
	if (value.size != size)
		return nest_error_set(error, NEST_INVALID, "%zu bytes are due, not %u", size, value.size);
	return stripe_append_value(stripe, bytes, size, memory_bytes, error);
}

bool
scalar_append(struct stripe *stripe, const struct schema_node *leaf, struct pack_value value,
    struct pack_reader *reader, size_t *memory_bytes, struct nest_error *error)
{
	const uint8_t *bytes = reader->at;
	if (value.type == PACK_TEXT || value.type == PACK_BYTES)
		reader->at += value.size;
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN: {
		if (value.type != PACK_BOOLEAN)
			return wrong_type("a boolean", value, error);
		uint8_t truth = value.truth;
		return stripe_append_value(stripe, &truth, 1, memory_bytes, error);
	}
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return append_integer(stripe, leaf, value, memory_bytes, error);
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return append_real(stripe, leaf, value, memory_bytes, error);
	case PHYSICAL_BYTE_ARRAY:
		return append_byte_array(stripe, leaf, value, bytes, memory_bytes, error);
	case PHYSICAL_INT96:
		return append_fixed_bytes(stripe, 12, value, bytes, memory_bytes, error);
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return append_fixed_bytes(stripe, leaf->type_length, value, bytes, memory_bytes, error);
	case PHYSICAL_GROUP:
		break;
	}
	return nest_error_set(error, NEST_INVALID, "the field is no leaf");
}
