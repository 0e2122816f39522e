#include "merge/sources.h"

#include "lib/base/program.h"

#include <stdlib.h>
#include <unistd.h>

enum { CONFLICTS_TOLD = 100 };

static const struct schema *
schema_of(const struct sources *sources, size_t index)
{
	return sources->list[index].file.metadata.schema;
}

uint64_t
source_data_bytes(const struct source *source)
{
	const struct parquet_file *file = &source->file;
	return file->source.size_bytes - METADATA_TAIL_BYTES - file->metadata.own_bytes.size;
}

static bool
open_source(struct sources *sources, const char *path, struct nest_error *error)
{
	struct source *source = &sources->list[sources->count];
	if (program_interrupted())
		return program_interrupt_error(error);
	if (!parquet_file_open(&source->file, path, error))
		return false;
	sources->count++;
	close(source->file.fd);
	source->file.fd = -1;
	return true;
}

/* ---- one schema ---- */

static bool
check_schema(const struct sources *sources, size_t index, struct nest_error *error)
{
	struct buffer text = {0};
	bool is_unitable;
	bool fine =
	    schema_difference(schema_of(sources, 0), schema_of(sources, index), &text, &is_unitable, error);
	if (fine && text.size > 0)
		fine =
		    nest_error_set(error, NEST_INVALID, "the schema of %s differs from that of %s: it %.*s%s",
			sources->list[index].file.source.name, sources->list[0].file.source.name,
			text.size < 500 ? (int)text.size : 500, (const char *)text.data,
			is_unitable ? "; with --schema union, what a file lacks becomes null" : "");
	buffer_free(&text);
	return fine;
}

static void
tell_conflict(void *context, const char *text)
{
	size_t *told = context;
	if ((*told)++ < CONFLICTS_TOLD)
		program_warn("%s", text);
}

static bool
unite(struct sources *sources, struct nest_error *error)
{
	struct schema_member *members = calloc(sources->count, sizeof *members);
	size_t told = 0, conflicts;
	if (members == NULL)
		return nest_error_memory(error, sources->count * sizeof *members, "the schemas");
	for (size_t i = 0; i < sources->count; i++)
		members[i] = (struct schema_member){schema_of(sources, i), sources->list[i].file.source.name};
	bool fine = schema_unite(
	    &sources->united, members, (uint32_t)sources->count, tell_conflict, &told, &conflicts, error);
	free(members);
	if (fine && conflicts > 0)
		fine =
		    nest_error_set(error, NEST_INVALID, "the schemas cannot be united: %zu %s told above%s",
			conflicts, conflicts == 1 ? "conflict is" : "conflicts are",
			conflicts > CONFLICTS_TOLD ? ", but not all of them" : "");
	return fine;
}

static bool
map_leaves(const struct sources *sources, struct source *source, struct nest_error *error)
{
	struct buffer text = {0};
	bool is_unitable;
	if (!schema_difference(sources->schema, source->file.metadata.schema, &text, &is_unitable, error))
		return false;
	bool is_same = text.size == 0;
	buffer_free(&text);
	if (is_same)
		return true;
	source->leaves = calloc(sources->schema->leaf_count, sizeof *source->leaves);
	if (source->leaves == NULL)
		return nest_error_memory(
		    error, sources->schema->leaf_count * sizeof *source->leaves, "the columns of a file");
	schema_union_map(sources->schema, source->file.metadata.schema, source->leaves);
	return true;
}

static bool
settle_schema(struct sources *sources, enum sources_rule rule, struct nest_error *error)
{
	sources->schema = schema_of(sources, 0);
	if (rule == SOURCES_EQUAL)
		return true;
	if (!unite(sources, error))
		return false;
	sources->schema = &sources->united.schema;
	for (size_t i = 0; i < sources->count; i++)
		if (!map_leaves(sources, &sources->list[i], error))
			return false;
	return true;
}

bool
sources_open(struct sources *sources, char *const *paths, size_t count, enum sources_rule rule,
    struct nest_error *error)
{
	*sources = (struct sources){.list = calloc(count, sizeof *sources->list)};
	if (sources->list == NULL)
		return nest_error_memory(error, count * sizeof *sources->list, "the files");
	for (size_t i = 0; i < count; i++)
		if (!open_source(sources, paths[i], error) ||
		    (rule == SOURCES_EQUAL && !check_schema(sources, i, error)))
			return false;
	return settle_schema(sources, rule, error);
}

void
sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		metadata_free(&sources->list[i].file.metadata);
		free(sources->list[i].leaves);
	}
	free(sources->list);
	schema_union_free(&sources->united);
	*sources = (struct sources){0};
}

bool
source_reopen(const struct source *source, struct parquet_file *file, struct nest_error *error)
{
	const struct parquet_file *known = &source->file;
	if (!parquet_file_open(file, known->source.name, error))
		return false;
	const struct buffer *then = &known->metadata.own_bytes, *now = &file->metadata.own_bytes;
	if (file->source.size_bytes == known->source.size_bytes &&
	    view_equal((struct view){then->data, then->size}, (struct view){now->data, now->size}))
		return true;
	parquet_file_close(file);
	return nest_error_set(error, NEST_FAILED, "%s was changed while it was read", known->source.name);
}
