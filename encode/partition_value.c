#include "encode/partition_value.h"

#include "lib/base/utf8.h"
#include "lib/parquet/value_order.h"
#include "lib/print/print.h"

#define NO_VALUE "__HIVE_DEFAULT_PARTITION__"

/* 1 January of the year 0 and 31 December of 9999, in days from 1970-01-01. */
enum { DAYS_LEAST = -719528, DAYS_MOST = 2932896 };

static bool
is_text(const struct schema_node *leaf)
{
	enum logical_kind kind = leaf->logical.kind;
	return leaf->physical == PHYSICAL_BYTE_ARRAY && (kind == LOGICAL_NONE || kind == LOGICAL_STRING ||
							    kind == LOGICAL_ENUM || kind == LOGICAL_JSON);
}

static bool
is_integer(const struct schema_node *leaf)
{
	enum logical_kind kind = leaf->logical.kind;
	return (leaf->physical == PHYSICAL_INT32 || leaf->physical == PHYSICAL_INT64) &&
	       (kind == LOGICAL_NONE || kind == LOGICAL_INTEGER);
}

bool
partition_value_check(const struct schema_node *leaf, struct nest_error *error)
{
	struct buffer line = {0};
	if (is_text(leaf) || is_integer(leaf) || leaf->physical == PHYSICAL_BOOLEAN ||
	    leaf->logical.kind == LOGICAL_DATE || leaf->logical.kind == LOGICAL_DECIMAL)
		return true;
	if (schema_put_field(&line, leaf, error))
		nest_error_set(error, NEST_USAGE,
		    "'%.*s' is of a type whose values have no text that all readers take; strings, integers, "
		    "decimals, dates and booleans have",
		    (int)line.size, (const char *)line.data);
	buffer_free(&line);
	return false;
}

/* As Spark and Hive do. */
static bool
is_escaped(uint8_t byte)
{
	return byte < ' ' || byte == 0x7f || strchr("\"#%'*/:=?\\{[]^", byte) != NULL;
}

bool
partition_value_escape(struct buffer *out, struct view text, struct nest_error *error)
{
	static const char digits[] = "0123456789ABCDEF";
	if (!buffer_reserve(out, 3 * text.size, error))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		if (!is_escaped(byte)) {
			out->data[out->size++] = byte;
			continue;
		}
		out->data[out->size++] = '%';
		out->data[out->size++] = (uint8_t)digits[byte >> 4];
		out->data[out->size++] = (uint8_t)digits[byte & 15];
	}
	return true;
}

static uint8_t *
print_signed(uint8_t *to, int64_t number)
{
	return print_integer(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

static int64_t
signed_value(struct view value)
{
	uint64_t bits = value_order_bits(value.data, value.size);
	return value.size == 4 ? (int32_t)(uint32_t)bits : (int64_t)bits;
}

static uint8_t *
put_decimal(uint8_t *to, const struct schema_node *leaf, struct view value, const char **problem)
{
	const struct logical_type *logical = &leaf->logical;
	uint8_t bytes[8];
	if (leaf->physical == PHYSICAL_INT32 || leaf->physical == PHYSICAL_INT64) {
		uint64_t number = (uint64_t)signed_value(value);
		for (unsigned i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)(number >> 8 * (sizeof bytes - 1 - i));
		value = (struct view){bytes, sizeof bytes};
	}
	uint8_t *end = print_decimal(to, value, logical->precision, logical->scale);
	if (end == NULL)
		*problem = "the DECIMAL has no digits, or more than its precision";
	return end;
}

/* Without the quotes that it has in JSON. */
static uint8_t *
put_date(uint8_t *to, int64_t days, const char **problem)
{
	uint8_t quoted[PRINT_BYTES];
	if (days < DAYS_LEAST || days > DAYS_MOST) {
		*problem = "the DATE is not in the years 0000 to 9999, and no directory's name has it";
		return NULL;
	}
	size_t size = (size_t)(print_date(quoted, days) - quoted) - 2;
	memcpy(to, quoted + 1, size);
	return to + size;
}

static uint8_t *
put_word(uint8_t *to, const char *word)
{
	size_t size = strlen(word);
	memcpy(to, word, size);
	return to + size;
}

/* Writes a value other than a text; NULL if there is a problem. */
static uint8_t *
put_number(uint8_t *to, const struct schema_node *leaf, struct view value, const char **problem)
{
	const struct logical_type *logical = &leaf->logical;
	if (logical->kind == LOGICAL_DECIMAL)
		return put_decimal(to, leaf, value, problem);
	if (logical->kind == LOGICAL_DATE)
		return put_date(to, signed_value(value), problem);
	if (leaf->physical == PHYSICAL_BOOLEAN)
		return put_word(to, value.data[0] != 0 ? "true" : "false");
	if (logical->kind == LOGICAL_INTEGER && !logical->is_signed)
		return print_unsigned(to, value_order_bits(value.data, value.size));
	return print_signed(to, signed_value(value));
}

static bool
put_text(struct buffer *out, struct view text, bool *is_vague, const char **problem, struct nest_error *error)
{
	if (!utf8_valid(text.data, text.size)) {
		*problem = "the value is not well-formed UTF-8";
		return true;
	}
	*is_vague = text.size == 0 || view_equal(text, view_of_text(NO_VALUE));
	return partition_value_escape(out, text.size > 0 ? text : view_of_text(NO_VALUE), error);
}

bool
partition_value_put(struct buffer *out, const struct schema_node *leaf, struct view value, bool *is_vague,
    const char **problem, struct nest_error *error)
{
	*is_vague = false;
	*problem = NULL;
	if (value.data == NULL)
		return partition_value_escape(out, view_of_text(NO_VALUE), error);
	if (is_text(leaf))
		return put_text(out, value, is_vague, problem, error);
	if (!buffer_reserve(out, PRINT_BYTES, error))
		return false;
	uint8_t *start = out->data + out->size, *end = put_number(start, leaf, value, problem);
	out->size += end != NULL ? (size_t)(end - start) : 0;
	return true;
}
