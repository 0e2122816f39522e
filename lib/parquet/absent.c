#include "lib/parquet/absent.h"

#include "lib/parquet/levels.h"

#include <sys/uio.h>

enum { ENTRIES_AT_ONCE = 1 << 20 }; /* in a page, where rows are not longer */

void
absent_begin(struct absent_chunk *absent, const struct schema *schema, uint32_t node)
{
	absent->schema = schema;
	absent->node = node;
	buffer_clear(&absent->pages);
	buffer_clear(&absent->metadata);
	buffer_clear(&absent->rep);
	buffer_clear(&absent->def);
	absent->rows = 0;
	chunk_clear(&absent->chunk);
}

/* The first ENTRIES of those that wait become a page. */
static bool
put_page(struct absent_chunk *absent, size_t entries, struct nest_error *error)
{
	const struct schema_node *leaf = &absent->schema->nodes[absent->node];
	const struct page page = {
	    .type = PAGE_DATA,
	    .rep = {absent->rep.data, entries},
	    .def = {absent->def.data, entries},
	    .max_rep = leaf->max_rep,
	    .max_def = leaf->max_def,
	    .rows = levels_count(absent->rep.data, entries, 0),
	    .entries = entries,
	    .encoding = ENCODING_PLAIN,
	    .value_bytes = schema_value_bytes(leaf),
	    .range = {.has_null_count = true, .null_count = entries},
	};
	if (!chunk_add_page(&absent->chunk, &page, &absent->scratch, error))
		return false;
	memmove(absent->rep.data, absent->rep.data + entries, absent->rep.size -= entries);
	memmove(absent->def.data, absent->def.data + entries, absent->def.size -= entries);
	return true;
}

/* A page where enough entries wait; it ends with a row. */
static bool
put_rows(struct absent_chunk *absent, struct nest_error *error)
{
	size_t end = absent->rep.size;
	if (end < ENTRIES_AT_ONCE)
		return true;
	while (end > 0 && absent->rep.data[end - 1] != 0)
		end--;
	return end < 2 || put_page(absent, end - 1, error);
}

bool
absent_add_rows(struct absent_chunk *absent, uint64_t rows, struct nest_error *error)
{
	while (rows > 0) {
		size_t count = rows < ENTRIES_AT_ONCE ? (size_t)rows : ENTRIES_AT_ONCE;
		if (!buffer_reserve(&absent->rep, count, error) ||
		    !buffer_reserve(&absent->def, count, error))
			return false;
		memset(absent->rep.data + absent->rep.size, 0, count);
		memset(absent->def.data + absent->def.size, 0, count);
		absent->rep.size += count;
		absent->def.size += count;
		absent->rows += count;
		rows -= count;
		if (!put_rows(absent, error))
			return false;
	}
	return true;
}

bool
absent_add_levels(struct absent_chunk *absent, const uint8_t *rep, const uint8_t *def, uint64_t entries,
    uint8_t group_rep, uint8_t group_def, struct nest_error *error)
{
	if (!buffer_reserve(&absent->rep, (size_t)entries, error) ||
	    !buffer_reserve(&absent->def, (size_t)entries, error))
		return false;
	for (uint64_t i = 0; i < entries; i++) {
		uint8_t level = rep != NULL ? rep[i] : 0, present = def != NULL ? def[i] : 0;
		/* It goes on with a list within the group. */
		if (level > group_rep)
			continue;
		absent->rows += level == 0;
		absent->rep.data[absent->rep.size++] = level;
		absent->def.data[absent->def.size++] = present < group_def ? present : group_def;
	}
	return put_rows(absent, error);
}

/* All that was added, in one piece. */
static bool
collect_pages(struct absent_chunk *absent, struct nest_error *error)
{
	struct buffer pieces = {0};
	bool fine = chunk_pieces(&absent->chunk, &pieces, error);
	const struct iovec *piece = (const struct iovec *)(const void *)pieces.data;
	for (size_t i = 0; fine && i < pieces.size / sizeof *piece; i++)
		fine = buffer_append(&absent->pages, piece[i].iov_base, piece[i].iov_len, error);
	buffer_free(&pieces);
	return fine;
}

bool
absent_end(struct absent_chunk *absent, struct nest_error *error)
{
	if (absent->rep.size > 0 && !put_page(absent, absent->rep.size, error))
		return false;
	struct column_chunk chunk = chunk_describe(&absent->chunk, METADATA_MAGIC_BYTES);
	chunk.physical = absent->schema->nodes[absent->node].physical;
	chunk.codec = CODEC_NONE;
	chunk.range = (struct value_range){.has_null_count = true, .null_count = chunk.num_values};
	return collect_pages(absent, error) &&
	       metadata_encode_chunk(&absent->metadata, absent->schema, absent->node, &chunk, error);
}

void
absent_free(struct absent_chunk *absent)
{
	buffer_free(&absent->pages);
	buffer_free(&absent->metadata);
	buffer_free(&absent->rep);
	buffer_free(&absent->def);
	buffer_free(&absent->scratch.body);
	buffer_free(&absent->scratch.lengths);
	chunk_free(&absent->chunk);
	*absent = (struct absent_chunk){0};
}
