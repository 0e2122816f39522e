#include "encode/scatter.h"

#include "lib/meter/probe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* A leaf that is kept, and its rows on the way out. */
struct scatter_leaf {
	const struct leaf *leaf;
	uint32_t number; /* in the slices that come in */
	struct buffer rep, def, values;
	uint64_t entries;
};

/* Rows of one partition and one slice: for each leaf a header, its levels and its values. */
struct scatter_run {
	uint32_t partition; /* its rank, once they are sorted */
	uint32_t rows;
	uint64_t offset;
	size_t size;
};

struct leaf_header {
	uint32_t entries, value_bytes;
};

/* Where a row begins in a leaf; frames are too small to need more bits. */
struct row_start {
	uint32_t entry, value;
};

bool
scatter_open(struct scatter *scatter, const struct place *place, const struct leaf *leaves,
    const uint32_t *kept, uint32_t leaf_count, struct nest_error *error)
{
	scatter->place = place;
	scatter->memory_bytes = SCATTER_BYTES;
	scatter->leaves = calloc(leaf_count, sizeof *scatter->leaves);
	scatter->slices = calloc(leaf_count, sizeof *scatter->slices);
	if (scatter->leaves == NULL || scatter->slices == NULL)
		return nest_error_memory(error, leaf_count * sizeof *scatter->leaves, "the leaves");
	scatter->leaf_count = leaf_count;
	for (uint32_t i = 0; i < leaf_count; i++)
		scatter->leaves[i] = (struct scatter_leaf){.leaf = &leaves[kept[i]], .number = kept[i]};
	return true;
}

void
scatter_free(struct scatter *scatter)
{
	for (uint32_t i = 0; i < scatter->leaf_count; i++) {
		buffer_free(&scatter->leaves[i].rep);
		buffer_free(&scatter->leaves[i].def);
		buffer_free(&scatter->leaves[i].values);
	}
	free(scatter->leaves);
	free(scatter->slices);
	buffer_free(&scatter->starts);
	buffer_free(&scatter->order);
	buffer_free(&scatter->counts);
	buffer_free(&scatter->runs);
	buffer_free(&scatter->bytes);
	buffer_free(&scatter->piece);
	if (scatter->has_file)
		close(scatter->fd);
	*scatter = (struct scatter){0};
}

/* ---- where rows begin ---- */

/* The size of the value at AT, where LEFT bytes are; more than LEFT if it ends after them. */
static size_t
value_size(const struct leaf *leaf, const uint8_t *at, size_t left)
{
	if (leaf->kind.value_bytes > 0)
		return leaf->kind.value_bytes;
	return left < sizeof(uint32_t) ? sizeof(uint32_t) : sizeof(uint32_t) + (size_t)plain_length(at);
}

static bool
find_starts(const struct leaf *leaf, const struct leaf_slice *slice, uint64_t rows, uint64_t first_row,
    struct row_start *starts, struct nest_error *error)
{
	size_t entry = 0, at = 0;
	for (uint64_t row = 0; row < rows; row++) {
		starts[row] = (struct row_start){(uint32_t)entry, (uint32_t)at};
		do {
			size_t left = slice->value_bytes - at;
			bool has_value = slice->def == NULL || slice->def[entry] == leaf->max_def;
			size_t size = has_value ? value_size(leaf, slice->values + at, left) : 0;
			if (size > left)
				return nest_error_set(error, NEST_INVALID,
				    "column %s, row %" PRIu64 ": the values end inside this one", leaf->path,
				    first_row + row);
			at += size;
			entry++;
		} while (slice->rep != NULL && entry < slice->entries && slice->rep[entry] != 0);
	}
	starts[rows] = (struct row_start){(uint32_t)entry, (uint32_t)at};
	return at == slice->value_bytes ||
	       nest_error_set(error, NEST_INVALID,
		   "column %s has %zu bytes behind the last value of the slice at row %" PRIu64, leaf->path,
		   slice->value_bytes - at, first_row);
}

static struct row_start *
starts_of(const struct scatter *scatter, uint32_t leaf, uint64_t rows)
{
	return (struct row_start *)(void *)scatter->starts.data + leaf * (rows + 1);
}

static bool
find_all_starts(struct scatter *scatter, const struct leaf_slice *slices, uint64_t rows, uint64_t first_row,
    struct nest_error *error)
{
	buffer_clear(&scatter->starts);
	if (!buffer_reserve(
		&scatter->starts, scatter->leaf_count * (rows + 1) * sizeof(struct row_start), error))
		return false;
	for (uint32_t i = 0; i < scatter->leaf_count; i++) {
		const struct scatter_leaf *leaf = &scatter->leaves[i];
		if (!find_starts(leaf->leaf, &slices[leaf->number], rows, first_row,
			starts_of(scatter, i, rows), error))
			return false;
	}
	return true;
}

/* ---- in ---- */

/* Orders rows by partition, and turns the counts into the ends of the partitions. */
static bool
order_rows(struct scatter *scatter, uint64_t rows, const uint32_t *partitions, uint32_t count,
    struct nest_error *error)
{
	buffer_clear(&scatter->counts);
	buffer_clear(&scatter->order);
	if (!buffer_reserve(&scatter->counts, count * sizeof(uint32_t), error) ||
	    !buffer_reserve(&scatter->order, rows * sizeof(uint32_t), error))
		return false;
	uint32_t *ends = (uint32_t *)(void *)scatter->counts.data;
	uint32_t *order = (uint32_t *)(void *)scatter->order.data, sum = 0;
	memset(ends, 0, count * sizeof *ends);
	for (uint64_t row = 0; row < rows; row++)
		ends[partitions[row]]++;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = ends[i];
		ends[i] = sum;
		sum += size;
	}
	for (uint64_t row = 0; row < rows; row++)
		order[ends[partitions[row]]++] = (uint32_t)row;
	return true;
}

/* Appends the levels of rows, which are at BASE, or their values. */
static void
copy_rows(struct buffer *out, const uint8_t *base, const struct row_start *starts, bool are_values,
    const uint32_t *rows, uint32_t count)
{
	for (uint32_t i = 0, behind; i < count; i = behind) {
		/* Neighbours are copied together. */
		for (behind = i + 1; behind < count && rows[behind] == rows[behind - 1] + 1; behind++)
			;
		struct row_start start = starts[rows[i]], end = starts[rows[behind - 1] + 1];
		size_t from = are_values ? start.value : start.entry;
		size_t size = (are_values ? end.value : end.entry) - from;
		if (size > 0)
			memcpy(out->data + out->size, base + from, size);
		out->size += size;
	}
}

static struct leaf_header
measure_rows(const struct row_start *starts, const uint32_t *rows, uint32_t count)
{
	struct leaf_header header = {0};
	for (uint32_t i = 0; i < count; i++) {
		header.entries += starts[rows[i] + 1].entry - starts[rows[i]].entry;
		header.value_bytes += starts[rows[i] + 1].value - starts[rows[i]].value;
	}
	return header;
}

static bool
put_leaf(struct scatter *scatter, const struct leaf_slice *slice, const struct row_start *starts,
    const uint32_t *rows, uint32_t count, struct nest_error *error)
{
	struct buffer *bytes = &scatter->bytes;
	const struct leaf_header header = measure_rows(starts, rows, count);
	if (!buffer_reserve(
		bytes, sizeof header + 2 * (size_t)header.entries + (size_t)header.value_bytes, error) ||
	    !buffer_append(bytes, &header, sizeof header, error))
		return false;
	if (slice->rep != NULL)
		copy_rows(bytes, slice->rep, starts, false, rows, count);
	if (slice->def != NULL)
		copy_rows(bytes, slice->def, starts, false, rows, count);
	copy_rows(bytes, slice->values, starts, true, rows, count);
	return true;
}

static bool
put_run(struct scatter *scatter, const struct leaf_slice *slices, uint64_t slice_rows, uint32_t partition,
    const uint32_t *rows, uint32_t count, struct nest_error *error)
{
	size_t start = scatter->bytes.size;
	for (uint32_t i = 0; i < scatter->leaf_count; i++)
		if (!put_leaf(scatter, &slices[scatter->leaves[i].number], starts_of(scatter, i, slice_rows),
			rows, count, error))
			return false;
	const struct scatter_run run = {
	    partition, count, scatter->spilled + start, scatter->bytes.size - start};
	return buffer_append(&scatter->runs, &run, sizeof run, error);
}

static bool
fail_aside(struct nest_error *error)
{
	return nest_error_system(error, "unable to keep rows aside");
}

/* Writes what is in memory to the file. */
static bool
spill(struct scatter *scatter, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.spill");
	if (!scatter->has_file) {
		scatter->fd = place_scratch(scatter->place);
		scatter->has_file = scatter->fd >= 0;
		if (!scatter->has_file)
			return fail_aside(error);
	}
	for (size_t done = 0; done < scatter->bytes.size;) {
		ssize_t count = pwrite(scatter->fd, scatter->bytes.data + done, scatter->bytes.size - done,
		    (off_t)(scatter->spilled + done));
		if (count < 0 && errno != EINTR)
			return fail_aside(error);
		done += count > 0 ? (size_t)count : 0;
	}
	scatter->spilled += scatter->bytes.size;
	buffer_clear(&scatter->bytes);
	return true;
}

bool
scatter_take(struct scatter *scatter, const struct leaf_slice *slices, uint64_t rows, uint64_t first_row,
    const uint32_t *partitions, uint32_t count, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.scatter");
	if (!find_all_starts(scatter, slices, rows, first_row, error))
		return false;
	if (rows == 0)
		return true;
	if (!order_rows(scatter, rows, partitions, count, error))
		return false;
	const uint32_t *ends = (const uint32_t *)(const void *)scatter->counts.data;
	const uint32_t *order = (const uint32_t *)(const void *)scatter->order.data;
	for (uint32_t i = 0, start = 0; i < count; start = ends[i++])
		if (ends[i] > start &&
		    !put_run(scatter, slices, rows, i, order + start, ends[i] - start, error))
			return false;
	return scatter->bytes.size < scatter->memory_bytes || spill(scatter, error);
}

/* ---- out ---- */

static int
compare_runs(const void *left, const void *right)
{
	const struct scatter_run *a = left, *b = right;
	if (a->partition != b->partition)
		return a->partition < b->partition ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

void
scatter_sort(struct scatter *scatter, const uint32_t *ranks)
{
	struct scatter_run *runs = (struct scatter_run *)(void *)scatter->runs.data;
	size_t count = scatter->runs.size / sizeof *runs;
	for (size_t i = 0; i < count; i++)
		runs[i].partition = ranks[runs[i].partition];
	if (count > 0)
		qsort(runs, count, sizeof *runs, compare_runs);
}

/* The bytes of RUN; valid until the next call. */
static const uint8_t *
bytes_of(struct scatter *scatter, const struct scatter_run *run, struct nest_error *error)
{
	if (run->offset >= scatter->spilled)
		return scatter->bytes.data + (run->offset - scatter->spilled);
	buffer_clear(&scatter->piece);
	if (!buffer_reserve(&scatter->piece, run->size, error))
		return NULL;
	for (size_t done = 0; done < run->size;) {
		ssize_t count = pread(
		    scatter->fd, scatter->piece.data + done, run->size - done, (off_t)(run->offset + done));
		if (count == 0)
			errno = EIO;
		if (count == 0 || (count < 0 && errno != EINTR)) {
			fail_aside(error);
			return NULL;
		}
		done += count > 0 ? (size_t)count : 0;
	}
	return scatter->piece.data;
}

/* Appends the entries at *AT to the leaf, and moves past them. */
static bool
take_leaf(struct scatter_leaf *leaf, const uint8_t **at, struct nest_error *error)
{
	struct leaf_header header;
	memcpy(&header, *at, sizeof header);
	const uint8_t *rep = *at + sizeof header;
	const uint8_t *def = rep + (leaf->leaf->max_rep > 0 ? header.entries : 0);
	const uint8_t *values = def + (leaf->leaf->max_def > 0 ? header.entries : 0);
	leaf->entries += header.entries;
	*at = values + header.value_bytes;
	return buffer_append(&leaf->rep, rep, (size_t)(def - rep), error) &&
	       buffer_append(&leaf->def, def, (size_t)(values - def), error) &&
	       buffer_append(&leaf->values, values, header.value_bytes, error);
}

static bool
take_run(struct scatter *scatter, const struct scatter_run *run, struct nest_error *error)
{
	const uint8_t *at = bytes_of(scatter, run, error);
	if (at == NULL)
		return false;
	for (uint32_t i = 0; i < scatter->leaf_count; i++)
		if (!take_leaf(&scatter->leaves[i], &at, error))
			return false;
	return true;
}

static struct leaf_slice
slice_of(const struct scatter_leaf *leaf)
{
	return (struct leaf_slice){.rep = leaf->leaf->max_rep > 0 ? leaf->rep.data : NULL,
	    .def = leaf->leaf->max_def > 0 ? leaf->def.data : NULL,
	    .entries = leaf->entries,
	    .values = leaf->values.data,
	    .value_bytes = leaf->values.size};
}

static void
clear_leaves(struct scatter *scatter)
{
	for (uint32_t i = 0; i < scatter->leaf_count; i++) {
		struct scatter_leaf *leaf = &scatter->leaves[i];
		buffer_clear(&leaf->rep);
		buffer_clear(&leaf->def);
		buffer_clear(&leaf->values);
		leaf->entries = 0;
	}
}

bool
scatter_next(struct scatter *scatter, uint32_t rank, uint64_t *rows, struct nest_error *error)
{
	const struct scatter_run *runs = (const struct scatter_run *)(const void *)scatter->runs.data;
	size_t count = scatter->runs.size / sizeof *runs, gathered = 0;
	*rows = 0;
	clear_leaves(scatter);
	for (; scatter->next_run < count && gathered < SCATTER_SLICE_BYTES; scatter->next_run++) {
		const struct scatter_run *run = &runs[scatter->next_run];
		if (run->partition != rank)
			break;
		if (!take_run(scatter, run, error))
			return false;
		gathered += run->size;
		*rows += run->rows;
	}
	for (uint32_t i = 0; i < scatter->leaf_count; i++) {
		if (!buffer_reserve(&scatter->leaves[i].values, PLAIN_SLACK, error))
			return false;
		scatter->slices[i] = slice_of(&scatter->leaves[i]);
	}
	return true;
}
