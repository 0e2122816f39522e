#include "lib/parquet/rebuild.h"

#include <sys/uio.h>

enum { ROWS_AT_ONCE = 1 << 20 };

bool
rebuild_begin(struct rebuild *rebuild, const struct schema *schema, uint32_t node,
    const struct column_rules *rules, struct nest_error *error)
{
	rebuild->schema = schema;
	rebuild->node = node;
	rebuild->rows = 0;
	buffer_clear(&rebuild->filter);
	buffer_clear(&rebuild->pages);
	buffer_clear(&rebuild->metadata);
	return column_init(&rebuild->column, &schema->nodes[node], rules, error);
}

void
rebuild_free(struct rebuild *rebuild)
{
	buffer_free(&rebuild->pages);
	buffer_free(&rebuild->metadata);
	buffer_free(&rebuild->filter);
	buffer_free(&rebuild->rep);
	buffer_free(&rebuild->def);
	codec_free(&rebuild->scratch.codec);
	buffer_free(&rebuild->scratch.body);
	buffer_free(&rebuild->scratch.lengths);
	column_free(&rebuild->column);
	*rebuild = (struct rebuild){0};
}

/* ---- what comes ---- */

/* What comes begins with a row: a page that is full has ended. */
static bool
make_room(struct rebuild *rebuild, struct nest_error *error)
{
	return column_decide(&rebuild->column, &rebuild->scratch, error);
}

static bool
add(struct rebuild *rebuild, const struct column_run *run, struct plain_cursor *cursor,
    struct nest_error *error)
{
	rebuild->rows += run->rows;
	return column_append(&rebuild->column, run, cursor, error);
}

/* Nulls, which have no values. */
static bool
add_nulls(struct rebuild *rebuild, const struct column_run *run, struct nest_error *error)
{
	static const uint8_t nothing[PLAIN_SLACK];
	return add(rebuild, run, &(struct plain_cursor){.at = nothing, .end = nothing}, error);
}

static bool
zero_levels(struct buffer *levels, size_t count, struct nest_error *error)
{
	buffer_clear(levels);
	if (!buffer_reserve(levels, count, error))
		return false;
	memset(levels->data, 0, count);
	return true;
}

bool
rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error)
{
	while (rows > 0) {
		uint64_t count = rows < ROWS_AT_ONCE ? rows : ROWS_AT_ONCE;
		if (!make_room(rebuild, error) || !zero_levels(&rebuild->def, (size_t)count, error))
			return false;
		const struct column_run run = {rebuild->def.data, rebuild->def.data, count, count, 0};
		if (!add_nulls(rebuild, &run, error))
			return false;
		rows -= count;
	}
	return true;
}

static const uint8_t *
levels_of(const struct buffer *levels)
{
	return levels->size > 0 ? levels->data : NULL;
}

/* Whether CONTENT begins with a row, and not within one. */
static bool
begins_row(const struct page_content *content)
{
	return content->rep.size == 0 || content->rep.data[0] == 0;
}

bool
rebuild_add_levels(struct rebuild *rebuild, const struct page_content *content, uint8_t group_rep,
    uint8_t group_def, struct nest_error *error)
{
	const uint8_t *rep = levels_of(&content->rep), *def = levels_of(&content->def);
	struct column_run run = {0};
	buffer_clear(&rebuild->rep);
	buffer_clear(&rebuild->def);
	if ((begins_row(content) && !make_room(rebuild, error)) ||
	    !buffer_reserve(&rebuild->rep, (size_t)content->entries, error) ||
	    !buffer_reserve(&rebuild->def, (size_t)content->entries, error))
		return false;
	for (uint64_t i = 0; i < content->entries; i++) {
		uint8_t level = rep != NULL ? rep[i] : 0, present = def != NULL ? def[i] : 0;
		/* It goes on with a list within the group. */
		if (level > group_rep)
			continue;
		run.rows += level == 0;
		rebuild->rep.data[run.entries] = level;
		rebuild->def.data[run.entries++] = present < group_def ? present : group_def;
	}
	run.rep = rebuild->rep.data;
	run.def = rebuild->def.data;
	return add_nulls(rebuild, &run, error);
}

bool
rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error)
{
	const struct column_run run = {
	    content->rep.data, content->def.data, content->rows, content->entries, content->value_count};
	struct plain_cursor cursor = {
	    .at = content->values.data, .end = content->values.data + content->values.size};
	if (begins_row(content) && !make_room(rebuild, error))
		return false;
	return add(rebuild, &run, &cursor, error) ||
	       (cursor.problem != NULL && nest_error_set(error, NEST_INVALID, "%s", cursor.problem));
}

/* ---- the end ---- */

static bool
collect_pages(struct rebuild *rebuild, struct nest_error *error)
{
	struct buffer pieces = {0};
	bool fine = chunk_pieces(&rebuild->column.chunk, &pieces, error);
	const struct iovec *piece = (const struct iovec *)(const void *)pieces.data;
	for (size_t i = 0; fine && i < pieces.size / sizeof *piece; i++)
		fine = buffer_append(&rebuild->pages, piece[i].iov_base, piece[i].iov_len, error);
	buffer_free(&pieces);
	return fine;
}

/* The filter, and what is told of it: where it stands is not known yet. */
static bool
make_filter(struct rebuild *rebuild, struct nest_error *error)
{
	if (rebuild->column.rules.bloom_rate == 0)
		return true;
	if (!bloom_encode(&rebuild->filter, &rebuild->column.bloom, error))
		return false;
	rebuild->described.bloom_offset = rebuild->described.data_page_offset;
	rebuild->described.bloom_bytes = rebuild->filter.size;
	return true;
}

bool
rebuild_end(struct rebuild *rebuild, uint64_t offset, struct nest_error *error)
{
	if (!column_finish(&rebuild->column, &rebuild->scratch, error) || !collect_pages(rebuild, error))
		return false;
	rebuild->described = column_describe(&rebuild->column, offset);
	return make_filter(rebuild, error) && metadata_encode_chunk(&rebuild->metadata, rebuild->schema,
						  rebuild->node, &rebuild->described, error);
}
