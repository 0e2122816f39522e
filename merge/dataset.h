/*
 * dataset - the parts that came, and whether they make a whole.
 *
 * A part is a contiguous range of rows in one file.  They come in any order;
 * together they must be numbered from 0 on without a gap or a double.  Where
 * rows are numbered through the dataset, the parts must follow one another row
 * by row, and hold all the rows that the dataset has; where each part numbers
 * its own, nobody knows, and all parts must do so.
 *
 * A zeroed struct dataset is an empty one; it owns what it points to, and
 * dataset_free() gives it back.
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
	char *index;               /* of the files that it is (lib/dataset/bundle.h); NULL: it is one */
};

struct dataset {
	struct dataset_part *parts;
	size_t count, capacity;
	uint64_t rows, size_bytes; /* of all parts */
};

/*
 * Enters the part that a frame of kind FRAME_PART declares; nothing is kept of
 * the frame.  NEST_INVALID where rows are numbered in another way than in the
 * part before, or the file's name is none that a staged file may have: no slash,
 * no '.' or '_' at the beginning, no ".parquet" at the end.
 */
bool dataset_add(struct dataset *dataset, const struct frame *frame, struct nest_error *error);

/*
 * Sorts the parts by number and checks that they make a whole dataset: that of
 * EXTENT, or, where it is NULL, one that begins where part 0 does.
 * NEST_INVALID names the first part that is missing, double or out of place.
 */
bool dataset_check(struct dataset *dataset, const struct frame_extent *extent, struct nest_error *error);

void dataset_free(struct dataset *dataset);

#endif
