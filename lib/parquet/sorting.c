/* sorting.c - converts SortingColumn to thrift and back. */
#include "lib/parquet/sorting.h"

void
sorting_encode(struct thrift_writer *writer, int16_t id, const struct sorting_column *columns, size_t count)
{
	if (count == 0)
		return;
	thrift_field_list(writer, id, THRIFT_STRUCT, count);
	for (size_t i = 0; i < count; i++) {
		thrift_element_struct(writer);
		thrift_field_i32(writer, 1, (int32_t)columns[i].leaf);
		thrift_field_bool(writer, 2, columns[i].descending);
		thrift_field_bool(writer, 3, columns[i].nulls_first);
		thrift_struct_end(writer);
	}
}

static struct sorting_column
take_column(struct thrift_reader *reader, uint32_t leaf_count)
{
	struct sorting_column column = {leaf_count, false, false};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return column;
	for (struct thrift_field field = {0}; thrift_next(reader, &field);) {
		if (field.id == 1)
			column.leaf = (uint32_t)thrift_i32(reader, field);
		else if (field.id == 2)
			column.descending = thrift_bool(reader, field);
		else if (field.id == 3)
			column.nulls_first = thrift_bool(reader, field);
		else
			thrift_skip(reader, field);
	}
	if (column.leaf >= leaf_count)
		thrift_fail(reader, "rows are sorted by a column that is not there");
	return column;
}

bool
sorting_decode(struct buffer *columns, struct view bytes, uint32_t leaf_count, struct nest_error *error)
{
	struct thrift_reader reader;
	thrift_reader_init(&reader, bytes);
	size_t count = thrift_list(&reader, thrift_element(THRIFT_LIST), THRIFT_STRUCT);
	for (; count > 0 && reader.problem == NULL; count--) {
		struct sorting_column column = take_column(&reader, leaf_count);
		if (!buffer_append(columns, &column, sizeof column, error))
			return false;
	}
	return reader.problem == NULL ||
	       nest_error_set(error, NEST_INVALID, "the sorting columns are invalid: %s", reader.problem);
}
