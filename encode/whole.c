#include "encode/whole.h"

#include "encode/queue.h"
#include "lib/base/program.h"
#include "lib/columns/cut.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct whole {
	struct draft *draft;
	const struct part_options *options;
	struct queue queue;
	struct cut cut;
	struct part_pool pool;
	struct part *part; /* NULL before the first frame */
	struct part_position position;
	uint64_t due; /* the part whose turn it is; also how many are closed */
	uint64_t rows;
};

bool
whole_is_wanted(const char *path)
{
	static const char suffix[] = ".parquet";
	size_t size = strlen(path), suffix_size = sizeof suffix - 1;
	struct stat status;
	if (strcmp(path, "-") == 0)
		return true;
	if (stat(path, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return S_ISREG(status.st_mode);
	return size >= suffix_size && strcmp(path + size - suffix_size, suffix) == 0;
}

/* A mistaken name costs at most a file that can be made again. */
static bool
check_replaced(const char *path, struct nest_error *error)
{
	char magic[METADATA_MAGIC_BYTES];
	struct stat status;
	FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0
	                 ? fopen(path, "r")
	                 : NULL;
	if (file == NULL)
		return true;
	bool is_parquet =
	    fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "PAR1", sizeof magic) == 0;
	fclose(file);
	return is_parquet ||
	       nest_error_set(error, NEST_USAGE,
		   "%s is a file, and not a Parquet file; remove it, or name another one", path);
}

bool
whole_open(
    struct whole **whole, const char *path, const struct part_options *options, struct nest_error *error)
{
	struct whole *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a file");
	made->options = options;
	if (!check_replaced(path, error) || !draft_open(&made->draft, path, error)) {
		free(made);
		return false;
	}
	*whole = made;
	return true;
}

void
whole_close(struct whole *whole)
{
	if (whole == NULL)
		return;
	part_abort(whole->part);
	part_pool_free(&whole->pool);
	cut_free(&whole->cut);
	queue_free(&whole->queue);
	draft_close(whole->draft);
	free(whole);
}

uint64_t
whole_bytes(const struct whole *whole)
{
	return draft_bytes(whole->draft);
}

/* ---- frames ---- */

/* Begins the file, which has the key-values of the first frame. */
static bool
begin(struct whole *whole, const struct frame *frame, struct nest_error *error)
{
	struct key_value meta[FRAME_META_LIMIT];
	for (size_t i = 0; i < frame->meta_count; i++)
		meta[i] = (struct key_value){frame->meta[i].key, frame->meta[i].value};
	whole->position = (struct part_position){.first_row = frame->first_row,
	    .is_part_numbered = frame->is_part_numbered,
	    .draft = whole->draft};
	return part_open(&whole->part, &whole->pool, NULL, &whole->position, &whole->cut.memo.schema, meta,
	    frame->meta_count, whole->options, error);
}

/* Checks the rows of a new part; within a part they are in order already. */
static bool
check_rows(const struct whole *whole, const struct frame *frame, struct nest_error *error)
{
	uint64_t due = whole->position.first_row + whole->rows;
	if (frame->is_part_numbered != whole->position.is_part_numbered)
		return nest_error_set(error, NEST_INVALID,
		    "rows of part %" PRIu64 " and of those before it are not numbered alike", frame->part);
	return frame->is_part_numbered || frame->first_row == due ||
	       nest_error_set(error, NEST_INVALID,
		   "part %" PRIu64 " begins at row %" PRIu64 ", but row %" PRIu64 " follows those before it",
		   frame->part, frame->first_row, due);
}

/* Appends a frame whose turn has come. */
static bool
append(struct whole *whole, const struct frame *frame, struct nest_error *error)
{
	if (!cut_take(&whole->cut, frame, error) || (whole->part == NULL && !begin(whole, frame, error)) ||
	    !check_rows(whole, frame, error))
		return false;
	if (!cut_fits(&whole->cut, part_schema(whole->part)))
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 " has another schema than what is before it; one file has one",
		    frame->part);
	if (!part_append(whole->part, frame->rows, whole->cut.leaves, error))
		return false;
	whole->rows += frame->rows;
	whole->due += frame->last;
	return true;
}

bool
whole_take(struct whole *whole, const struct frame *frame, struct nest_error *error)
{
	if (frame->part != whole->due)
		return queue_put(&whole->queue, whole->draft, frame, error);
	if (!append(whole, frame, error))
		return false;
	while (queue_has(&whole->queue, whole->due)) {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!queue_take(&whole->queue, &frame, error))
			return false;
		if (!append(whole, frame, error))
			return nest_error_prefix(error,
			    "with it a frame of part %" PRIu64 " from %.*s is due: ", frame->part,
			    (int)frame->sender.size, (const char *)frame->sender.data);
	}
	return true;
}

/* ---- the end ---- */

/* Fails if a part is open or waits: it was not closed, or one before it did not come. */
static bool
check_parts(const struct whole *whole, const struct frame_extent *extent, struct nest_error *error)
{
	const struct part_position *position = &whole->position;
	if (whole->due == 0 && whole->queue.count == 0)
		return nest_error_set(
		    error, NEST_INVALID, "no part came; even a dataset without rows has one");
	if (whole->queue.count > 0 || (extent != NULL && whole->due < extent->parts))
		return nest_error_set(error, NEST_INVALID,
		    "part %" PRIu64 " is missing, and one file has all parts", whole->due);
	if (extent == NULL ||
	    (extent->parts == whole->due && extent->is_part_numbered == position->is_part_numbered &&
		(extent->is_part_numbered ||
		    (extent->first_row == position->first_row && extent->rows == whole->rows))))
		return true;
	return nest_error_set(error, NEST_INVALID,
	    "%" PRIu64 " rows from row %" PRIu64 " in %" PRIu64 " parts came, but an end tells of %" PRIu64
	    " from row %" PRIu64 " in %" PRIu64,
	    whole->rows, position->first_row, whole->due, extent->rows, extent->first_row, extent->parts);
}

bool
whole_finish(struct whole *whole, const struct frame_extent *extent, struct nest_error *error)
{
	struct attempt_result none;
	if (!check_parts(whole, extent, error))
		return false;
	struct part *part = whole->part;
	whole->part = NULL;
	return part_finish(part, &whole->rows, &none, error) && draft_publish(whole->draft, error);
}
