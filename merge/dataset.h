/*
 * dataset - the parts that came, and whether they are complete.
 *
 * A part is a contiguous range of rows in one file.  Parts come in any order;
 * together they must be numbered from 0 on without gaps or doubles.  If rows are
 * numbered through the dataset, the parts must follow one another row by row,
 * and hold all rows of the dataset.  If each part numbers its own rows, that
 * cannot be checked, and all parts must do so.
 *
 * A zeroed struct dataset is empty; it owns what it points to, and dataset_free()
 * gives it back.
 */
#ifndef NEST_MERGE_DATASET_H
#define NEST_MERGE_DATASET_H

#include "lib/wire/frame.h"

struct dataset_part {
	uint64_t number, first_row, rows;
	bool is_part_numbered;
	uint64_t size_bytes;       /* of the file */
	struct digest_value stamp; /* of the file as it was inspected (lib/dataset/part_reader.h) */
	char *file;                /* its name in the staging directory */
	char *index;               /* of a bundle (lib/dataset/bundle.h), its files; NULL: it is one file */
};

struct dataset {
	struct dataset_part *parts;
	size_t count, capacity;
	uint64_t rows, size_bytes; /* of all parts */
};

/*
 * Enters the part that a frame of kind FRAME_PART declares; the frame may go once
 * this returns.  NEST_INVALID if its rows are numbered in another way than in the
 * part before, or if a staged file cannot have such a name: one with a slash, with
 * '.' or '_' in front, or ending in ".parquet".
 */
bool dataset_add(struct dataset *dataset, const struct frame *frame, struct nest_error *error);

/*
 * Sorts the parts by number and checks that they make a complete dataset: that of
 * EXTENT, or, if it is NULL, one that begins where part 0 does.
 * NEST_INVALID names the first part that is missing, double or out of place.
 */
bool dataset_check(struct dataset *dataset, const struct frame_extent *extent, struct nest_error *error);

void dataset_free(struct dataset *dataset);

#endif
