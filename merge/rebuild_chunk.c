/* rebuild_chunk.c - a chunk whose pages are made anew: its rules and its values. */
#include "lib/base/program.h"
#include "lib/parquet/encoding.h"
#include "merge/composer.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of false positives: filters do not say for which rate they were made. */
static const double BLOOM_RATE = 0.01;

/* ---- rules ---- */

struct column_rules
composer_rules(const struct composer *composer)
{
	const struct compose_encoding *encoding = &composer->options->encoding;
	return (struct column_rules){
	    .compression = composer->options->codec.choice,
	    .page_index = true,
	    .page_rows = COLUMN_PAGE_ROWS,
	    .page_bytes = COLUMN_PAGE_BYTES,
	    .is_told = !encoding->is_given,
	    .dictionary = encoding->is_given,
	    .dictionary_bytes = COLUMN_DICTIONARY_BYTES,
	    .encoding = ENCODING_PLAIN,
	    .preset = encoding->preset,
	    .is_lenient = true,
	};
}

/* What a footer tells may be no encoding for such values. */
static bool
has_encoding(const struct column_chunk *chunk, enum encoding encoding)
{
	return (chunk->encodings >> encoding & 1) != 0 && encoding_fits(encoding, chunk->physical);
}

static void
follow_encodings(struct column_rules *rules, const struct column_chunk *chunk, bool is_first)
{
	const uint32_t dictionaries = 1u << ENCODING_RLE_DICTIONARY | 1u << ENCODING_PLAIN_DICTIONARY;
	for (unsigned i = ENCODING_DELTA_BINARY_PACKED; is_first && i <= ENCODING_BYTE_STREAM_SPLIT; i++)
		if (i != ENCODING_RLE_DICTIONARY && has_encoding(chunk, (enum encoding)i))
			rules->encoding = (enum encoding)i;
	rules->dictionary = rules->dictionary || (chunk->encodings & dictionaries) != 0;
}

void
composer_follow(const struct composer *composer, struct column_rules *rules, const struct column_chunk *chunk,
    bool is_first)
{
	struct nest_error ignored;
	if (is_first && !composer->options->codec.is_given)
		codec_parse(&rules->compression, view_of_text(codec_name(chunk->codec).text), "", &ignored);
	if (rules->is_told)
		follow_encodings(rules, chunk, is_first);
	if (chunk->bloom_offset > 0)
		rules->bloom_rate = BLOOM_RATE;
}

/* ---- input ---- */

/* Adds one page of the source's leaf; FROM says which. */
static bool
add_page(struct composer *composer, const struct schema_source *from)
{
	const struct page_content *content = &composer->reader.content;
	if (from == NULL)
		return rebuild_add_page(&composer->rebuild, content, composer->error);
	return rebuild_add_levels(
	    &composer->rebuild, content, from->group_rep, from->group_def, composer->error);
}

/* Adds all pages of LEAF of the source; if FROM is not NULL, only the levels, of a sibling. */
static bool
add_pages(struct composer *composer, const struct metadata_source *bytes, size_t group, uint32_t leaf,
    const struct schema_source *from)
{
	const struct schema *schema = composer->source->file.metadata.schema;
	const struct row_group *known = composer_group(composer, group);
	struct chunk_reader *reader = &composer->reader;
	uint64_t before = composer->rebuild.rows;
	bool found;
	chunk_reader_open(reader, bytes, &known->columns[leaf], &schema->nodes[schema->leaves[leaf]]);
	while (chunk_reader_next_data(reader, &found, composer->error)) {
		uint64_t rows = composer->rebuild.rows - before;
		if (!found)
			return rows == known->num_rows ||
			       nest_error_set(composer->error, NEST_INVALID,
				   "its pages have %" PRIu64 " rows, and its row group %" PRIu64, rows,
				   known->num_rows);
		if (program_interrupted())
			return program_interrupt_error(composer->error);
		if (!add_page(composer, from))
			return false;
	}
	return false;
}

bool
composer_add_chunk(struct composer *composer, const struct metadata_source *from, size_t group, uint32_t leaf)
{
	uint32_t there = composer_leaf(composer, leaf);
	if (there != SCHEMA_ABSENT)
		return add_pages(composer, from, group, there, NULL) ||
		       composer_fail_in(composer, group, there);
	const struct schema_source *lacking = &composer->source->leaves[leaf];
	if (lacking->group_def == 0 && lacking->group_rep == 0)
		return rebuild_add_rows(
		    &composer->rebuild, composer_group(composer, group)->num_rows, composer->error);
	return add_pages(composer, from, group, lacking->sibling, lacking) ||
	       composer_fail_in(composer, group, lacking->sibling);
}

static bool
put_index(struct composer *composer, struct chunk_places *places)
{
	const struct column *column = &composer->rebuild.column;
	const struct page_index *index = &column->index;
	struct place_span *bounds = &places->column_index, *offsets = &places->offset_index;
	if (index->own_pages.size == 0)
		return true;
	*bounds = (struct place_span){composer->column_indexes.size, 0};
	*offsets = (struct place_span){composer->offset_indexes.size, 0};
	if ((index->has_bounds && !page_index_encode_bounds(
				      &composer->column_indexes, index, column->shape, composer->error)) ||
	    !page_index_encode_offsets(&composer->offset_indexes, index, column->shape, composer->error))
		return false;
	bounds->bytes = composer->column_indexes.size - bounds->at;
	offsets->bytes = composer->offset_indexes.size - offsets->at;
	return true;
}

bool
composer_put_chunk(struct composer *composer, struct carried_chunk *chunk, bool has_index)
{
	struct rebuild *rebuild = &composer->rebuild;
	if (!rebuild_end(rebuild, composer->out->written, composer->error))
		return false;
	size_t size = rebuild->metadata.size;
	uint8_t *bytes = composer_own(composer, malloc(size), size);
	if (bytes == NULL)
		return false;
	memcpy(bytes, rebuild->metadata.data, size);
	*chunk = (struct carried_chunk){.made = {bytes, size}, .leaf = chunk->leaf};
	if ((has_index && !put_index(composer, &chunk->places)) ||
	    !output_write(composer->out, rebuild->pages.data, rebuild->pages.size, composer->error))
		return false;
	if (rebuild->filter.size > 0)
		chunk->places.bloom = (struct place_span){composer->out->written, rebuild->filter.size};
	return output_write(composer->out, rebuild->filter.data, rebuild->filter.size, composer->error);
}

bool
composer_make_chunk(struct composer *composer, struct carried_group *group, uint32_t leaf,
    const struct column_rules *rules, struct carried_chunk *chunk, bool has_index)
{
	const struct schema *schema = composer->sources->schema;
	struct rebuild *rebuild = &composer->rebuild;
	if (!rebuild_begin(rebuild, schema, schema->leaves[leaf], rules, composer->error) ||
	    !composer_add_chunk(composer, &composer->file.source, group->group, leaf) ||
	    !composer_put_chunk(composer, chunk, has_index))
		return false;
	group->more_uncompressed += (int64_t)rebuild->described.total_uncompressed_bytes;
	group->more_compressed += (int64_t)rebuild->described.total_compressed_bytes;
	return true;
}
