/* copy_group.c - copies the chunks of a row group, or compresses them anew, with all that belongs to them. */
#include "lib/base/program.h"
#include "lib/parquet/bloom.h"
#include "merge/composer.h"

#include <stdlib.h>

enum { BLOOM_HEADER_BYTES = 256 };

/* Bytes of a file that are copied together; TO is their place in the new one. */
struct range {
	uint64_t start, end, to;
};

static bool
read_at(struct composer *composer, void *data, size_t size, uint64_t at)
{
	const struct metadata_source *source = &composer->file.source;
	return source->read_at(source->context, data, size, at, composer->error);
}

/* ---- ranges of a row group ---- */

static int
compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

static bool
add_range(struct composer *composer, uint64_t at, uint64_t bytes)
{
	struct range range = {at, at + bytes, 0};
	return bytes == 0 || buffer_append(&composer->ranges, &range, sizeof range, composer->error);
}

static bool
is_within(const struct composer *composer, struct place_span span)
{
	uint64_t end = source_data_bytes(composer->source);
	return span.at == 0 ||
	       (span.at >= METADATA_MAGIC_BYTES && span.at <= end && span.bytes <= end - span.at);
}

/* If the footer does not give the size of a bloom filter, its header does. */
static bool
measure_bloom(struct composer *composer, struct place_span *bloom)
{
	uint8_t bytes[BLOOM_HEADER_BYTES];
	uint64_t left = source_data_bytes(composer->source) - bloom->at;
	size_t size = left < sizeof bytes ? (size_t)left : sizeof bytes, header_bytes, bits_bytes;
	bool is_short;
	if (bloom->at == 0 || bloom->bytes > 0)
		return true;
	if (!read_at(composer, bytes, size, bloom->at) ||
	    !bloom_header_decode(
		(struct view){bytes, size}, &header_bytes, &bits_bytes, &is_short, composer->error))
		return false;
	bloom->bytes = (uint64_t)header_bytes + bits_bytes;
	return is_within(composer, *bloom) || nest_error_set(composer->error, NEST_INVALID,
						  "its bloom filter goes on behind the file's data");
}

/* Joins ranges that touch, so that they are copied at once. */
static void
join_ranges(struct buffer *ranges)
{
	struct range *range = (struct range *)(void *)ranges->data;
	size_t count = ranges->size / sizeof *range, kept = 0;
	if (count == 0)
		return;
	qsort(range, count, sizeof *range, compare_ranges);
	for (size_t i = 1; i < count; i++) {
		if (range[i].start > range[kept].end)
			range[++kept] = range[i];
		else if (range[i].end > range[kept].end)
			range[kept].end = range[i].end;
	}
	ranges->size = (kept + 1) * sizeof *range;
}

static bool
copy_ranges(struct composer *composer)
{
	struct range *range = (struct range *)(void *)composer->ranges.data;
	size_t count = composer->ranges.size / sizeof *range;
	for (size_t i = 0; i < count; i++) {
		range[i].to = composer->out->written;
		if (!output_copy(
			composer->out, &composer->file, range[i].start, range[i].end, composer->error))
			return false;
	}
	return true;
}

/* The new place of what was at AT. */
static uint64_t
moved(const struct composer *composer, uint64_t at)
{
	const struct range *range = (const struct range *)(const void *)composer->ranges.data;
	size_t low = 0, high = composer->ranges.size / sizeof *range;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (range[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return at - range[low].start + range[low].to;
}

/* ---- chunks ---- */

/* Finds the places of a chunk, all within the file. */
static bool
find_places(struct composer *composer, const struct column_chunk *chunk, struct chunk_places *places)
{
	*places = composer_places(chunk);
	if (!is_within(composer, places->bloom) || !is_within(composer, places->column_index) ||
	    !is_within(composer, places->offset_index))
		return nest_error_set(composer->error, NEST_INVALID,
		    "its page index or its bloom filter lies outside the file");
	return measure_bloom(composer, &places->bloom);
}

static bool
is_recoded(const struct composer *composer, const struct column_chunk *chunk)
{
	const struct compose_codec *codec = &composer->options->codec;
	return codec->is_given && chunk->total_compressed_bytes > 0 &&
	       (codec->is_level || chunk->codec != (int32_t)codec->choice.kind);
}

static bool
find_ranges(struct composer *composer, size_t group)
{
	const struct source *source = composer->source;
	buffer_clear(&composer->ranges);
	for (uint32_t i = 0; i < source->file.metadata.schema->leaf_count; i++) {
		const struct column_chunk *chunk = &composer_group(composer, group)->columns[i];
		struct chunk_places places;
		uint64_t bytes = is_recoded(composer, chunk) ? 0 : chunk->total_compressed_bytes;
		if (!find_places(composer, chunk, &places))
			return composer_fail_in(composer, group, i);
		if (!add_range(composer, column_chunk_start(chunk), bytes) ||
		    !add_range(composer, places.bloom.at, places.bloom.bytes))
			return false;
	}
	join_ranges(&composer->ranges);
	return true;
}

/* Reads the bytes of SPAN into the scratch buffer. */
static bool
read_span(struct composer *composer, struct place_span span)
{
	buffer_clear(&composer->scratch);
	if (!buffer_reserve(&composer->scratch, (size_t)span.bytes + 1, composer->error) ||
	    !read_at(composer, composer->scratch.data, (size_t)span.bytes, span.at))
		return false;
	composer->scratch.size = (size_t)span.bytes;
	return true;
}

/* Appends the indexes; their places are relative to the first of all. */
static bool
take_indexes(struct composer *composer, const struct chunk_places *from, struct carried_chunk *chunk)
{
	const struct page_place *pages = (const struct page_place *)(const void *)composer->pages.data;
	size_t page_count = composer->pages.size / sizeof *pages;
	struct place_span *index = &chunk->places.column_index;
	if (from->column_index.at > 0) {
		*index = (struct place_span){composer->column_indexes.size, from->column_index.bytes};
		if (!read_span(composer, from->column_index) ||
		    !buffer_append(&composer->column_indexes, composer->scratch.data, composer->scratch.size,
			composer->error))
			return false;
	}
	index = &chunk->places.offset_index;
	if (from->offset_index.at > 0) {
		index->at = composer->offset_indexes.size;
		if (!read_span(composer, from->offset_index) ||
		    !carry_offset_index(&composer->offset_indexes,
			(struct view){composer->scratch.data, composer->scratch.size}, chunk->shift_bytes,
			chunk->pages != NULL ? pages : NULL, page_count, composer->error))
			return false;
		index->bytes = composer->offset_indexes.size - index->at;
	}
	return true;
}

/* Writes the chunk with its pages compressed anew. */
static bool
recode_pages(
    struct composer *composer, const struct column_chunk *known, uint32_t leaf, struct carried_pages *pages)
{
	const struct schema *schema = composer->source->file.metadata.schema;
	struct recoder *recoder = &composer->recoder;
	bool found;
	buffer_clear(&composer->pages);
	recoder_open(recoder, &composer->file.source, known, &schema->nodes[schema->leaves[leaf]],
	    composer->options->codec.choice);
	while (recoder_next(recoder, &found, composer->error)) {
		struct page_place page = {composer->out->written, recoder->page.size};
		if (!found)
			return true;
		if (program_interrupted())
			return program_interrupt_error(composer->error);
		pages->uncompressed_bytes += recoder->uncompressed_bytes;
		pages->compressed_bytes += page.bytes;
		/* Some writers give the dictionary's place as that of the first data page. */
		if (recoder->type == PAGE_DICTIONARY && known->dictionary_page_offset > 0)
			pages->dictionary_page_offset = page.at;
		else if (pages->data_page_offset == 0)
			pages->data_page_offset = page.at;
		if ((recoder->type != PAGE_DICTIONARY &&
			!buffer_append(&composer->pages, &page, sizeof page, composer->error)) ||
		    !output_write(composer->out, recoder->page.data, recoder->page.size, composer->error))
			return false;
	}
	return false;
}

static bool
recode_chunk(struct composer *composer, struct carried_group *made, struct carried_chunk *chunk)
{
	const struct column_chunk *known = &composer_group(composer, made->group)->columns[chunk->leaf];
	struct carried_pages *pages = composer_own(composer, calloc(1, sizeof *pages), sizeof *pages);
	if (pages == NULL)
		return false;
	pages->codec = (int32_t)composer->options->codec.choice.kind;
	chunk->pages = pages;
	chunk->shift_bytes = (int64_t)composer->out->written - (int64_t)column_chunk_start(known);
	if (!recode_pages(composer, known, chunk->leaf, pages))
		return composer_fail_in(composer, made->group, chunk->leaf);
	/* A chunk without data pages. */
	if (pages->data_page_offset == 0)
		pages->data_page_offset = composer->out->written;
	made->more_uncompressed +=
	    (int64_t)pages->uncompressed_bytes - (int64_t)known->total_uncompressed_bytes;
	made->more_compressed += (int64_t)pages->compressed_bytes - (int64_t)known->total_compressed_bytes;
	return true;
}

static bool
place_chunk(struct composer *composer, struct carried_group *made, struct carried_chunk *chunk)
{
	const struct column_chunk *known = &composer_group(composer, made->group)->columns[chunk->leaf];
	struct chunk_places places;
	uint64_t start = column_chunk_start(known);
	if (!find_places(composer, known, &places))
		return false;
	if (is_recoded(composer, known)) {
		if (!recode_chunk(composer, made, chunk))
			return false;
	} else {
		uint64_t now =
		    known->total_compressed_bytes > 0 ? moved(composer, start) : composer->out->written;
		chunk->shift_bytes = (int64_t)now - (int64_t)start;
	}
	if (places.bloom.at > 0)
		chunk->places.bloom =
		    (struct place_span){moved(composer, places.bloom.at), places.bloom.bytes};
	return take_indexes(composer, &places, chunk) || composer_fail_in(composer, made->group, chunk->leaf);
}

/* Whether a column of GROUP has a page index: only then is one for another column useful. */
static bool
is_indexed(const struct composer *composer, size_t group)
{
	const struct row_group *known = composer_group(composer, group);
	for (uint32_t i = 0; i < composer->source->file.metadata.schema->leaf_count; i++)
		if (known->columns[i].offset_index_offset > 0)
			return true;
	return false;
}

/* Makes a column that the file lacks: nulls, which are not worth compressing. */
static bool
put_absent(struct composer *composer, struct carried_group *made, uint32_t leaf, struct carried_chunk *chunk)
{
	struct column_rules rules = composer_rules(composer);
	rules.compression = (struct codec_choice){0};
	return composer_make_chunk(composer, made, leaf, &rules, chunk, is_indexed(composer, made->group));
}

static bool
place_chunks(struct composer *composer, struct carried_group *made, struct carried_chunk *chunks)
{
	const struct row_group *known = composer_group(composer, made->group);
	for (uint32_t i = 0; i < composer->sources->schema->leaf_count; i++) {
		chunks[i].leaf = composer_leaf(composer, i);
		if (chunks[i].leaf == SCHEMA_ABSENT) {
			if (!put_absent(composer, made, i, &chunks[i]))
				return false;
			continue;
		}
		if (!place_chunk(composer, made, &chunks[i]))
			return false;
		const struct column_chunk *chunk = &known->columns[chunks[i].leaf];
		uint64_t start = column_chunk_start(chunk) + (uint64_t)chunks[i].shift_bytes;
		if (made->file_offset == 0 || start < made->file_offset)
			made->file_offset = start;
	}
	return true;
}

bool
composer_copy_group(struct composer *composer, struct group_place place)
{
	size_t size = composer->sources->schema->leaf_count * sizeof(struct carried_chunk);
	struct carried_chunk *chunks = composer_own(composer, calloc(1, size), size);
	struct carried_group made = {.file = place.file, .group = place.group, .chunks = chunks};
	return chunks != NULL && composer_use(composer, place.file) &&
	       composer_check_rows(composer, place.group) && find_ranges(composer, place.group) &&
	       copy_ranges(composer) && place_chunks(composer, &made, chunks) &&
	       composer_add(composer, &made);
}
