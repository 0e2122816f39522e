#include "cat/rows.h"

#include "cat/records.h"

void
rows_free(struct rows *rows)
{
	jsonl_close(rows->jsonl);
	assembly_free(&rows->assembly);
	column_check_free(&rows->columns);
	schema_memo_free(&rows->memo);
	buffer_free(&rows->packed);
	*rows = (struct rows){0};
}

/* Prints by SCHEMA from now on; nothing of the schema before is borrowed any more. */
static bool
use_schema(struct rows *rows, const struct schema *schema, bool is_columns, struct nest_error *error)
{
	jsonl_close(rows->jsonl);
	rows->jsonl = NULL;
	rows->has_columns = is_columns;
	return jsonl_open(&rows->jsonl, schema, rows->binary, error);
}

static bool
show_rows(struct rows *rows, const struct frame *frame, struct buffer *out, struct nest_error *error)
{
	const struct schema *schema = &rows->memo.schema;
	bool changed;
	if (!schema_memo_take(&rows->memo, frame->schema, &changed, error))
		return false;
	if ((changed || rows->has_columns || rows->jsonl == NULL) && !use_schema(rows, schema, false, error))
		return false;
	return records_check(schema, frame, NULL, error) &&
	       jsonl_append(rows->jsonl, frame->body, out, error);
}

bool
rows_take_columns(struct rows *rows, const struct frame *frame, struct nest_error *error)
{
	const struct cut *cut = &rows->columns.cut;
	const struct schema *schema = &cut->memo.schema;
	if (!column_check_take(&rows->columns, frame, NULL, error))
		return false;
	if (cut->has_new_schema || !rows->has_columns) {
		assembly_free(&rows->assembly);
		if (!use_schema(rows, schema, true, error) ||
		    !assembly_open_given(&rows->assembly, schema, error))
			return false;
	}
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		const struct leaf_slice *leaf = &cut->leaves[i];
		if (!assembly_give(&rows->assembly, i, leaf->entries, leaf->rep, leaf->def,
			(struct view){leaf->values, leaf->value_bytes}, error))
			return false;
	}
	return true;
}

static bool
show_columns(struct rows *rows, const struct frame *frame, struct buffer *out, struct nest_error *error)
{
	if (!rows_take_columns(rows, frame, error))
		return false;
	for (uint64_t i = 0; i < frame->rows; i++) {
		buffer_clear(&rows->packed);
		if (!assembly_next(&rows->assembly, &rows->packed, error) ||
		    !jsonl_append(
			rows->jsonl, (struct view){rows->packed.data, rows->packed.size}, out, error))
			return false;
	}
	return true;
}

bool
rows_show(struct rows *rows, const struct frame *frame, struct buffer *out, struct nest_error *error)
{
	return frame->kind == FRAME_ROWS ? show_rows(rows, frame, out, error)
	                                 : show_columns(rows, frame, out, error);
}
