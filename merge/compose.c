#include "merge/compose.h"

#include "lib/base/program.h"
#include "lib/dataset/keys.h"
#include "lib/parquet/absent.h"
#include "lib/parquet/recode.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PATH_BYTES = 512, BLOOM_HEADER_BYTES = 256 };

struct composer {
	struct output *out;
	const struct sources *sources;
	const struct compose_codec *codec;
	struct composed *composed;
	/* The file that is copied. */
	const struct source *source;
	struct parquet_file file;
	/* Of the row group that is copied. */
	struct buffer ranges;
	struct absent_chunk absent;
	struct chunk_reader reader;
	struct recoder recoder;
	struct buffer pages; /* struct page_place: of a chunk that is compressed anew */
	/* Of the whole file: they stand behind all pages. */
	struct buffer column_indexes, offset_indexes, scratch;
	struct nest_error *error;
};

/* Bytes of a file that go where others are not between them; TO is their place in the new one. */
struct range {
	uint64_t start, end, to;
};

static void *
own(struct composed *composed, void *memory, size_t size, struct nest_error *error)
{
	if (memory == NULL)
		nest_error_memory(error, size, "what a footer tells");
	else if (buffer_append(&composed->owned, &memory, sizeof memory, error))
		return memory;
	free(memory);
	return NULL;
}

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

/* Where the footer does not say how long a bloom filter is, its header does. */
static bool
measure_bloom(struct composer *composer, struct place_span *bloom)
{
	uint8_t bytes[BLOOM_HEADER_BYTES];
	uint64_t left = source_data_bytes(composer->source) - bloom->at;
	size_t size = left < sizeof bytes ? (size_t)left : sizeof bytes;
	if (bloom->at == 0 || bloom->bytes > 0)
		return true;
	if (!read_at(composer, bytes, size, bloom->at))
		return false;
	bloom->bytes = places_bloom_bytes((struct view){bytes, size});
	return (bloom->bytes > 0 && bloom->bytes <= left) ||
	       nest_error_set(composer->error, NEST_INVALID, "its bloom filter is invalid");
}

/* Those that touch become one, so that they are copied at once. */
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

/* Where what stood at AT stands now. */
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

/* ---- chunks that are copied ---- */

static bool
fail_in(struct composer *composer, size_t group, uint32_t leaf)
{
	const struct schema *schema = composer->source->file.metadata.schema;
	char path[PATH_BYTES];
	return composer->error->status == NEST_INVALID
	           ? nest_error_prefix(composer->error, "row group %zu, column %s: ", group,
			 schema_path(schema, schema->leaves[leaf], path, sizeof path))
	           : false;
}

/* Of the leaf of the new file: the one that the source has, or SCHEMA_ABSENT. */
static uint32_t
source_leaf(const struct source *source, uint32_t leaf)
{
	return source->leaves != NULL ? source->leaves[leaf].leaf : leaf;
}

static const struct row_group *
source_group(const struct source *source, size_t group)
{
	return &source->file.metadata.row_groups[group];
}

static struct chunk_places *
source_places(const struct source *source, size_t group, uint32_t leaf)
{
	return &source->places[group * source->file.metadata.schema->leaf_count + leaf];
}

static bool
is_recoded(const struct composer *composer, const struct column_chunk *chunk)
{
	const struct compose_codec *codec = composer->codec;
	return codec->is_given && chunk->total_compressed_bytes > 0 &&
	       (codec->is_level || chunk->codec != (int32_t)codec->choice.kind);
}

static bool
find_ranges(struct composer *composer, size_t group)
{
	const struct source *source = composer->source;
	buffer_clear(&composer->ranges);
	for (uint32_t i = 0; i < source->file.metadata.schema->leaf_count; i++) {
		const struct column_chunk *chunk = &source_group(source, group)->columns[i];
		struct place_span *bloom = &source_places(source, group, i)->bloom;
		uint64_t bytes = is_recoded(composer, chunk) ? 0 : chunk->total_compressed_bytes;
		if (!measure_bloom(composer, bloom) ||
		    !add_range(composer, column_chunk_start(chunk), bytes) ||
		    !add_range(composer, bloom->at, bloom->bytes))
			return false;
	}
	join_ranges(&composer->ranges);
	return true;
}

/* The bytes of SPAN, in the scratch. */
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

/* Their places are from the beginning of what is to become all of them. */
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
	    composer->codec->choice);
	while (recoder_next(recoder, &found, composer->error)) {
		struct page_place page = {composer->out->written, recoder->page.size};
		if (!found)
			return true;
		if (program_interrupted())
			return program_interrupt_error(composer->error);
		pages->uncompressed_bytes += recoder->uncompressed_bytes;
		pages->compressed_bytes += page.bytes;
		/* Some tell of the dictionary as if it were the first data page. */
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
	const struct column_chunk *known = &source_group(composer->source, made->group)->columns[chunk->leaf];
	struct carried_pages *pages =
	    own(composer->composed, calloc(1, sizeof *pages), sizeof *pages, composer->error);
	if (pages == NULL)
		return false;
	pages->codec = (int32_t)composer->codec->choice.kind;
	chunk->pages = pages;
	chunk->shift_bytes = (int64_t)composer->out->written - (int64_t)column_chunk_start(known);
	if (!recode_pages(composer, known, chunk->leaf, pages))
		return fail_in(composer, made->group, chunk->leaf);
	/* Of a chunk without data pages. */
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
	const struct source *source = composer->source;
	const struct column_chunk *known = &source_group(source, made->group)->columns[chunk->leaf];
	const struct chunk_places *places = source_places(source, made->group, chunk->leaf);
	uint64_t start = column_chunk_start(known);
	if (is_recoded(composer, known)) {
		if (!recode_chunk(composer, made, chunk))
			return false;
	} else {
		uint64_t now =
		    known->total_compressed_bytes > 0 ? moved(composer, start) : composer->out->written;
		chunk->shift_bytes = (int64_t)now - (int64_t)start;
	}
	if (places->bloom.at > 0)
		chunk->places.bloom =
		    (struct place_span){moved(composer, places->bloom.at), places->bloom.bytes};
	return take_indexes(composer, places, chunk) || fail_in(composer, made->group, chunk->leaf);
}

/* ---- chunks that are missing ---- */

/* The levels of the group that the column would be in, from a column that is. */
static bool
take_levels(struct composer *composer, size_t group, const struct schema_source *from)
{
	const struct schema *schema = composer->source->file.metadata.schema;
	const struct row_group *rows = source_group(composer->source, group);
	struct chunk_reader *reader = &composer->reader;
	bool found;
	if (from->group_def == 0 && from->group_rep == 0)
		return absent_add_rows(&composer->absent, rows->num_rows, composer->error);
	chunk_reader_open(reader, &composer->file.source, &rows->columns[from->sibling],
	    &schema->nodes[schema->leaves[from->sibling]]);
	while (chunk_reader_next_data(reader, &found, composer->error)) {
		const struct page_content *content = &reader->content;
		if (!found)
			return composer->absent.rows == rows->num_rows ||
			       nest_error_set(composer->error, NEST_INVALID,
				   "its pages have %" PRIu64 " rows, and its row group %" PRIu64,
				   composer->absent.rows, rows->num_rows);
		if (program_interrupted())
			return program_interrupt_error(composer->error);
		if (!absent_add_levels(&composer->absent, content->rep.size > 0 ? content->rep.data : NULL,
			content->def.size > 0 ? content->def.data : NULL, content->entries, from->group_rep,
			from->group_def, composer->error))
			return false;
	}
	return false;
}

static bool
make_absent(struct composer *composer, struct carried_group *made, uint32_t leaf, struct carried_chunk *chunk)
{
	const struct schema *schema = composer->sources->schema;
	const struct schema_source *from = &composer->source->leaves[leaf];
	struct absent_chunk *absent = &composer->absent;
	absent_begin(absent, schema, schema->leaves[leaf]);
	if (!take_levels(composer, made->group, from))
		return fail_in(composer, made->group, from->sibling);
	if (!absent_end(absent, composer->error))
		return false;
	uint8_t *bytes =
	    own(composer->composed, malloc(absent->metadata.size), absent->metadata.size, composer->error);
	if (bytes == NULL)
		return false;
	memcpy(bytes, absent->metadata.data, absent->metadata.size);
	chunk->made = (struct view){bytes, absent->metadata.size};
	chunk->shift_bytes = (int64_t)composer->out->written - METADATA_MAGIC_BYTES;
	made->more_uncompressed += (int64_t)absent->pages.size;
	made->more_compressed += (int64_t)absent->pages.size;
	return output_write(composer->out, absent->pages.data, absent->pages.size, composer->error);
}

/* ---- row groups, files ---- */

static bool
place_chunks(struct composer *composer, struct carried_group *made, struct carried_chunk *chunks)
{
	const struct row_group *known = source_group(composer->source, made->group);
	for (uint32_t i = 0; i < composer->sources->schema->leaf_count; i++) {
		chunks[i].leaf = source_leaf(composer->source, i);
		if (chunks[i].leaf == SCHEMA_ABSENT) {
			if (!make_absent(composer, made, i, &chunks[i]))
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

static bool
copy_group(struct composer *composer, size_t file, size_t group)
{
	size_t size = composer->sources->schema->leaf_count * sizeof(struct carried_chunk);
	struct carried_chunk *chunks = own(composer->composed, calloc(1, size), size, composer->error);
	struct carried_group made = {.file = file, .group = group, .chunks = chunks};
	return chunks != NULL && find_ranges(composer, group) && copy_ranges(composer) &&
	       place_chunks(composer, &made, chunks) &&
	       buffer_append(&composer->composed->groups, &made, sizeof made, composer->error);
}

static bool
copy_groups(struct composer *composer, size_t file)
{
	composer->source = &composer->sources->list[file];
	const char *name = composer->source->file.source.name;
	bool fine = true;
	if (!source_reopen(composer->source, &composer->file, composer->error))
		return false;
	for (size_t i = 0; fine && i < composer->source->file.metadata.row_group_count; i++)
		fine = copy_group(composer, file, i);
	parquet_file_close(&composer->file);
	return fine || composer->error->status != NEST_INVALID
	           ? fine
	           : nest_error_prefix(composer->error, "%s: ", name);
}

static void
move_span(struct place_span *span, uint64_t to)
{
	if (span->bytes > 0)
		span->at += to;
}

/* All column indexes, then all offset indexes, since some read all between the first and the last. */
static bool
put_indexes(struct composer *composer)
{
	uint64_t columns = composer->out->written, offsets = columns + composer->column_indexes.size;
	struct carried_group *groups = (struct carried_group *)(void *)composer->composed->groups.data;
	size_t count = composer->composed->groups.size / sizeof *groups;
	for (size_t i = 0; i < count; i++) {
		/* They are this composer's own. */
		struct carried_chunk *chunks = (struct carried_chunk *)(uintptr_t)groups[i].chunks;
		for (uint32_t leaf = 0; leaf < composer->sources->schema->leaf_count; leaf++) {
			move_span(&chunks[leaf].places.column_index, columns);
			move_span(&chunks[leaf].places.offset_index, offsets);
		}
	}
	return output_write(composer->out, composer->column_indexes.data, composer->column_indexes.size,
		   composer->error) &&
	       output_write(composer->out, composer->offset_indexes.data, composer->offset_indexes.size,
		   composer->error);
}

static bool
compose(struct composer *composer, size_t first, size_t count)
{
	if (!output_write(composer->out, "PAR1", METADATA_MAGIC_BYTES, composer->error))
		return false;
	for (size_t i = first; i < first + count; i++)
		if (!copy_groups(composer, i))
			return false;
	buffer_clear(&composer->scratch);
	return put_indexes(composer) &&
	       compose_footer(&composer->scratch, composer->sources, first, &composer->composed->groups,
		   count > 1, composer->error) &&
	       output_write(composer->out, composer->scratch.data, composer->scratch.size, composer->error);
}

/* ---- one file as it is ---- */

/* Its groups, for a footer of many. */
static bool
tell_groups(struct composed *composed, const struct source *source, size_t file, struct nest_error *error)
{
	const struct file_metadata *metadata = &source->file.metadata;
	uint32_t leaves = metadata->schema->leaf_count;
	for (size_t i = 0; i < metadata->row_group_count; i++) {
		size_t size = leaves * sizeof(struct carried_chunk);
		struct carried_chunk *chunks = own(composed, calloc(1, size), size, error);
		if (chunks == NULL)
			return false;
		for (uint32_t leaf = 0; leaf < leaves; leaf++)
			chunks[leaf] =
			    (struct carried_chunk){.leaf = leaf, .places = *source_places(source, i, leaf)};
		struct carried_group group = {.file = file, .group = i, .chunks = chunks};
		if (!buffer_append(&composed->groups, &group, sizeof group, error))
			return false;
	}
	return true;
}

static bool
copy_whole(struct output *out, const struct source *source, size_t number, struct composed *composed,
    struct nest_error *error)
{
	struct parquet_file file;
	if (!source_reopen(source, &file, error))
		return false;
	bool fine = output_copy(out, &file, 0, file.source.size_bytes, error);
	parquet_file_close(&file);
	return fine && tell_groups(composed, source, number, error);
}

bool
compose_file(struct output *out, const struct sources *sources, size_t first, size_t count,
    const struct compose_codec *codec, struct composed *composed, struct nest_error *error)
{
	struct composer composer = {.out = out,
	    .sources = sources,
	    .codec = codec,
	    .composed = composed,
	    .error = error,
	    .reader.checks_crc = true};
	if (count == 1 && sources->list[first].leaves == NULL && !codec->is_given)
		return copy_whole(out, &sources->list[first], first, composed, error);
	bool fine = compose(&composer, first, count);
	buffer_free(&composer.ranges);
	buffer_free(&composer.column_indexes);
	buffer_free(&composer.offset_indexes);
	buffer_free(&composer.scratch);
	buffer_free(&composer.pages);
	recoder_free(&composer.recoder);
	absent_free(&composer.absent);
	chunk_reader_free(&composer.reader);
	return fine;
}

/* ---- footers ---- */

/* What says of columns more than the format does, and is not true of others than its own. */
static const char *const of_columns[] = {"ARROW:schema", "pandas",
    "org.apache.spark.sql.parquet.row.metadata", "parquet.avro.schema", "avro.schema", "iceberg.schema"};
/* What says which part of a dataset a file is. */
static const char *const of_part[] = {KEY_PART, KEY_FIRST_ROW, KEY_PART_ROWS};

enum { OF_COLUMNS = sizeof of_columns / sizeof of_columns[0], OF_PART = sizeof of_part / sizeof of_part[0] };

static bool
list_fields(const struct schema_union *united, struct carried_field *fields)
{
	for (uint32_t i = 0; i < united->schema.node_count; i++)
		fields[i] = (struct carried_field){
		    united->origins[i].member, united->origins[i].node, united->schema.nodes[i].child_count};
	return true;
}

bool
compose_footer(struct buffer *out, const struct sources *sources, size_t base, const struct buffer *groups,
    bool is_of_many, struct nest_error *error)
{
	const char *dropped[OF_COLUMNS + OF_PART];
	struct carried_footer footer = {.base = base,
	    .groups = (const struct carried_group *)(const void *)groups->data,
	    .group_count = groups->size / sizeof(struct carried_group),
	    .leaf_count = sources->schema->leaf_count,
	    .dropped_keys = dropped};
	const struct file_metadata **files = calloc(sources->count, sizeof *files);
	struct carried_field *fields = calloc(sources->schema->node_count, sizeof *fields);
	bool fine = files != NULL && fields != NULL;
	if (!fine)
		nest_error_memory(error, sources->count * sizeof *files, "the footers");
	for (size_t i = 0; fine && i < sources->count; i++)
		files[i] = &sources->list[i].file.metadata;
	footer.files = files;
	for (size_t i = 0; is_of_many && i < OF_PART; i++)
		dropped[footer.dropped_count++] = of_part[i];
	if (fine && sources->list[base].leaves != NULL && list_fields(&sources->united, fields)) {
		footer.fields = fields;
		footer.field_count = sources->schema->node_count;
		for (size_t i = 0; i < OF_COLUMNS; i++)
			dropped[footer.dropped_count++] = of_columns[i];
	}
	fine = fine && carry_footer(out, &footer, error);
	free(files);
	free(fields);
	return fine;
}

void
composed_free(struct composed *composed)
{
	void **owned = (void **)(void *)composed->owned.data;
	for (size_t i = 0; i < composed->owned.size / sizeof *owned; i++)
		free(owned[i]);
	buffer_free(&composed->owned);
	buffer_free(&composed->groups);
}
