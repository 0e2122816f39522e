#include "merge/composer.h"

#include "lib/base/program.h"
#include "lib/dataset/keys.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PATH_BYTES = 512 };

void
composer_free(struct composer *composer)
{
	if (composer->source != NULL)
		parquet_file_close(&composer->file);
	buffer_free(&composer->ranges);
	buffer_free(&composer->column_indexes);
	buffer_free(&composer->offset_indexes);
	buffer_free(&composer->scratch);
	buffer_free(&composer->pages);
	recoder_free(&composer->recoder);
	rebuild_free(&composer->rebuild);
	chunk_reader_free(&composer->reader);
}

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

void *
composer_own(struct composer *composer, void *memory, size_t size)
{
	return own(composer->composed, memory, size, composer->error);
}

bool
composer_use(struct composer *composer, size_t file)
{
	const struct source *wanted = &composer->sources->list[file];
	if (composer->source == wanted)
		return true;
	if (composer->source != NULL)
		parquet_file_close(&composer->file);
	composer->source = NULL;
	if (!source_reopen(wanted, &composer->file, composer->error))
		return false;
	composer->source = wanted;
	return true;
}

bool
composer_fail_in(struct composer *composer, size_t group, uint32_t leaf)
{
	const struct parquet_file *file = &composer->source->file;
	const struct schema *schema = file->metadata.schema;
	char path[PATH_BYTES];
	return composer->error->status == NEST_INVALID
	           ? nest_error_prefix(composer->error, "%s: row group %zu, column %s: ", file->source.name,
			 group, schema_path(schema, schema->leaves[leaf], path, sizeof path))
	           : false;
}

uint32_t
composer_leaf(const struct composer *composer, uint32_t leaf)
{
	const struct source *source = composer->source;
	return source->leaves != NULL ? source->leaves[leaf].leaf : leaf;
}

const struct row_group *
composer_group(const struct composer *composer, size_t group)
{
	return &composer->source->file.metadata.row_groups[group];
}

bool
composer_check_rows(struct composer *composer, size_t group)
{
	const uint32_t leaf = 0;
	const struct schema *schema = composer->source->file.metadata.schema;
	const struct row_group *known = composer_group(composer, group);
	const struct column_chunk *chunk = &known->columns[leaf];
	struct chunk_reader *reader = &composer->reader;
	bool found = true;
	if (composer->source->leaves == NULL)
		return true;
	chunk_reader_open(reader, &composer->file.source, chunk, &schema->nodes[schema->leaves[leaf]]);
	bool fine = chunk->num_values >= known->num_rows ||
	            nest_error_set(composer->error, NEST_INVALID,
			"it has %" PRIu64 " entries, and its row group %" PRIu64 " rows", chunk->num_values,
			known->num_rows);
	while (fine && found) {
		if (program_interrupted())
			return program_interrupt_error(composer->error);
		fine = chunk_reader_next_header(reader, &found, composer->error);
	}
	return fine || composer_fail_in(composer, group, leaf);
}

struct chunk_places
composer_places(const struct column_chunk *chunk)
{
	return (struct chunk_places){
	    .bloom = {chunk->bloom_offset, chunk->bloom_bytes},
	    .column_index = {chunk->column_index_offset, chunk->column_index_bytes},
	    .offset_index = {chunk->offset_index_offset, chunk->offset_index_bytes},
	};
}

bool
composer_add(struct composer *composer, const struct carried_group *group)
{
	return buffer_append(&composer->composed->groups, group, sizeof *group, composer->error);
}

/* ---- which row groups become one ---- */

/* The row groups that wait, and their sums. */
struct run {
	struct buffer places; /* struct group_place */
	uint64_t rows, bytes;
};

static bool
put_run(struct composer *composer, struct run *run)
{
	const struct group_place *places = (const struct group_place *)(const void *)run->places.data;
	size_t count = run->places.size / sizeof *places;
	bool fine = count == 0 ||
	            (count > 1 ? composer_rebuild_group(composer, places, count)
			: composer->options->encoding.is_given ? composer_encode_group(composer, places[0])
							       : composer_copy_group(composer, places[0]));
	buffer_clear(&run->places);
	run->rows = run->bytes = 0;
	return fine;
}

/* Whether GROUP fits among those that wait. */
static bool
fits(const struct composer *composer, const struct run *run, const struct row_group *group)
{
	uint64_t rows = composer->options->group_rows, bytes = composer->options->group_bytes;
	return run->places.size == 0 ||
	       (rows > 0 && run->rows <= rows && group->num_rows <= rows - run->rows && run->bytes <= bytes &&
		   group->total_uncompressed_bytes <= bytes - run->bytes);
}

static bool
add_groups(struct composer *composer, struct run *run, size_t file)
{
	const struct file_metadata *metadata = &composer->sources->list[file].file.metadata;
	for (size_t i = 0; i < metadata->row_group_count; i++) {
		const struct row_group *group = &metadata->row_groups[i];
		struct group_place place = {file, i};
		if ((!fits(composer, run, group) && !put_run(composer, run)) ||
		    !buffer_append(&run->places, &place, sizeof place, composer->error))
			return false;
		run->rows += group->num_rows;
		run->bytes += group->total_uncompressed_bytes;
	}
	return true;
}

static bool
put_groups(struct composer *composer, size_t first, size_t count)
{
	struct run run = {0};
	bool fine = true;
	for (size_t i = first; fine && i < first + count; i++)
		fine = add_groups(composer, &run, i);
	fine = fine && put_run(composer, &run);
	buffer_free(&run.places);
	return fine;
}

/* ---- the whole file ---- */

static void
move_span(struct place_span *span, uint64_t to)
{
	if (span->bytes > 0)
		span->at += to;
}

/* All column indexes, then all offset indexes, since some readers read all from the first to the last. */
static bool
put_indexes(struct composer *composer)
{
	uint64_t columns = composer->out->written, offsets = columns + composer->column_indexes.size;
	struct carried_group *groups = (struct carried_group *)(void *)composer->composed->groups.data;
	size_t count = composer->composed->groups.size / sizeof *groups;
	for (size_t i = 0; i < count; i++) {
		/* This composer owns them. */
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
	if (!output_write(composer->out, "PAR1", METADATA_MAGIC_BYTES, composer->error) ||
	    !put_groups(composer, first, count))
		return false;
	buffer_clear(&composer->scratch);
	return put_indexes(composer) &&
	       compose_footer(&composer->scratch, composer->sources, first, &composer->composed->groups,
		   count > 1, composer->error) &&
	       output_write(composer->out, composer->scratch.data, composer->scratch.size, composer->error);
}

/* ---- one file as it is ---- */

/* Adds the file's groups, for a footer of many files. */
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
			chunks[leaf] = (struct carried_chunk){
			    .leaf = leaf, .places = composer_places(&metadata->row_groups[i].columns[leaf])};
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

/* Whether nothing in the file would change, and no two of its row groups would become one. */
static bool
stays(const struct source *source, const struct compose_options *options)
{
	return source->leaves == NULL && !options->codec.is_given && !options->encoding.is_given &&
	       (options->group_rows == 0 || source->file.metadata.row_group_count < 2);
}

bool
compose_file(struct output *out, const struct sources *sources, size_t first, size_t count,
    const struct compose_options *options, struct composed *composed, struct nest_error *error)
{
	struct composer composer = {.out = out,
	    .sources = sources,
	    .options = options,
	    .composed = composed,
	    .error = error,
	    .reader.checks_crc = true};
	const struct source *source = &sources->list[first];
	if (count == 1 && stays(source, options))
		return copy_whole(out, source, first, composed, error);
	bool fine = compose(&composer, first, count);
	composer_free(&composer);
	return fine;
}

/* ---- footers ---- */

/* Keys that say more about columns than the format does, and hold only for the file's own. */
static const char *const of_columns[] = {"ARROW:schema", "pandas",
    "org.apache.spark.sql.parquet.row.metadata", "parquet.avro.schema", "avro.schema", "iceberg.schema"};
/* Keys that say which part of a dataset a file is. */
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
