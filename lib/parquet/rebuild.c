#include "lib/parquet/rebuild.h"

#include "lib/parquet/levels.h"

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

/* ---- input ---- */

/* The rest of the input; levels are NULL if their maximum is 0. */
struct rest {
	const uint8_t *rep, *def;
	uint64_t rows, entries;
	struct plain_cursor cursor;
};

/* After a row: whether column_decide() is due. */
static bool
is_due(const struct column *column)
{
	return column->page_rows > 0 && (column->page_rows % COLUMN_STRIDE == 0 || column_is_full(column));
}

static bool
decide(struct rebuild *rebuild, struct nest_error *error)
{
	return !is_due(&rebuild->column) || column_decide(&rebuild->column, &rebuild->scratch, error);
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many rows of REST, which has some, can be added before there may be something to decide. */
static uint64_t
rows_at_once(const struct column *column, const struct rest *rest)
{
	uint64_t levels = (uint64_t)(rest->rep != NULL) + (uint64_t)(rest->def != NULL);
	uint64_t bytes = (uint64_t)(rest->cursor.end - rest->cursor.at) + levels * rest->entries;
	uint64_t row_bytes = bytes / rest->rows, page_bytes = column->rules.page_bytes;
	uint64_t most = COLUMN_STRIDE - column->page_rows % COLUMN_STRIDE;
	if (column_is_free(column, bytes))
		most = column_rows_left(column);
	/* Long rows may fill the page before a stride ends. */
	if (row_bytes * COLUMN_STRIDE > page_bytes)
		most = smaller(most, (page_bytes - column->page_raw_bytes) / row_bytes + 1);
	return smaller(most, rest->rows);
}

/* Takes the next rows, or the rest of a row that began before REST. */
static bool
add_run(struct rebuild *rebuild, struct rest *rest, struct nest_error *error)
{
	struct column *column = &rebuild->column;
	struct column_run run = {.rep = rest->rep, .def = rest->def};
	if (rest->rep == NULL || rest->rep[0] == 0) {
		if (!decide(rebuild, error))
			return false;
		run.rows = rows_at_once(column, rest);
	}
	run.entries = run.rows == rest->rows ? rest->entries
	              : rest->rep == NULL    ? run.rows
	                                     : levels_rows_end(rest->rep, rest->entries, run.rows);
	run.value_count =
	    rest->def == NULL ? run.entries : levels_count(rest->def, run.entries, column->leaf->max_def);
	rest->rows -= run.rows;
	rest->entries -= run.entries;
	rest->rep = rest->rep != NULL ? rest->rep + run.entries : NULL;
	rest->def = rest->def != NULL ? rest->def + run.entries : NULL;
	rebuild->rows += run.rows;
	return column_append(column, &run, &rest->cursor, error);
}

static bool
add(struct rebuild *rebuild, struct rest *rest, struct nest_error *error)
{
	while (rest->entries > 0)
		if (!add_run(rebuild, rest, error))
			return rest->cursor.problem != NULL &&
			       nest_error_set(error, NEST_INVALID, "%s", rest->cursor.problem);
	return true;
}

/* Adds the ENTRIES levels in the buffers, of ROWS rows and no values. */
static bool
add_nulls(struct rebuild *rebuild, uint64_t rows, uint64_t entries, struct nest_error *error)
{
	static const uint8_t nothing[PLAIN_SLACK];
	bool repeats = rebuild->column.leaf->max_rep > 0;
	struct rest rest = {.rep = repeats ? rebuild->rep.data : NULL,
	    .def = rebuild->def.data,
	    .rows = rows,
	    .entries = entries,
	    .cursor = {.at = nothing, .end = nothing}};
	return add(rebuild, &rest, error);
}

/* Room for COUNT levels. */
static bool
reserve_levels(struct rebuild *rebuild, uint64_t count, struct nest_error *error)
{
	buffer_clear(&rebuild->rep);
	buffer_clear(&rebuild->def);
	return buffer_reserve(&rebuild->rep, (size_t)count, error) &&
	       buffer_reserve(&rebuild->def, (size_t)count, error);
}

bool
rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error)
{
	uint64_t most = smaller(rows, ROWS_AT_ONCE);
	if (rows == 0)
		return true;
	if (!reserve_levels(rebuild, most, error))
		return false;
	memset(rebuild->rep.data, 0, (size_t)most);
	memset(rebuild->def.data, 0, (size_t)most);
	for (uint64_t count; rows > 0; rows -= count) {
		count = smaller(rows, most);
		if (!add_nulls(rebuild, count, count, error))
			return false;
	}
	return true;
}

static const uint8_t *
levels_of(const struct buffer *levels)
{
	return levels->size > 0 ? levels->data : NULL;
}

bool
rebuild_add_levels(struct rebuild *rebuild, const struct page_content *content, uint8_t group_rep,
    uint8_t group_def, struct nest_error *error)
{
	const uint8_t *rep = levels_of(&content->rep), *def = levels_of(&content->def);
	uint64_t rows = 0, entries = 0;
	if (!reserve_levels(rebuild, content->entries, error))
		return false;
	for (uint64_t i = 0; i < content->entries; i++) {
		uint8_t level = rep != NULL ? rep[i] : 0, present = def != NULL ? def[i] : 0;
		/* It continues a list within the group. */
		if (level > group_rep)
			continue;
		rows += level == 0;
		rebuild->rep.data[entries] = level;
		rebuild->def.data[entries++] = present < group_def ? present : group_def;
	}
	return add_nulls(rebuild, rows, entries, error);
}

bool
rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error)
{
	struct rest rest = {.rep = levels_of(&content->rep),
	    .def = levels_of(&content->def),
	    .rows = content->rows,
	    .entries = content->entries,
	    .cursor = {.at = content->values.data, .end = content->values.data + content->values.size}};
	return add(rebuild, &rest, error);
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

/* Makes the filter, whose place is not known yet. */
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
	if (!decide(rebuild, error) || !column_finish(&rebuild->column, &rebuild->scratch, error) ||
	    !collect_pages(rebuild, error))
		return false;
	rebuild->described = column_describe(&rebuild->column, offset);
	return make_filter(rebuild, error) && metadata_encode_chunk(&rebuild->metadata, rebuild->schema,
						  rebuild->node, &rebuild->described, error);
}
