/* rebuild_group.c - makes one row group from many, column by column. */
#include "lib/base/program.h"
#include "merge/composer.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- row groups in memory ---- */

/* A row group whose bytes are in memory, since columns are made one by one from all groups. */
struct loaded {
	struct group_place place;
	const struct row_group *group;
	uint8_t *bytes;   /* its chunks, one after another */
	uint64_t *starts; /* where each chunk of the file is in them */
	uint32_t leaf;    /* of the file, the one to read */
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

/* ---- one row group from many ---- */

static struct column_rules
choose(struct composer *composer, const struct loaded *loaded, size_t count, uint32_t leaf)
{
	struct column_rules rules = composer_rules(composer);
	bool is_first = true;
	for (size_t i = 0; i < count; i++) {
		composer->source = &composer->sources->list[loaded[i].place.file];
		uint32_t there = composer_leaf(composer, leaf);
		rules.chunk_rows += loaded[i].group->num_rows;
		if (there == SCHEMA_ABSENT)
			continue;
		composer_follow(composer, &rules, &loaded[i].group->columns[there], is_first);
		is_first = false;
	}
	return rules;
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
	/* The last of them is still open. */
	composer->source = open;
	if (loaded != NULL)
		unload(loaded, count);
	return fine;
}
