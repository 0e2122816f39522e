#include "shred/scalar.h"

#include "lib/base/utf8.h"
#include "lib/json/notation.h"

#include <endian.h>
#include <math.h>
#include <string.h>

/* Integers up to FLOAT_EXACT are exact in a float. */
enum { FLOAT_EXACT = 1 << 24, SHOWN_BYTES = 40, UUID_BYTES = 16, INT96_BYTES = 12 };

/* The destination of a value, and its rules. */
struct sink {
	struct stripe *stripe;
	const struct schema_node *leaf;
	const struct scalar_rules *rules;
	size_t *memory_bytes;
	struct nest_error *error;
};

/* Whether a leaf's bytes are characters. */
static bool
is_text(const struct schema_node *leaf)
{
	return leaf->logical.kind == LOGICAL_STRING || leaf->logical.kind == LOGICAL_ENUM ||
	       leaf->logical.kind == LOGICAL_JSON;
}

static inline bool
put(const struct sink *sink, const void *bytes, size_t size)
{
	return stripe_append_value(sink->stripe, bytes, size, sink->memory_bytes, sink->error);
}

static __attribute__((cold)) bool
wrong_kind(const struct sink *sink, const char *wanted, const struct scalar *scalar)
{
	return nest_error_set(sink->error, NEST_INVALID, "%s due, not %s", wanted, scalar->name);
}

/* A text or a number for a message: cut if it is long, with '?' for characters that would break the line. */
struct shown {
	char text[SHOWN_BYTES + 4];
};

static struct shown
show(struct view bytes)
{
	struct shown shown;
	size_t size = bytes.size <= SHOWN_BYTES ? bytes.size : SHOWN_BYTES;
	while (size < bytes.size && size > 0 && (bytes.data[size] & 0xc0) == 0x80)
		size--;
	for (size_t i = 0; i < size; i++) {
		bool is_control = bytes.data[i] < 0x20 || bytes.data[i] == 0x7f;
		shown.text[i] = is_control ? '?' : (char)bytes.data[i];
	}
	strcpy(shown.text + size, size < bytes.size ? "..." : "");
	return shown;
}

/* ---- booleans and integers ---- */

static bool
append_boolean(const struct sink *sink, const struct scalar *scalar)
{
	if (scalar->kind != SCALAR_BOOLEAN)
		return wrong_kind(sink, "a boolean is", scalar);
	uint8_t truth = scalar->truth;
	return put(sink, &truth, 1);
}

static bool
out_of_range(const struct sink *sink)
{
	int64_t low;
	uint64_t high;
	schema_integer_range(sink->leaf, &low, &high);
	return nest_error_set(sink->error, NEST_INVALID, "the integer is out of range (%lld to %llu)",
	    (long long)low, (unsigned long long)high);
}

static bool
put_integer(const struct sink *sink, uint64_t magnitude, bool is_negative)
{
	int64_t low;
	uint64_t high;
	schema_integer_range(sink->leaf, &low, &high);
	if (magnitude > (is_negative ? 0 - (uint64_t)low : high))
		return out_of_range(sink);
	/* Two's complement, least significant byte first: the narrow form is the front of the wide one. */
	uint64_t bits = htole64(is_negative ? 0 - magnitude : magnitude);
	return put(sink, &bits, sink->leaf->physical == PHYSICAL_INT32 ? 4 : 8);
}

static bool
append_integer(const struct sink *sink, const struct scalar *scalar)
{
	uint64_t magnitude;
	if (scalar->kind == SCALAR_INTEGER)
		return put_integer(sink, scalar->integer.magnitude, scalar->integer.is_negative);
	if (scalar->kind != SCALAR_NUMBER)
		return wrong_kind(sink, "an integer is", scalar);
	if (number_integer(&scalar->number, &magnitude))
		return put_integer(sink, magnitude, scalar->number.is_negative);
	uint8_t bytes[1];
	if (number_decimal(&scalar->number, 0, 0, bytes, sizeof bytes) == DECIMAL_TOO_FINE)
		return nest_error_set(
		    sink->error, NEST_INVALID, "an integer is due, not %s", show(scalar->number.text).text);
	return out_of_range(sink);
}

/* ---- dates and times ---- */

static bool
put_moment(const struct sink *sink, const struct notation_moment *moment, struct view text)
{
	static const char *const units[] = {
	    [UNIT_MILLIS] = "milliseconds", [UNIT_MICROS] = "microseconds", [UNIT_NANOS] = "nanoseconds"};
	enum time_unit unit = sink->leaf->logical.unit;
	int64_t value;
	bool is_finer;
	if (!notation_units(moment, unit, &value, &is_finer))
		return nest_error_set(sink->error, NEST_INVALID, "'%s' is out of the range of 64 bits of %s",
		    show(text).text, units[unit]);
	if (is_finer)
		return nest_error_set(sink->error, NEST_INVALID,
		    "'%s' is finer than the field, which holds %s", show(text).text, units[unit]);
	uint64_t bits = htole64((uint64_t)value);
	return put(sink, &bits, sink->leaf->physical == PHYSICAL_INT32 ? 4 : 8);
}

static bool
append_temporal(const struct sink *sink, struct view text)
{
	struct notation_moment moment;
	int64_t days;
	switch (sink->leaf->logical.kind) {
	case LOGICAL_DATE:
		if (notation_date(text, &days))
			return put_integer(sink, (uint64_t)(days < 0 ? -days : days), days < 0);
		return nest_error_set(sink->error, NEST_INVALID,
		    "a date is due (2024-12-31, or days as an integer), not '%s'", show(text).text);
	case LOGICAL_TIME:
		if (notation_time(text, &moment))
			return put_moment(sink, &moment, text);
		return nest_error_set(sink->error, NEST_INVALID,
		    "a time is due (23:59:59.999, or an integer), not '%s'", show(text).text);
	default:
		if (notation_timestamp(text, &moment))
			return put_moment(sink, &moment, text);
		return nest_error_set(sink->error, NEST_INVALID,
		    "a timestamp is due (2024-12-31T23:59:59.999Z, or an integer), not '%s'",
		    show(text).text);
	}
}

static bool
is_temporal(const struct schema_node *leaf)
{
	return leaf->logical.kind == LOGICAL_DATE || leaf->logical.kind == LOGICAL_TIME ||
	       leaf->logical.kind == LOGICAL_TIMESTAMP;
}

/* ---- floating point ---- */

static bool
integer_to_real(const struct sink *sink, const struct scalar *scalar, double *real)
{
	bool narrow = sink->leaf->physical != PHYSICAL_DOUBLE;
	*real = (double)scalar->integer.magnitude;
	if (scalar->integer.is_negative)
		*real = -*real;
	if (scalar->integer.magnitude <= (narrow ? FLOAT_EXACT : NUMBER_DOUBLE_EXACT))
		return true;
	return nest_error_set(sink->error, NEST_INVALID, "the integer is too large to be a %s exactly",
	    narrow ? "float" : "double");
}

static bool
to_real(const struct sink *sink, const struct scalar *scalar, double *real)
{
	switch (scalar->kind) {
	case SCALAR_REAL:
		*real = scalar->real;
		return true;
	case SCALAR_INTEGER:
		return integer_to_real(sink, scalar, real);
	case SCALAR_NUMBER:
		*real = number_double(&scalar->number);
		if (!isinf(*real))
			return true;
		return nest_error_set(sink->error, NEST_INVALID, "the number %s is out of a double's range",
		    show(scalar->number.text).text);
	case SCALAR_TEXT:
		if (sink->rules->non_finite && notation_non_finite(scalar->bytes, real))
			return true;
		break;
	default:
		break;
	}
	return wrong_kind(sink, "a number is", scalar);
}

static bool
append_double(const struct sink *sink, const struct scalar *scalar)
{
	double real = 0;
	uint64_t bits;
	if (!to_real(sink, scalar, &real))
		return false;
	memcpy(&bits, &real, sizeof bits);
	bits = htole64(bits);
	return put(sink, &bits, sizeof bits);
}

static bool
append_float(const struct sink *sink, const struct scalar *scalar)
{
	double real = 0;
	if (!to_real(sink, scalar, &real))
		return false;
	float single = scalar->kind == SCALAR_NUMBER ? number_float(&scalar->number) : (float)real;
	if (isinf(single) && !isinf(real))
		return nest_error_set(
		    sink->error, NEST_INVALID, "the number %g is out of a float's range", real);
	uint32_t bits;
	memcpy(&bits, &single, sizeof bits);
	bits = htole32(bits);
	return put(sink, &bits, sizeof bits);
}

static bool
append_half(const struct sink *sink, const struct scalar *scalar)
{
	double real = 0;
	if (!to_real(sink, scalar, &real))
		return false;
	uint16_t half = scalar->kind == SCALAR_NUMBER ? number_half(&scalar->number) : half_of_double(real);
	if ((half & 0x7fff) == 0x7c00 && !isinf(real))
		return nest_error_set(
		    sink->error, NEST_INVALID, "the number %g is out of a half float's range", real);
	half = htole16(half);
	return put(sink, &half, sizeof half);
}

/* ---- decimals ---- */

/* Puts the length in front of the bytes of a BYTE_ARRAY. */
static bool
put_length(const struct sink *sink, size_t size)
{
	uint32_t length = htole32((uint32_t)size);
	return put(sink, &length, sizeof length);
}

/* Puts SIZE bytes of two's complement, the highest first, as the leaf's physical type. */
static bool
put_decimal(const struct sink *sink, const uint8_t *bytes, size_t size)
{
	uint8_t sign = bytes[0] & 0x80 ? 0xff : 0, turned[8];
	switch (sink->leaf->physical) {
	case PHYSICAL_BYTE_ARRAY: /* as few as keep the sign */
		while (size > 1 && bytes[0] == sign && ((bytes[1] ^ sign) & 0x80) == 0) {
			bytes++;
			size--;
		}
		return put_length(sink, size) && put(sink, bytes, size);
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		for (size_t i = size; i < sink->leaf->type_length; i++)
			if (!put(sink, &sign, 1))
				return false;
		return put(sink, bytes, size);
	default:
		for (size_t i = 0; i < size; i++)
			turned[i] = bytes[size - 1 - i];
		return put(sink, turned, size);
	}
}

static size_t
decimal_bytes(const struct schema_node *leaf)
{
	switch (leaf->physical) {
	case PHYSICAL_INT32:
		return 4;
	case PHYSICAL_INT64:
		return 8;
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return leaf->type_length < DECIMAL_BYTES_MOST ? leaf->type_length : DECIMAL_BYTES_MOST;
	default:
		return DECIMAL_BYTES_MOST;
	}
}

static bool
append_decimal(const struct sink *sink, const struct scalar *scalar)
{
	const struct logical_type *logical = &sink->leaf->logical;
	struct number number;
	uint8_t bytes[DECIMAL_BYTES_MOST];
	size_t size = decimal_bytes(sink->leaf);
	if (scalar->kind == SCALAR_NUMBER)
		number = scalar->number;
	else if (!number_read_all(scalar->bytes, &number))
		return nest_error_set(
		    sink->error, NEST_INVALID, "a decimal number is due, not '%s'", show(scalar->bytes).text);
	switch (number_decimal(&number, logical->scale, logical->precision, bytes, size)) {
	case DECIMAL_FITS:
		return put_decimal(sink, bytes, size);
	case DECIMAL_TOO_FINE:
		return nest_error_set(sink->error, NEST_INVALID,
		    "%s has more than %d digits behind the point", show(number.text).text, logical->scale);
	case DECIMAL_TOO_LARGE:
		break;
	}
	return nest_error_set(sink->error, NEST_INVALID, "%s does not fit DECIMAL(%d,%d)",
	    show(number.text).text, logical->precision, logical->scale);
}

/* ---- texts and bytes ---- */

static bool
put_byte_array(const struct sink *sink, struct view bytes)
{
	return put_length(sink, bytes.size) && put(sink, bytes.data, bytes.size);
}

static bool
append_text(const struct sink *sink, const struct scalar *scalar)
{
	if (scalar->kind != SCALAR_TEXT)
		return wrong_kind(sink, "a string is", scalar);
	if (!utf8_valid(scalar->bytes.data, scalar->bytes.size))
		return nest_error_set(sink->error, NEST_INVALID, "the string is not UTF-8");
	return put_byte_array(sink, scalar->bytes);
}

/* Decodes TEXT at the stripe's end, after OFFSET bytes; there is room for it undecoded. */
static bool
decode_binary(const struct sink *sink, struct view text, size_t offset, size_t *size)
{
	uint8_t *to = sink->stripe->value + offset;
	if (sink->rules->binary == BINARY_BASE64)
		return notation_base64(text, to, size) ||
		       nest_error_set(sink->error, NEST_INVALID, "base64 is due, not '%s'", show(text).text);
	return notation_hex(text, to, size) || nest_error_set(sink->error, NEST_INVALID,
						   "hexadecimal digits are due, not '%s'", show(text).text);
}

static bool
is_encoded(const struct sink *sink, const struct scalar *scalar)
{
	return scalar->kind == SCALAR_TEXT && !sink->rules->texts_are_plain &&
	       sink->rules->binary != BINARY_UTF8;
}

static bool
append_bytes(const struct sink *sink, const struct scalar *scalar)
{
	if (scalar->kind != SCALAR_TEXT && scalar->kind != SCALAR_BYTES)
		return wrong_kind(sink, "a string or bytes are", scalar);
	if (!is_encoded(sink, scalar))
		return put_byte_array(sink, scalar->bytes);
	size_t size = 0;
	if (!stripe_reserve_values(sink->stripe, 4 + scalar->bytes.size, sink->memory_bytes, sink->error) ||
	    !decode_binary(sink, scalar->bytes, 4, &size))
		return false;
	uint32_t length = htole32((uint32_t)size);
	memcpy(sink->stripe->value, &length, 4);
	sink->stripe->value += 4 + size;
	return true;
}

static bool
append_fixed_bytes(const struct sink *sink, const struct scalar *scalar, size_t due)
{
	size_t size = scalar->bytes.size;
	if (scalar->kind != SCALAR_TEXT && scalar->kind != SCALAR_BYTES)
		return wrong_kind(sink, "bytes are", scalar);
	bool encoded = is_encoded(sink, scalar);
	if (encoded && (!stripe_reserve_values(sink->stripe, size, sink->memory_bytes, sink->error) ||
			   !decode_binary(sink, scalar->bytes, 0, &size)))
		return false;
	if (size != due)
		return nest_error_set(sink->error, NEST_INVALID, "%zu bytes are due, not %zu", due, size);
	if (!encoded)
		return put(sink, scalar->bytes.data, size);
	sink->stripe->value += size;
	return true;
}

static bool
append_uuid(const struct sink *sink, struct view text)
{
	uint8_t uuid[UUID_BYTES];
	if (!notation_uuid(text, uuid))
		return nest_error_set(sink->error, NEST_INVALID,
		    "a UUID is due (36 characters, as in 123e4567-e89b-12d3-a456-426614174000), not '%s'",
		    show(text).text);
	return put(sink, uuid, sizeof uuid);
}

/* Whether a leaf's annotation gives a number or a text a meaning of its own. */
static bool
is_written(const struct sink *sink, const struct scalar *scalar)
{
	return scalar->kind == SCALAR_NUMBER ||
	       (scalar->kind == SCALAR_TEXT && !sink->rules->texts_are_plain);
}

static bool
append_fixed(const struct sink *sink, const struct scalar *scalar)
{
	const struct schema_node *leaf = sink->leaf;
	bool written = is_written(sink, scalar);
	if (leaf->logical.kind == LOGICAL_UUID && written && scalar->kind == SCALAR_TEXT)
		return append_uuid(sink, scalar->bytes);
	if (leaf->logical.kind == LOGICAL_FLOAT16 && scalar->kind != SCALAR_BYTES &&
	    (scalar->kind != SCALAR_TEXT || written))
		return append_half(sink, scalar);
	return append_fixed_bytes(sink, scalar, leaf->type_length);
}

bool
scalar_append(struct stripe *stripe, const struct schema_node *leaf, const struct scalar *scalar,
    const struct scalar_rules *rules, size_t *memory_bytes, struct nest_error *error)
{
	struct sink sink = {stripe, leaf, rules, memory_bytes, error};
	if (leaf->logical.kind == LOGICAL_DECIMAL && is_written(&sink, scalar))
		return append_decimal(&sink, scalar);
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return append_boolean(&sink, scalar);
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		if (is_temporal(leaf) && scalar->kind == SCALAR_TEXT && !rules->texts_are_plain)
			return append_temporal(&sink, scalar->bytes);
		return append_integer(&sink, scalar);
	case PHYSICAL_FLOAT:
		return append_float(&sink, scalar);
	case PHYSICAL_DOUBLE:
		return append_double(&sink, scalar);
	case PHYSICAL_BYTE_ARRAY:
		return is_text(leaf) ? append_text(&sink, scalar) : append_bytes(&sink, scalar);
	case PHYSICAL_INT96:
		return append_fixed_bytes(&sink, scalar, INT96_BYTES);
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return append_fixed(&sink, scalar);
	case PHYSICAL_GROUP:
		break;
	}
	return nest_error_set(error, NEST_INVALID, "the field is no leaf");
}
