/*
 * staged_name - what the files in a place are called, and what a name says.
 *
 *   .part-00003.5f0c11d2e37a9b64.tmp   an attempt at part 3
 *   part-00003-9f86d081-DIGEST         part 3, complete: the first digits of its run, and its bytes' digest
 *   run, dataset, merger               what is known of the run: run_file.h and join.c
 *   new                                the dataset while it is put together: commit.c
 *
 * No reader of datasets takes any of them for one of its files.
 */
#ifndef NEST_DATASET_STAGED_NAME_H
#define NEST_DATASET_STAGED_NAME_H

#include "lib/base/digest.h"
#include "lib/dataset/place.h"

#define NAME_RUN "run"
#define NAME_DATASET "dataset"
#define NAME_MERGER "merger"
#define NAME_NEW "new"

enum { NAME_RUN_DIGITS = 8 };

/* What the name of a complete part says. */
struct part_name {
	uint64_t number;
	char run[NAME_RUN_DIGITS + 1];
	struct digest_value digest;
};

void staged_part(
    uint64_t number, struct digest_value run, struct digest_value digest, char name[PLACE_NAME_BYTES]);

/* False if NAME is not one that staged_part() makes. */
bool staged_parse(const char *name, struct part_name *parsed);

/* Whether PARSED is of RUN, as far as its name tells. */
bool staged_is_of_run(const struct part_name *parsed, struct digest_value run);

/*
 * A hidden name that nobody else has: ".STEM.", digits made up by chance, ".tmp".  STEM is at
 * most 30 bytes.  NEST_FAILED if there is no chance to be had.
 */
bool staged_temporary(const char *stem, char name[PLACE_NAME_BYTES], struct nest_error *error);
bool staged_is_temporary(const char *name);

/* Whether NAME is a file that a run of these programs leaves in a place, however it ended. */
bool staged_is_ours(const char *name);

#endif
