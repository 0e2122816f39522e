#include "encode/partitioned.h"

#include "encode/footer.h"
#include "encode/partition_keys.h"
#include "encode/partition_options.h"
#include "encode/scatter.h"
#include "lib/dataset/bundle.h"
#include "lib/dataset/keys.h"
#include "lib/meter/probe.h"

#include <inttypes.h>
#include <stdlib.h>

struct partitioned {
	struct part_pool *pool;
	struct part_position position;
	struct part_options options;
	struct schema schema, file_schema;
	struct leaf *leaves; /* of the input */
	struct attempt attempt;
	struct footer footer; /* after all files; it has the key-values of each of them */
	struct part *first;   /* opened at once, so that what cannot be written is refused at once */
	struct partition_keys keys;
	struct scatter scatter;
	struct buffer partitions; /* uint32_t: of the rows of a slice */
	struct buffer ranks;      /* uint32_t: of the partitions */
	struct buffer index;
	uint64_t rows;
};

/* ---- opening ---- */

static bool
open_file(struct partitioned *part, struct part **file, struct nest_error *error)
{
	const struct part_position position = {.number = part->position.number, .bundle = &part->attempt};
	const struct buffer *meta = &part->footer.key_values;
	return part_open(file, part->pool, NULL, &position, &part->file_schema,
	    (const struct key_value *)(const void *)meta->data, meta->size / sizeof(struct key_value),
	    &part->options, error);
}

/* Fills KEPT with the leaves that are not among the COUNT columns. */
static uint32_t
find_kept(uint32_t leaf_count, const uint32_t *columns, uint32_t count, uint32_t *kept)
{
	uint32_t kept_count = 0;
	for (uint32_t i = 0; i < leaf_count; i++) {
		bool is_kept = true;
		for (uint32_t k = 0; k < count; k++)
			is_kept = is_kept && columns[k] != i;
		if (is_kept)
			kept[kept_count++] = i;
	}
	return kept_count;
}

static bool
open_scatter(struct partitioned *part, const struct place *place, const uint32_t *columns, uint32_t count,
    struct nest_error *error)
{
	uint32_t leaf_count = part->schema.leaf_count;
	uint32_t *kept = calloc(leaf_count, sizeof *kept);
	part->leaves = calloc(leaf_count, sizeof *part->leaves);
	if (kept == NULL || part->leaves == NULL) {
		free(kept);
		return nest_error_memory(error, leaf_count * sizeof *part->leaves, "the leaves");
	}
	slice_leaves(part->leaves, &part->schema);
	uint32_t kept_count = find_kept(leaf_count, columns, count, kept);
	bool fine = scatter_open(&part->scatter, place, part->leaves, kept, kept_count, error) &&
	            partition_keys_open(&part->keys, &part->schema, part->leaves, columns, count, error);
	free(kept);
	return fine;
}

static bool
prepare(struct partitioned *part, const struct place *place, const struct schema *schema,
    const struct key_value *meta, size_t meta_count, struct nest_error *error)
{
	uint32_t columns[PARTITION_COLUMNS_MOST];
	const struct partition_options *partitioning = part->options.partitioning;
	const struct view text = {(const uint8_t *)schema->text, schema->text_size};
	return schema_parse(&part->schema, text, error) &&
	       partition_options_choose(partitioning, &part->schema, columns, &part->file_schema, error) &&
	       footer_init(&part->footer, meta, meta_count, error) &&
	       open_scatter(part, place, columns, partition_options_count(partitioning), error) &&
	       attempt_open(&part->attempt, place, part->position.number, error) &&
	       open_file(part, &part->first, error);
}

bool
partitioned_open(struct partitioned **out, struct part_pool *pool, const struct place *place,
    const struct part_position *position, const struct schema *schema, const struct key_value *meta,
    size_t meta_count, const struct part_options *options, struct nest_error *error)
{
	struct partitioned *part = calloc(1, sizeof *part);
	if (part == NULL)
		return nest_error_memory(error, sizeof *part, "a part");
	part->pool = pool;
	part->position = *position;
	part->options = *options;
	if (!prepare(part, place, schema, meta, meta_count, error)) {
		partitioned_close(part);
		return false;
	}
	*out = part;
	return true;
}

void
partitioned_close(struct partitioned *part)
{
	if (part == NULL)
		return;
	part_abort(part->first);
	attempt_abandon(&part->attempt);
	attempt_free(&part->attempt);
	footer_free(&part->footer);
	partition_keys_free(&part->keys);
	scatter_free(&part->scatter);
	schema_free(&part->schema);
	schema_free(&part->file_schema);
	free(part->leaves);
	buffer_free(&part->partitions);
	buffer_free(&part->ranks);
	buffer_free(&part->index);
	free(part);
}

const struct schema *
partitioned_schema(const struct partitioned *part)
{
	return &part->schema;
}

const struct schema *
partitioned_file_schema(const struct partitioned *part)
{
	return &part->file_schema;
}

/* ---- rows ---- */

bool
partitioned_append(
    struct partitioned *part, uint64_t rows, const struct leaf_slice *leaves, struct nest_error *error)
{
	uint64_t first_row = part->position.first_row + part->rows;
	if (rows > INT32_MAX || rows > INT64_MAX - first_row)
		return nest_error_set(error, NEST_INVALID, "a slice of %" PRIu64 " rows is too large", rows);
	buffer_clear(&part->partitions);
	if (!slice_check(part->leaves, part->schema.leaf_count, first_row, rows, leaves, error) ||
	    !buffer_reserve(&part->partitions, rows * sizeof(uint32_t), error))
		return false;
	uint32_t *partitions = (uint32_t *)(void *)part->partitions.data;
	part->rows += rows;
	return partition_keys_take(&part->keys, leaves, rows, first_row, partitions, error) &&
	       scatter_take(&part->scatter, leaves, rows, first_row, partitions,
		   partition_keys_count(&part->keys), error);
}

/* ---- files ---- */

/* A partition, to be sorted by its directory. */
struct ranked {
	struct view folder;
	uint32_t partition;
};

static int
compare_folders(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	size_t shared = a->folder.size < b->folder.size ? a->folder.size : b->folder.size;
	int order = memcmp(a->folder.data, b->folder.data, shared);
	return order != 0 ? order : (a->folder.size > b->folder.size) - (a->folder.size < b->folder.size);
}

/* Fills RANKED, one for each partition, in the order in which files are written. */
static bool
rank(struct partitioned *part, struct ranked *ranked, uint32_t count, struct nest_error *error)
{
	if (!buffer_reserve(&part->ranks, count * sizeof(uint32_t), error))
		return false;
	for (uint32_t i = 0; i < count; i++)
		ranked[i] = (struct ranked){partition_keys_folder(&part->keys, i), i};
	qsort(ranked, count, sizeof *ranked, compare_folders);
	uint32_t *ranks = (uint32_t *)(void *)part->ranks.data;
	for (uint32_t i = 0; i < count; i++)
		ranks[ranked[i].partition] = i;
	scatter_sort(&part->scatter, ranks);
	return true;
}

static bool
append_rows(struct partitioned *part, struct part *file, uint32_t rank, struct nest_error *error)
{
	for (uint64_t rows;;) {
		if (!scatter_next(&part->scatter, rank, &rows, error))
			return false;
		if (rows == 0)
			return true;
		if (!part_append(file, rows, part->scatter.slices, error))
			return false;
	}
}

/* Writes the file of the partition of RANK, and describes it in TOLD. */
static bool
write_file(struct partitioned *part, uint32_t rank, struct bundle_file *told, struct nest_error *error)
{
	struct part *file = part->first;
	part->first = NULL;
	if (file == NULL && !open_file(part, &file, error))
		return false;
	if (!append_rows(part, file, rank, error)) {
		part_abort(file);
		return false;
	}
	struct attempt_result none;
	if (!part_finish(file, &told->rows, &none, error))
		return false;
	told->size_bytes = part->attempt.size_bytes - told->offset;
	return true;
}

static bool
write_files(struct partitioned *part, const struct ranked *ranked, uint32_t count, struct nest_error *error)
{
	uint64_t offset = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct bundle_file file = {.offset = offset, .folder = ranked[i].folder};
		if (!write_file(part, i, &file, error))
			return error->status != NEST_INVALID
			           ? false
			           : nest_error_prefix(error, "in partition %.*s, whose rows count from 0, ",
					 (int)file.folder.size, (const char *)file.folder.data);
		if (!bundle_put(&part->index, &file, error))
			return false;
		offset += file.size_bytes;
	}
	return true;
}

static bool
write_partitions(struct partitioned *part, struct nest_error *error)
{
	uint32_t count = partition_keys_count(&part->keys);
	struct ranked *ranked = calloc(count + 1, sizeof *ranked);
	if (ranked == NULL)
		return nest_error_memory(error, count * sizeof *ranked, "the partitions");
	bool fine =
	    count == 0 || (rank(part, ranked, count, error) && write_files(part, ranked, count, error));
	free(ranked);
	return fine;
}

/* Writes the footer of the part itself, without row groups, since its rows are in the files. */
static bool
write_end(struct partitioned *part, struct nest_error *error)
{
	struct footer *footer = &part->footer;
	const struct key_value index = {view_of_text(KEY_PARTITIONS), {part->index.data, part->index.size}};
	if (!buffer_append(&footer->key_values, &index, sizeof index, error) ||
	    !footer_encode(
		footer, &part->file_schema, &part->position, part->rows, part->attempt.size_bytes, error))
		return false;
	const struct iovec piece = {footer->bytes.data, footer->bytes.size};
	return attempt_write(&part->attempt, &piece, 1, error);
}

bool
partitioned_finish(
    struct partitioned *part, uint64_t *rows, struct attempt_result *result, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.partitions");
	*rows = part->rows;
	return write_partitions(part, error) && write_end(part, error) &&
	       attempt_complete(&part->attempt, result, error);
}
