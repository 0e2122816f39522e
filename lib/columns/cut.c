#include "lib/columns/cut.h"

#include "lib/meter/probe.h"

#include <stdlib.h>
#include <string.h>

void
cut_free(struct cut *cut)
{
	schema_memo_free(&cut->memo);
	buffer_free(&cut->padded);
	free(cut->leaves);
	*cut = (struct cut){0};
}

bool
cut_fits(const struct cut *cut, const struct schema *schema)
{
	const struct schema *a = &cut->memo.schema, *b = schema;
	/* These are canonical texts. */
	return a->text_size == b->text_size && memcmp(a->text, b->text, a->text_size) == 0;
}

/* Frames of parts that have different schemas may take turns. */
static bool
take_schema(struct cut *cut, const struct frame *frame, struct nest_error *error)
{
	const struct schema *schema = &cut->memo.schema;
	if (!schema_memo_take(&cut->memo, frame->schema, &cut->has_new_schema, error))
		return false;
	if (!cut->has_new_schema)
		return true;
	size_t count = schema->leaf_count;
	free(cut->leaves);
	cut->leaves = calloc(count, sizeof *cut->leaves);
	return cut->leaves != NULL || nest_error_memory(error, count * sizeof *cut->leaves, "the leaves");
}

/*
 * The encoder looks ahead of values in whole words.  What stands at the very
 * end of the body, the last leaf's as a rule, is moved to where it may.
 */
static bool
pad_last_values(struct cut *cut, const uint8_t *body_end, struct nest_error *error)
{
	static const uint8_t zeros[PLAIN_SLACK];
	buffer_clear(&cut->padded);
	size_t needed = 0;
	for (uint32_t i = 0; i < cut->memo.schema.leaf_count; i++)
		needed += cut->leaves[i].value_bytes + PLAIN_SLACK;
	if (!buffer_reserve(&cut->padded, needed, error))
		return false;
	for (uint32_t i = 0; i < cut->memo.schema.leaf_count; i++) {
		struct leaf_slice *leaf = &cut->leaves[i];
		if (body_end - (leaf->values + leaf->value_bytes) >= PLAIN_SLACK)
			continue;
		size_t start = cut->padded.size;
		if (!buffer_append(&cut->padded, leaf->values, leaf->value_bytes, error) ||
		    !buffer_append(&cut->padded, zeros, sizeof zeros, error))
			return false;
		leaf->values = cut->padded.data + start;
	}
	return true;
}

/* Cuts the body into the leaves' levels and values, which must fill it exactly. */
static bool
cut_body(struct cut *cut, const struct frame *frame, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.cut");
	static const uint8_t nothing[1];
	const struct schema *schema = &cut->memo.schema;
	/* Levels that are not there are NULL, but none of what is there may be. */
	const uint8_t *at = frame->body.size > 0 ? frame->body.data : nothing, *end = at + frame->body.size;
	if (frame->leaf_count != schema->leaf_count)
		return nest_error_set(error, NEST_INVALID, "the frame has %zu leaves and its schema %u",
		    frame->leaf_count, schema->leaf_count);
	for (uint32_t i = 0; i < schema->leaf_count; i++) {
		const struct schema_node *node = &schema->nodes[schema->leaves[i]];
		const struct frame_leaf *sizes = &frame->leaves[i];
		uint64_t rep_bytes = node->max_rep > 0 ? sizes->entries : 0;
		uint64_t def_bytes = node->max_def > 0 ? sizes->entries : 0;
		if (rep_bytes + def_bytes + sizes->value_bytes > (uint64_t)(end - at))
			return nest_error_set(error, NEST_INVALID, "the body ends within leaf %u", i);
		cut->leaves[i] = (struct leaf_slice){.rep = node->max_rep > 0 ? at : NULL,
		    .def = node->max_def > 0 ? at + rep_bytes : NULL,
		    .entries = sizes->entries,
		    .values = at + rep_bytes + def_bytes,
		    .value_bytes = (size_t)sizes->value_bytes};
		at += rep_bytes + def_bytes + sizes->value_bytes;
	}
	if (at != end)
		return nest_error_set(
		    error, NEST_INVALID, "the body goes on %zu bytes behind its leaves", (size_t)(end - at));
	return pad_last_values(cut, end, error);
}

bool
cut_take(struct cut *cut, const struct frame *frame, struct nest_error *error)
{
	return take_schema(cut, frame, error) && cut_body(cut, frame, error);
}
