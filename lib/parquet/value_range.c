/* value_range.c - writes and reads the struct Statistics of parquet.thrift. */
#include "lib/parquet/value_range.h"

int64_t
metadata_signed(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

uint64_t
metadata_unsigned(struct thrift_reader *reader, struct thrift_field field)
{
	int64_t value = thrift_i64(reader, field);
	if (value < 0)
		thrift_fail(reader, "a size, count or offset is negative");
	return value < 0 ? 0 : (uint64_t)value;
}

void
value_range_encode(struct thrift_writer *writer, int16_t id, const struct value_range *range)
{
	if (!range->has_null_count && !range->has_nan_count && !range->has_min_max)
		return;
	thrift_field_struct(writer, id);
	if (range->has_null_count)
		thrift_field_i64(writer, 3, metadata_signed(range->null_count));
	if (range->has_min_max) {
		thrift_field_binary(writer, 5, range->max);
		thrift_field_binary(writer, 6, range->min);
		thrift_field_bool(writer, 7, range->is_max_exact);
		thrift_field_bool(writer, 8, range->is_min_exact);
	}
	if (range->has_nan_count)
		thrift_field_i64(writer, 9, metadata_signed(range->nan_count));
	thrift_struct_end(writer);
}

void
value_range_decode(struct thrift_reader *reader, struct thrift_field field, struct value_range *range)
{
	bool has_min = false, has_max = false;
	*range = (struct value_range){0};
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		if (part.id == 3) {
			range->null_count = metadata_unsigned(reader, part);
			range->has_null_count = true;
		} else if (part.id == 5) {
			range->max = thrift_binary(reader, part);
			has_max = true;
		} else if (part.id == 6) {
			range->min = thrift_binary(reader, part);
			has_min = true;
		} else if (part.id == 7) {
			range->is_max_exact = thrift_bool(reader, part);
		} else if (part.id == 8) {
			range->is_min_exact = thrift_bool(reader, part);
		} else if (part.id == 9) {
			range->nan_count = metadata_unsigned(reader, part);
			range->has_nan_count = true;
		} else {
			thrift_skip(reader, part);
		}
	}
	range->has_min_max = has_min && has_max;
}
