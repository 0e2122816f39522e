#include "merge/dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Published names begin with the base name and end in ".parquet"; readers skip
 * names that begin with '.' or '_'.  A staged name is neither, so that renaming
 * never meets a file that is still to be renamed.
 */
static bool
is_staged_name(struct view name)
{
	static const char suffix[] = ".parquet";
	const size_t suffix_size = sizeof suffix - 1;
	if (name.size == 0 || name.size > FRAME_NAME_LIMIT || name.data[0] == '.' || name.data[0] == '_')
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] <= ' ' || name.data[i] == '/' || name.data[i] == 0x7f)
			return false;
	return name.size < suffix_size ||
	       memcmp(name.data + name.size - suffix_size, suffix, suffix_size) != 0;
}

static bool
make_room(struct dataset *dataset, struct nest_error *error)
{
	if (dataset->count < dataset->capacity)
		return true;
	size_t capacity = dataset->capacity == 0 ? 64 : 2 * dataset->capacity;
	size_t size;
	if (__builtin_mul_overflow(capacity, sizeof *dataset->parts, &size))
		return nest_error_memory(error, SIZE_MAX, "the parts");
	struct dataset_part *parts = realloc(dataset->parts, size);
	if (parts == NULL)
		return nest_error_memory(error, size, "the parts");
	dataset->parts = parts;
	dataset->capacity = capacity;
	return true;
}

static const char *
numbering(bool is_part_numbered)
{
	return is_part_numbered ? "part" : "dataset";
}

static bool
check_numbering(const struct dataset *dataset, const struct frame *frame, struct nest_error *error)
{
	const struct dataset_part *first = dataset->parts;
	if (dataset->count == 0 || first->is_part_numbered == frame->is_part_numbered)
		return true;
	return nest_error_set(error, NEST_INVALID,
	    "rows of part %" PRIu64 " are numbered by %s, those of part %" PRIu64 " by %s", frame->part,
	    numbering(frame->is_part_numbered), first->number, numbering(first->is_part_numbered));
}

bool
dataset_add(struct dataset *dataset, const struct frame *frame, struct nest_error *error)
{
	uint64_t rows, size_bytes;
	if (!is_staged_name(frame->file))
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 ": its file's name is not a plain name of a staged file", frame->part);
	if (__builtin_add_overflow(dataset->rows, frame->rows, &rows) || rows > FRAME_ROW_LIMIT ||
	    __builtin_add_overflow(dataset->size_bytes, frame->file_bytes, &size_bytes))
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 ": with its %" PRIu64 " rows the dataset has more than can be numbered",
		    frame->part, frame->rows);
	if (!check_numbering(dataset, frame, error) || !make_room(dataset, error))
		return false;
	char *file = strndup((const char *)frame->file.data, frame->file.size);
	if (file == NULL)
		return nest_error_memory(error, frame->file.size + 1, "a file's name");
	dataset->parts[dataset->count++] = (struct dataset_part){.number = frame->part,
	    .first_row = frame->first_row,
	    .rows = frame->rows,
	    .is_part_numbered = frame->is_part_numbered,
	    .size_bytes = frame->file_bytes,
	    .file = file};
	dataset->rows = rows;
	dataset->size_bytes = size_bytes;
	return true;
}

static int
by_number(const void *a, const void *b)
{
	const struct dataset_part *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->file, y->file);
}

/* Numbers must be 0, 1, 2, ..., as many as the extent says. */
static bool
check_numbers(const struct dataset *dataset, const struct frame_extent *extent, struct nest_error *error)
{
	uint64_t due = 0;
	for (size_t i = 0; i < dataset->count; i++, due++) {
		const struct dataset_part *part = &dataset->parts[i];
		if (i > 0 && part->number == part[-1].number)
			return nest_error_set(error, NEST_INVALID,
			    "part %" PRIu64 " came twice, as file %s and as file %s", part->number,
			    part[-1].file, part->file);
		if (extent != NULL && part->number >= extent->parts)
			return nest_error_set(error, NEST_INVALID,
			    "part %" PRIu64 " (file %s) came, but the dataset's parts are %" PRIu64
			    " in number",
			    part->number, part->file, extent->parts);
		if (part->number != due)
			break;
	}
	if (due < dataset->count || (extent != NULL && due < extent->parts))
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 " is missing; %zu came, the last of them part %" PRIu64, due,
		    dataset->count, dataset->parts[dataset->count - 1].number);
	return true;
}

/* Fails because part INDEX does not begin at the row DUE. */
static bool
misplaced(const struct dataset *dataset, size_t index, uint64_t due, struct nest_error *error)
{
	const struct dataset_part *part = &dataset->parts[index];
	if (index == 0)
		return nest_error_set(error, NEST_INVALID,
		    "part 0 (file %s) begins at row %" PRIu64 ", but the dataset at row %" PRIu64, part->file,
		    part->first_row, due);
	if (part->first_row > due)
		return nest_error_set(error, NEST_INVALID,
		    "rows %" PRIu64 " to %" PRIu64 " are missing between part %" PRIu64 " and part %" PRIu64,
		    due, part->first_row - 1, part[-1].number, part->number);
	return nest_error_set(error, NEST_INVALID,
	    "part %" PRIu64 " (file %s) begins at row %" PRIu64 " and overlaps part %" PRIu64
	    ", which ends before row %" PRIu64,
	    part->number, part->file, part->first_row, part[-1].number, due);
}

/* Parts must follow one another, from the first row of the dataset to its last. */
static bool
check_rows(const struct dataset *dataset, const struct frame_extent *extent, struct nest_error *error)
{
	uint64_t due = extent != NULL ? extent->first_row : dataset->parts[0].first_row;
	for (size_t i = 0; i < dataset->count; i++) {
		if (dataset->parts[i].first_row != due)
			return misplaced(dataset, i, due, error);
		due += dataset->parts[i].rows;
	}
	if (extent != NULL && dataset->rows != extent->rows)
		return nest_error_set(error, NEST_INVALID,
		    "the parts hold %" PRIu64 " rows, but the dataset has %" PRIu64, dataset->rows,
		    extent->rows);
	return true;
}

bool
dataset_check(struct dataset *dataset, const struct frame_extent *extent, struct nest_error *error)
{
	if (dataset->count == 0)
		return nest_error_set(
		    error, NEST_INVALID, "no part came; even a dataset without rows has one");
	bool is_part_numbered = dataset->parts[0].is_part_numbered;
	if (extent != NULL && extent->is_part_numbered != is_part_numbered)
		return nest_error_set(error, NEST_INVALID,
		    "rows of the parts are numbered by %s, but an end tells of a dataset numbered by %s",
		    numbering(is_part_numbered), numbering(extent->is_part_numbered));
	qsort(dataset->parts, dataset->count, sizeof *dataset->parts, by_number);
	return check_numbers(dataset, extent, error) &&
	       (is_part_numbered || check_rows(dataset, extent, error));
}

void
dataset_free(struct dataset *dataset)
{
	for (size_t i = 0; i < dataset->count; i++) {
		free(dataset->parts[i].file);
		free(dataset->parts[i].index);
	}
	free(dataset->parts);
	*dataset = (struct dataset){0};
}
