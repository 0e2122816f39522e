/*
 * dataset - what a run sees of the dataset that it makes: whether it is published,
 * and how many files it has.
 */
#ifndef NEST_RUN_DATASET_H
#define NEST_RUN_DATASET_H

#include "lib/base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Which directory is at a path. */
struct dataset_mark {
	bool exists;
	dev_t device;
	ino_t inode;
};

struct dataset_mark dataset_look(const char *directory);

/* Whether a complete dataset has appeared there since BEFORE; publishing puts another directory there. */
bool dataset_is_new(const char *directory, struct dataset_mark before);

/* The Parquet files that readers see, in directories of partitions, too. */
bool dataset_count_files(const char *directory, uint64_t *count, struct nest_error *error);

/* Adds to the sentence of ERROR that the dataset is published all the same. */
void dataset_tell(const char *directory, struct nest_error *error);

#endif
