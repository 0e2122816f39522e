#include "lib/parquet/sorted_value.h"

void
sorted_value_init(struct sorted_value *value, const struct schema_node *leaf)
{
	*value = (struct sorted_value){
	    .order = statistics_order(leaf),
	    .value_bytes = schema_value_bytes(leaf),
	    .max_def = leaf->max_def,
	};
}

void
sorted_value_free(struct sorted_value *value)
{
	buffer_free(&value->own);
}

void
sorted_value_next(struct sorted_value *value)
{
	value->was_null = value->is_null;
	value->before = value->value;
	value->is_null = value->max_def > 0 && *value->def++ != value->max_def;
	if (value->is_null)
		return;
	size_t size = value->value_bytes;
	if (size == 0) {
		size = plain_length(value->at);
		value->at += sizeof(uint32_t);
	}
	value->value = (struct view){value->at, size};
	value->at += size;
}

bool
sorted_value_keep(struct sorted_value *value, struct nest_error *error)
{
	if (value->is_null)
		return true;
	buffer_clear(&value->own);
	/* Even an empty value needs a place to point to. */
	if (!buffer_reserve(&value->own, value->value.size + 1, error) ||
	    !buffer_append(&value->own, value->value.data, value->value.size, error))
		return false;
	value->value.data = value->own.data;
	return true;
}

int
sorted_value_compare(const struct sorted_value *value, const struct sorting_column *column)
{
	if (value->was_null != value->is_null)
		return value->was_null == column->nulls_first ? -1 : 1;
	if (value->is_null)
		return 0;
	int order = value_order_compare(value->order, value->before, value->value);
	return column->descending ? -order : order;
}
