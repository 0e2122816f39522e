/* rebuild_group.c - one row group of many, a column after another. */
#include "lib/base/program.h"
#include "merge/composer.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of false positives: what filters are made for is not told in them. */
static const double BLOOM_RATE = 0.01;

/* ---- a chunk that is rebuilt ---- */

/* PLAIN, as it is. */
const struct column_rules COMPOSER_RULES = {
    .page_index = true,
    .page_rows = COLUMN_PAGE_ROWS,
    .page_bytes = COLUMN_PAGE_BYTES,
    .is_told = true,
    .dictionary_bytes = COLUMN_DICTIONARY_BYTES,
    .is_lenient = true,
};

/* Takes one page of what the source has, of its leaf FROM says. */
static bool
add_page(struct composer *composer, const struct schema_source *from)
{
	const struct page_content *content = &composer->reader.content;
	if (from == NULL)
		return rebuild_add_page(&composer->rebuild, content, composer->error);
	return rebuild_add_levels(
	    &composer->rebuild, content, from->group_rep, from->group_def, composer->error);
}

/* All pages of LEAF of the source; where FROM is not NULL, their levels alone, of a sibling. */
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
	*chunk = (struct carried_chunk){.made = {bytes, size}};
	if ((has_index && !put_index(composer, &chunk->places)) ||
	    !output_write(composer->out, rebuild->pages.data, rebuild->pages.size, composer->error))
		return false;
	if (rebuild->filter.size > 0)
		chunk->places.bloom = (struct place_span){composer->out->written, rebuild->filter.size};
	return output_write(composer->out, rebuild->filter.data, rebuild->filter.size, composer->error);
}

/* ---- row groups in memory ---- */

/* A row group whose bytes were read, since the columns of all are made one after another. */
struct loaded {
	struct group_place place;
	const struct row_group *group;
	uint8_t *bytes;   /* its chunks, one behind another */
	uint64_t *starts; /* of each chunk of the file in them */
	uint32_t leaf;    /* of the file, that is read */
};

static bool
read_loaded(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct loaded *loaded = context;
	const struct column_chunk *chunk = &loaded->group->columns[loaded->leaf];
	uint64_t start = column_chunk_start(chunk);
	if (offset < start || offset - start > chunk->total_compressed_bytes ||
	    size > chunk->total_compressed_bytes - (offset - start))
		return nest_error_set(error, NEST_INVALID, "it goes on behind the end of the chunk");
	memcpy(data, loaded->bytes + loaded->starts[loaded->leaf] + (offset - start), size);
	return true;
}

static void
unload(struct loaded *loaded, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(loaded[i].bytes);
		free(loaded[i].starts);
	}
	free(loaded);
}

static bool
load(struct composer *composer, struct loaded *loaded)
{
	if (!composer_use(composer, loaded->place.file) ||
	    !composer_check_rows(composer, loaded->place.group))
		return false;
	uint32_t leaves = composer->source->file.metadata.schema->leaf_count;
	uint64_t size = 0;
	loaded->group = composer_group(composer, loaded->place.group);
	loaded->starts = calloc(leaves, sizeof *loaded->starts);
	for (uint32_t i = 0; loaded->starts != NULL && i < leaves; i++) {
		loaded->starts[i] = size;
		size += loaded->group->columns[i].total_compressed_bytes;
	}
	loaded->bytes = malloc(size + 1);
	if (loaded->starts == NULL || loaded->bytes == NULL)
		return nest_error_memory(composer->error, size, "a row group");
	const struct metadata_source *source = &composer->file.source;
	for (uint32_t i = 0; i < leaves; i++) {
		const struct column_chunk *chunk = &loaded->group->columns[i];
		if (!source->read_at(source->context, loaded->bytes + loaded->starts[i],
			(size_t)chunk->total_compressed_bytes, column_chunk_start(chunk), composer->error))
			return false;
	}
	return true;
}

/* ---- one row group of many ---- */

/* The pages of LEAF are as those of the first that has it: its codec, and its encoding; a dictionary where
 * one had it. */
static struct column_rules
choose(struct composer *composer, const struct loaded *loaded, size_t count, uint32_t leaf)
{
	const struct compose_codec *codec = &composer->options->codec;
	struct column_rules chosen = COMPOSER_RULES;
	bool is_first = true;
	chosen.compression = codec->choice;
	for (size_t i = 0; i < count; i++) {
		composer->source = &composer->sources->list[loaded[i].place.file];
		uint32_t there = composer_leaf(composer, leaf);
		if (there == SCHEMA_ABSENT)
			continue;
		const struct column_chunk *chunk = &loaded[i].group->columns[there];
		struct nest_error ignored;
		if (is_first && !codec->is_given)
			codec_parse(
			    &chosen.compression, view_of_text(codec_name(chunk->codec).text), "", &ignored);
		for (int encoding = ENCODING_DELTA_BINARY_PACKED;
		     is_first && encoding <= ENCODING_BYTE_STREAM_SPLIT; encoding++)
			if (encoding != ENCODING_RLE_DICTIONARY && (chunk->encodings >> encoding & 1) != 0)
				chosen.encoding = (enum encoding)encoding;
		chosen.dictionary = chosen.dictionary ||
		                    (chunk->encodings >> ENCODING_RLE_DICTIONARY & 1) != 0 ||
		                    (chunk->encodings >> ENCODING_PLAIN_DICTIONARY & 1) != 0;
		if (chunk->bloom_offset > 0)
			chosen.bloom_rate = BLOOM_RATE;
		is_first = false;
	}
	return chosen;
}

static bool
rebuild_leaf(struct composer *composer, struct loaded *loaded, size_t count, uint32_t leaf,
    struct carried_chunk *chunk)
{
	const struct schema *schema = composer->sources->schema;
	const struct column_rules chosen = choose(composer, loaded, count, leaf);
	if (!rebuild_begin(&composer->rebuild, schema, schema->leaves[leaf], &chosen, composer->error))
		return false;
	for (size_t i = 0; i < count; i++) {
		composer->source = &composer->sources->list[loaded[i].place.file];
		uint32_t there = composer_leaf(composer, leaf);
		loaded[i].leaf = there != SCHEMA_ABSENT ? there : composer->source->leaves[leaf].sibling;
		const struct metadata_source bytes = {
		    read_loaded, &loaded[i], composer->source->file.source.size_bytes, "the file"};
		if (!composer_add_chunk(composer, &bytes, loaded[i].place.group, leaf))
			return false;
	}
	return composer_put_chunk(composer, chunk, true);
}

static bool
rebuild_all(struct composer *composer, struct loaded *loaded, size_t count)
{
	uint32_t leaves = composer->sources->schema->leaf_count;
	struct carried_chunk *chunks =
	    composer_own(composer, calloc(leaves, sizeof *chunks), leaves * sizeof *chunks);
	struct carried_sums *sums = composer_own(composer, calloc(1, sizeof *sums), sizeof *sums);
	struct carried_group made = {.made = sums, .chunks = chunks, .file_offset = composer->out->written};
	if (chunks == NULL || sums == NULL)
		return false;
	for (uint32_t leaf = 0; leaf < leaves; leaf++) {
		if (!rebuild_leaf(composer, loaded, count, leaf, &chunks[leaf]))
			return false;
		sums->rows = composer->rebuild.rows;
		sums->uncompressed_bytes += composer->rebuild.described.total_uncompressed_bytes;
		sums->compressed_bytes += composer->rebuild.described.total_compressed_bytes;
	}
	return composer_add(composer, &made);
}

bool
composer_rebuild_group(struct composer *composer, const struct group_place *places, size_t count)
{
	struct loaded *loaded = calloc(count, sizeof *loaded);
	bool fine =
	    loaded != NULL || nest_error_memory(composer->error, count * sizeof *loaded, "row groups");
	for (size_t i = 0; fine && i < count; i++) {
		loaded[i].place = places[i];
		fine = load(composer, &loaded[i]);
	}
	const struct source *open = composer->source;
	fine = fine && rebuild_all(composer, loaded, count);
	/* The last of them is open still. */
	composer->source = open;
	if (loaded != NULL)
		unload(loaded, count);
	return fine;
}
