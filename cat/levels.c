#include "cat/levels.h"

#include "cat/shown.h"

/* Writes the next value, or that there is none. */
static bool
put_value(struct rows *rows, uint32_t leaf, bool is_there, struct buffer *out, struct nest_error *error)
{
	const struct schema *schema = &rows->columns.cut.memo.schema;
	if (!is_there)
		return shown_put(out, error, "NULL\n");
	buffer_clear(&rows->packed);
	return assembly_value(&rows->assembly, leaf, &rows->packed, error) &&
	       jsonl_append_value(rows->jsonl, schema->leaves[leaf],
		   (struct view){rows->packed.data, rows->packed.size}, out, error) &&
	       shown_put(out, error, "\n");
}

static bool
put_leaf(struct rows *rows, uint32_t index, struct buffer *out, struct nest_error *error)
{
	const struct leaf *leaf = &rows->columns.leaves[index];
	const struct leaf_slice *slice = &rows->columns.cut.leaves[index];
	if (!shown_put(out, error, "%s\n  r  d  value\n", leaf->path))
		return false;
	for (uint64_t i = 0; i < slice->entries; i++) {
		unsigned rep = slice->rep != NULL ? slice->rep[i] : 0;
		unsigned def = slice->def != NULL ? slice->def[i] : 0;
		if (!shown_put(out, error, "%3u%3u  ", rep, def) ||
		    !put_value(rows, index, def == leaf->max_def, out, error))
			return false;
	}
	return shown_put(out, error, "\n");
}

bool
levels_show(struct rows *rows, const struct intake_piece *piece, const struct frame *frame,
    struct buffer *out, struct nest_error *error)
{
	if (!rows_take_columns(rows, frame, error) ||
	    !shown_put(out, error, "frame %llu at byte %llu: part %llu, %llu rows from row %llu\n\n",
		(unsigned long long)piece->number, (unsigned long long)piece->offset,
		(unsigned long long)frame->part, (unsigned long long)frame->rows,
		(unsigned long long)frame->first_row))
		return false;
	for (uint32_t i = 0; i < rows->columns.cut.memo.schema.leaf_count; i++)
		if (!put_leaf(rows, i, out, error))
			return false;
	return true;
}
