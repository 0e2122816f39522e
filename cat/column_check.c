#include "cat/column_check.h"

#include "lib/parquet/levels.h"

#include <inttypes.h>
#include <stdlib.h>

void
column_check_free(struct column_check *columns)
{
	cut_free(&columns->cut);
	statistics_free(&columns->statistics);
	buffer_free(&columns->scratch);
	free(columns->leaves);
	*columns = (struct column_check){0};
}

static bool
take_leaves(struct column_check *columns, struct nest_error *error)
{
	const struct schema *schema = &columns->cut.memo.schema;
	struct leaf *leaves = realloc(columns->leaves, schema->leaf_count * sizeof *leaves);
	if (leaves == NULL)
		return nest_error_memory(error, schema->leaf_count * sizeof *leaves, "the leaves");
	columns->leaves = leaves;
	slice_leaves(leaves, schema);
	columns->is_stale = false;
	return true;
}

/* Checks the values of a leaf whose levels are sound. */
static bool
check_values(struct column_check *columns, uint32_t index, uint64_t first_row, struct nest_error *error)
{
	static const uint8_t nothing[PLAIN_SLACK];
	const struct leaf *leaf = &columns->leaves[index];
	const struct leaf_slice *slice = &columns->cut.leaves[index];
	const uint8_t *values = slice->value_bytes > 0 ? slice->values : nothing;
	struct plain_cursor cursor = {values, values + slice->value_bytes, 0, NULL};
	uint64_t count =
	    leaf->max_def == 0 ? slice->entries : levels_count(slice->def, slice->entries, leaf->max_def);
	statistics_init(&columns->statistics, leaf->kind.order);
	buffer_clear(&columns->scratch);
	if (!plain_copy(&cursor, count, &leaf->kind, &columns->statistics, &columns->scratch, error))
		return cursor.problem == NULL
		           ? false
		           : nest_error_set(error, NEST_INVALID, "column %s, row %" PRIu64 ": %s", leaf->path,
				 first_row + slice_row_of_value(leaf, slice, cursor.taken), cursor.problem);
	return cursor.at == cursor.end ||
	       nest_error_set(error, NEST_INVALID,
		   "column %s has %td bytes behind the last value of the slice at row %" PRIu64, leaf->path,
		   cursor.end - cursor.at, first_row);
}

bool
column_check_take(struct column_check *columns, const struct frame *frame, const struct faults *faults,
    struct nest_error *error)
{
	bool is_cut = cut_take(&columns->cut, frame, error);
	columns->is_stale |= columns->cut.has_new_schema;
	if (!is_cut || (columns->is_stale && !take_leaves(columns, error)))
		return false;
	for (uint32_t i = 0; i < columns->cut.memo.schema.leaf_count; i++) {
		bool fine = slice_check_leaf(columns->leaves, i, frame->first_row, frame->rows,
				columns->cut.leaves, error) &&
		            check_values(columns, i, frame->first_row, error);
		if (!fine && !faults_pass(faults, error))
			return false;
	}
	return true;
}
