#include "lib/parquet/rebuild.h"

#include "lib/parquet/bound.h"
#include "lib/parquet/hybrid.h"
#include "lib/parquet/levels.h"

#include <sys/uio.h>

enum { ROWS_AT_ONCE = 1 << 20 };

static const struct schema_node *
leaf_of(const struct rebuild *rebuild)
{
	return &rebuild->schema->nodes[rebuild->node];
}

static bool
is_boolean(const struct rebuild *rebuild)
{
	return rebuild->kind.order == ORDER_BOOLEAN;
}

static void
clear_page(struct rebuild *rebuild)
{
	buffer_clear(&rebuild->rep);
	buffer_clear(&rebuild->def);
	buffer_clear(&rebuild->indices);
	rebuild->page_start = rebuild->rows;
	rebuild->page_values = rebuild->page_value_bytes = 0;
	statistics_clear(&rebuild->page_statistics);
}

bool
rebuild_begin(struct rebuild *rebuild, const struct schema *schema, uint32_t node,
    const struct rebuild_options *options, struct nest_error *error)
{
	rebuild->schema = schema;
	rebuild->node = node;
	rebuild->options = *options;
	rebuild->rows = 0;
	rebuild->kind = plain_kind(&schema->nodes[node]);
	rebuild->shape = level_shape(&schema->nodes[node]);
	rebuild->counts = (struct level_counts){0};
	page_index_clear(&rebuild->index);
	bloom_set_clear(&rebuild->hashes);
	buffer_clear(&rebuild->filter);
	buffer_clear(&rebuild->pages);
	buffer_clear(&rebuild->metadata);
	chunk_clear(&rebuild->chunk);
	rebuild->chunk.compression = options->compression;
	statistics_init(&rebuild->statistics, rebuild->kind.order);
	statistics_init(&rebuild->page_statistics, rebuild->kind.order);
	rebuild->has_dictionary = options->dictionary && !is_boolean(rebuild);
	clear_page(rebuild);
	return !rebuild->has_dictionary ||
	       dictionary_init(&rebuild->dictionary, rebuild->kind.value_bytes == 0, error);
}

void
rebuild_free(struct rebuild *rebuild)
{
	buffer_free(&rebuild->pages);
	buffer_free(&rebuild->metadata);
	buffer_free(&rebuild->rep);
	buffer_free(&rebuild->def);
	buffer_free(&rebuild->indices);
	buffer_free(&rebuild->bounds);
	buffer_free(&rebuild->sizes);
	page_index_free(&rebuild->index);
	bloom_set_free(&rebuild->hashes);
	bloom_free(&rebuild->bloom);
	buffer_free(&rebuild->filter);
	statistics_free(&rebuild->page_statistics);
	statistics_free(&rebuild->statistics);
	dictionary_free(&rebuild->dictionary);
	codec_free(&rebuild->scratch.codec);
	buffer_free(&rebuild->scratch.body);
	buffer_free(&rebuild->scratch.lengths);
	chunk_free(&rebuild->chunk);
	*rebuild = (struct rebuild){0};
}

/* ---- pages ---- */

static unsigned
index_bits(const struct rebuild *rebuild)
{
	return rebuild->dictionary.count == 0 ? 0 : hybrid_width_bits(rebuild->dictionary.count - 1);
}

/* What others have written is not judged. */
static struct value_kind
lenient(const struct rebuild *rebuild)
{
	struct value_kind kind = rebuild->kind;
	kind.is_text = false;
	kind.most_bytes = UINT32_MAX;
	kind.time_end = 0;
	return kind;
}

/* Bounds of STATISTICS, cut as is fit for the values; the views live until the next ones. */
static bool
find_range(struct rebuild *rebuild, const struct statistics *statistics, size_t most,
    struct value_range *range, struct nest_error *error)
{
	struct value_kind kind = lenient(rebuild);
	*range = statistics_range(statistics);
	kind.is_text = rebuild->kind.is_text;
	return bound_shorten(range, &kind, most, &rebuild->bounds, error);
}

/* Notes the open page, which has gone into the chunk from byte START of its data pages on. */
static bool
index_page(struct rebuild *rebuild, uint64_t start, struct nest_error *error)
{
	const struct level_run run = {
	    .rep = rebuild->rep.data,
	    .def = rebuild->def.data,
	    .rows = rebuild->rows - rebuild->page_start,
	    .entries = rebuild->def.size,
	    .value_count = rebuild->page_values,
	};
	const struct indexed_page page = {
	    .offset = start,
	    .size_bytes = rebuild->chunk.compressed_bytes - start,
	    .first_row = rebuild->page_start,
	};
	struct level_counts counts = {0};
	struct value_range range;
	level_counts_take(&counts, rebuild->shape, &run);
	if (rebuild->shape.is_binary)
		counts.value_bytes = rebuild->page_value_bytes - sizeof(uint32_t) * rebuild->page_values;
	level_counts_add(&rebuild->counts, rebuild->shape, &counts);
	return find_range(rebuild, &rebuild->page_statistics, PAGE_INDEX_BOUND_BYTES, &range, error) &&
	       page_index_add(&rebuild->index, &page, &range, &counts, rebuild->shape, error);
}

static bool
put_page(struct rebuild *rebuild, struct nest_error *error)
{
	uint64_t start = rebuild->chunk.compressed_bytes;
	const struct schema_node *leaf = leaf_of(rebuild);
	uint64_t entries = rebuild->def.size;
	rebuild->page_statistics.null_count = entries - rebuild->page_values;
	const struct page page = {
	    .type = PAGE_DATA,
	    .rep = {rebuild->rep.data, entries},
	    .def = {rebuild->def.data, entries},
	    .max_rep = leaf->max_rep,
	    .max_def = leaf->max_def,
	    .rows = rebuild->rows - rebuild->page_start,
	    .entries = entries,
	    .value_count = rebuild->page_values,
	    .encoding = rebuild->has_dictionary ? ENCODING_RLE_DICTIONARY : rebuild->options.encoding,
	    .indices = (const uint32_t *)(const void *)rebuild->indices.data,
	    .index_bits = index_bits(rebuild),
	    .booleans = is_boolean(rebuild) ? rebuild->indices.data : NULL,
	    .value_bytes = rebuild->kind.value_bytes,
	};
	if (!chunk_add_page(&rebuild->chunk, &page, &rebuild->scratch, error) ||
	    !index_page(rebuild, start, error) ||
	    !statistics_merge(&rebuild->statistics, &rebuild->page_statistics, error))
		return false;
	if (rebuild->has_dictionary &&
	    dictionary_bytes(&rebuild->dictionary, rebuild->dictionary.count) > REBUILD_DICTIONARY_BYTES)
		rebuild->has_dictionary = false;
	clear_page(rebuild);
	return true;
}

/* A page that is full ends where what comes begins with a row. */
static bool
make_room(struct rebuild *rebuild, struct nest_error *error)
{
	bool is_full = rebuild->rows - rebuild->page_start >= REBUILD_PAGE_ROWS ||
	               rebuild->page_value_bytes >= REBUILD_PAGE_BYTES;
	return !is_full || put_page(rebuild, error);
}

/* ---- what comes ---- */

/* Levels of COUNT entries; NULL are all 0. */
static bool
append_levels(struct buffer *levels, const uint8_t *more, uint64_t count, struct nest_error *error)
{
	if (more != NULL)
		return buffer_append(levels, more, (size_t)count, error);
	if (!buffer_reserve(levels, (size_t)count, error))
		return false;
	if (count > 0)
		memset(levels->data + levels->size, 0, (size_t)count);
	levels->size += (size_t)count;
	return true;
}

bool
rebuild_add_rows(struct rebuild *rebuild, uint64_t rows, struct nest_error *error)
{
	while (rows > 0) {
		uint64_t count = rows < ROWS_AT_ONCE ? rows : ROWS_AT_ONCE;
		if (!make_room(rebuild, error) || !append_levels(&rebuild->rep, NULL, count, error) ||
		    !append_levels(&rebuild->def, NULL, count, error))
			return false;
		rebuild->rows += count;
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
	if ((begins_row(content) && !make_room(rebuild, error)) ||
	    !buffer_reserve(&rebuild->rep, (size_t)content->entries, error) ||
	    !buffer_reserve(&rebuild->def, (size_t)content->entries, error))
		return false;
	for (uint64_t i = 0; i < content->entries; i++) {
		uint8_t level = rep != NULL ? rep[i] : 0, present = def != NULL ? def[i] : 0;
		/* It goes on with a list within the group. */
		if (level > group_rep)
			continue;
		rebuild->rows += level == 0;
		rebuild->rep.data[rebuild->rep.size++] = level;
		rebuild->def.data[rebuild->def.size++] = present < group_def ? present : group_def;
	}
	return true;
}

/* The dictionary is full: what the open page has of it goes to the values. */
static bool
drop_dictionary(struct rebuild *rebuild, struct nest_error *error)
{
	const uint32_t *indices = (const uint32_t *)(const void *)rebuild->indices.data;
	uint64_t count = rebuild->indices.size / sizeof *indices;
	rebuild->has_dictionary = false;
	if (!dictionary_resolve(&rebuild->dictionary, indices, count, &rebuild->chunk.values, error))
		return false;
	buffer_clear(&rebuild->indices);
	return true;
}

/* Those that CURSOR is at, as they are to be written. */
static bool
take_values(struct rebuild *rebuild, uint64_t count, struct plain_cursor *cursor, struct nest_error *error)
{
	struct buffer *out = is_boolean(rebuild) ? &rebuild->indices : &rebuild->chunk.values;
	const struct value_kind kind = lenient(rebuild);
	uint64_t interned = count;
	if (!rebuild->has_dictionary)
		return plain_copy(cursor, count, &kind, &rebuild->page_statistics, out, error);
	return plain_intern(cursor, &interned, &kind, &rebuild->dictionary,
		   rebuild->chunk.pages[ENCODING_RLE_DICTIONARY] + 1, &rebuild->page_statistics,
		   &rebuild->indices, error) &&
	       (interned == count || (drop_dictionary(rebuild, error) &&
					 take_values(rebuild, count - interned, cursor, error)));
}

bool
rebuild_add_page(struct rebuild *rebuild, const struct page_content *content, struct nest_error *error)
{
	if ((begins_row(content) && !make_room(rebuild, error)) ||
	    !append_levels(&rebuild->rep, levels_of(&content->rep), content->entries, error) ||
	    !append_levels(&rebuild->def, levels_of(&content->def), content->entries, error))
		return false;
	struct plain_cursor cursor = {
	    .at = content->values.data, .end = content->values.data + content->values.size};
	struct view values = {content->values.data, content->values.size};
	if (rebuild->options.bloom_rate > 0 && !bloom_set_add_all(&rebuild->hashes, rebuild->kind.order,
						   values, rebuild->kind.value_bytes, error))
		return false;
	if (!take_values(rebuild, content->value_count, &cursor, error))
		return cursor.problem != NULL ? nest_error_set(error, NEST_INVALID, "%s", cursor.problem)
		                              : false;
	rebuild->rows += content->rows;
	rebuild->page_values += content->value_count;
	rebuild->page_value_bytes += content->values.size;
	return true;
}

/* ---- the end ---- */

static bool
collect_pages(struct rebuild *rebuild, struct nest_error *error)
{
	struct buffer pieces = {0};
	bool fine = chunk_pieces(&rebuild->chunk, &pieces, error);
	const struct iovec *piece = (const struct iovec *)(const void *)pieces.data;
	for (size_t i = 0; fine && i < pieces.size / sizeof *piece; i++)
		fine = buffer_append(&rebuild->pages, piece[i].iov_base, piece[i].iov_len, error);
	buffer_free(&pieces);
	return fine;
}

static bool
put_dictionary(struct rebuild *rebuild, struct nest_error *error)
{
	const struct dictionary *dictionary = &rebuild->dictionary;
	if (rebuild->chunk.pages[ENCODING_RLE_DICTIONARY] == 0)
		return true;
	struct view values = {dictionary->values.data, dictionary_bytes(dictionary, dictionary->count)};
	return chunk_add_dictionary(&rebuild->chunk, values, dictionary->count, &rebuild->scratch, error);
}

/* The filter, and what is told of it: where it stands is not known yet. */
static bool
make_filter(struct rebuild *rebuild, struct nest_error *error)
{
	if (rebuild->options.bloom_rate == 0)
		return true;
	if (!bloom_build(&rebuild->bloom, &rebuild->hashes, rebuild->options.bloom_rate, error) ||
	    !bloom_encode(&rebuild->filter, &rebuild->bloom, error))
		return false;
	rebuild->described.bloom_offset = METADATA_MAGIC_BYTES;
	rebuild->described.bloom_bytes = rebuild->filter.size;
	return true;
}

bool
rebuild_end(struct rebuild *rebuild, struct nest_error *error)
{
	struct value_range range;
	buffer_clear(&rebuild->sizes);
	if ((rebuild->def.size > 0 && !put_page(rebuild, error)) || !put_dictionary(rebuild, error) ||
	    !collect_pages(rebuild, error) ||
	    !find_range(rebuild, &rebuild->statistics, METADATA_STATISTICS_LIMIT, &range, error) ||
	    !size_statistics_encode(&rebuild->sizes, &rebuild->counts, rebuild->shape, error))
		return false;
	rebuild->described = chunk_describe(&rebuild->chunk, METADATA_MAGIC_BYTES);
	rebuild->described.physical = leaf_of(rebuild)->physical;
	rebuild->described.range = range;
	rebuild->described.size_statistics = (struct view){rebuild->sizes.data, rebuild->sizes.size};
	return make_filter(rebuild, error) && metadata_encode_chunk(&rebuild->metadata, rebuild->schema,
						  rebuild->node, &rebuild->described, error);
}
