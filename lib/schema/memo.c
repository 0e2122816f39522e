#include "lib/schema/memo.h"

bool
schema_memo_take(struct schema_memo *memo, struct view text, bool *changed, struct nest_error *error)
{
	*changed = !view_equal(text, (struct view){memo->text.data, memo->text.size});
	if (!*changed)
		return true;
	buffer_clear(&memo->text);
	schema_free(&memo->schema);
	return schema_parse(&memo->schema, text, error) &&
	       buffer_append(&memo->text, text.data, text.size, error);
}

void
schema_memo_free(struct schema_memo *memo)
{
	schema_free(&memo->schema);
	buffer_free(&memo->text);
}
