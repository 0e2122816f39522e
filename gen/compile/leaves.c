/* leaves.c - turns values into what the leaf of a schema holds. */
#include "gen/compile/compiler.h"

/* The least and the greatest number that a leaf takes. */
static void
leaf_range(const struct schema_node *leaf, int64_t *low, int64_t *high)
{
	unsigned bits = leaf->physical == PHYSICAL_INT32 ? 32 : 64;
	if (leaf->logical.kind == LOGICAL_INTEGER)
		bits = (unsigned)leaf->logical.bit_width;
	*high = (int64_t)(UINT64_MAX >> (65 - bits));
	*low = -*high - 1;
	if (leaf->logical.kind == LOGICAL_INTEGER && !leaf->logical.is_signed) {
		*low = 0;
		*high = bits < 64 ? *high * 2 + 1 : *high;
	}
	if (leaf->logical.kind == LOGICAL_DECIMAL) {
		*high = 0;
		for (int i = 0; i < leaf->logical.precision && i < 18; i++)
			*high = *high * 10 + 9;
		*low = -*high;
	}
}

static bool
check_nulls(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, const struct value *value)
{
	return !value->has_nulls || leaf->repetition == REPETITION_OPTIONAL ||
	       compile_refuse(compiler, expression, "%s may be null here, and only an optional field may",
		   source_quote(view_of_text(leaf->name)).text);
}

static bool
check_range(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, const struct value *value)
{
	int64_t low, high;
	leaf_range(leaf, &low, &high);
	if (value->type == VALUE_NULL || (value->low >= low && value->high <= high))
		return true;
	return compile_refuse(compiler, expression,
	    "values from %lld to %lld do not all fit %s, which takes %lld to %lld: clamp() bounds them",
	    (long long)value->low, (long long)value->high, source_quote(view_of_text(leaf->name)).text,
	    (long long)low, (long long)high);
}

static bool
refuse_type(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf,
    const char *wanted, const struct value *value)
{
	return compile_refuse(compiler, expression, "%s takes %s, not %s",
	    source_quote(view_of_text(leaf->name)).text, wanted, value_name(value->type));
}

/* Microseconds in the unit of the leaf, whose bounds nobody asks for any more. */
static bool
to_unit(struct compiler *compiler, uint32_t expression, enum time_unit unit, struct value *value)
{
	struct step step = {.in = {value->vector}, .number = 1000};
	if (unit == UNIT_MICROS)
		return true;
	step.run = unit == UNIT_MILLIS ? step_floor_by : step_scale_up;
	int64_t end;
	if (unit == UNIT_NANOS && (__builtin_mul_overflow(value->low, 1000, &end) ||
				      __builtin_mul_overflow(value->high, 1000, &end)))
		return compile_refuse(
		    compiler, expression, "nanoseconds reach from 1677-09-21 to 2262-04-11 only");
	return compile_step(compiler, &step, value);
}

/* Converts to what a leaf of whole numbers takes. */
static bool
to_whole(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	int64_t low, high;
	unsigned scale = leaf->logical.kind == LOGICAL_DECIMAL ? (unsigned)leaf->logical.scale : 0;
	leaf_range(leaf, &low, &high);
	if (scale > SCALE_MOST)
		return compile_refuse(compiler, expression,
		    "decimals with more than %d digits behind the point are not drawn", SCALE_MOST);
	if (leaf->logical.kind == LOGICAL_DATE && value->type == VALUE_DATE)
		return check_range(compiler, expression, leaf, value);
	if (leaf->logical.kind == LOGICAL_TIMESTAMP && value->type == VALUE_TIME)
		return to_unit(compiler, expression, leaf->logical.unit, value);
	if (value->type != VALUE_NUMBER && value->type != VALUE_REAL)
		return refuse_type(compiler, expression, leaf,
		    leaf->logical.kind == LOGICAL_DATE        ? "a date"
		    : leaf->logical.kind == LOGICAL_TIMESTAMP ? "a time"
							      : "a number",
		    value);
	if (value->type == VALUE_NUMBER && value->scale > scale && leaf->logical.kind != LOGICAL_DECIMAL)
		return compile_refuse(compiler, expression,
		    "%s takes whole numbers, and this has digits behind the point: round() takes them away",
		    source_quote(view_of_text(leaf->name)).text);
	return compile_to_number(compiler, expression, scale, low, high, value) &&
	       check_nulls(compiler, expression, leaf, value) &&
	       check_range(compiler, expression, leaf, value);
}

/* A decimal in bytes. */
static bool
to_big_endian(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	uint32_t size = leaf->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY ? leaf->type_length : 8;
	if (!to_whole(compiler, expression, leaf, value))
		return false;
	if (size > 1024)
		return compile_refuse(
		    compiler, expression, "decimals of more than 1,024 bytes are not drawn");
	struct step step = {.run = step_big_endian, .in = {value->vector}, .number = size};
	*value =
	    (struct value){.type = VALUE_BYTES, .low = size, .high = size, .has_nulls = value->has_nulls};
	return compile_step(compiler, &step, value);
}

static bool
compile_uuid_text(struct compiler *compiler, struct value *value)
{
	enum { UUID_TEXT_BYTES = 36 };
	struct step open = {.run = step_text_open}, put = {.run = step_uuid_put, .in = {value->vector}};
	*value = (struct value){.type = VALUE_TEXT,
	    .low = UUID_TEXT_BYTES,
	    .high = UUID_TEXT_BYTES,
	    .has_nulls = value->has_nulls};
	if (!compile_step(compiler, &open, value))
		return false;
	put.scope = compiler->scope;
	put.out = value->vector;
	return batch_add_step(compiler->batch, &put, compiler->error);
}

static bool
to_bytes(struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	if (leaf->logical.kind == LOGICAL_DECIMAL)
		return to_big_endian(compiler, expression, leaf, value);
	bool is_text = leaf->logical.kind == LOGICAL_STRING || leaf->logical.kind == LOGICAL_ENUM ||
	               leaf->logical.kind == LOGICAL_JSON;
	if (value->type == VALUE_UUID && is_text)
		return compile_uuid_text(compiler, value);
	if (value->type != VALUE_TEXT &&
	    (is_text || (value->type != VALUE_BYTES && value->type != VALUE_UUID)))
		return refuse_type(compiler, expression, leaf,
		    is_text ? "a text (\"{value}\" makes one of anything)" : "bytes or a text", value);
	uint32_t size = leaf->physical == PHYSICAL_INT96 ? 12 : leaf->type_length;
	if (leaf->physical != PHYSICAL_BYTE_ARRAY && (value->low != size || value->high != size))
		return compile_refuse(compiler, expression, "%s takes %u bytes, no more and no less",
		    source_quote(view_of_text(leaf->name)).text, size);
	value->type = is_text ? VALUE_TEXT : VALUE_BYTES;
	return true;
}

/* VALUE as LEAF takes it. */
bool
compile_to_leaf(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value)
{
	if (!check_nulls(compiler, expression, leaf, value))
		return false;
	if (value->type == VALUE_NULL)
		return true;
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return value->type == VALUE_TRUTH ||
		       refuse_type(compiler, expression, leaf, "true or false", value);
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return to_whole(compiler, expression, leaf, value);
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return compile_to_real(compiler, expression, value);
	default:
		return to_bytes(compiler, expression, leaf, value);
	}
}
