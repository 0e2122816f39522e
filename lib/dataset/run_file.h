/*
 * run_file - what a place says of the run that it belongs to.
 *
 * The file `run` is written once, by the first process, and contains
 *
 *   run 9f86d081884c7d659a2feaa0c55ad015
 *   begun by parquet-encode (process 1234 on HOST, since 2026-11-21 18:52:17 UTC)
 *
 * The file `dataset` is written once its size is known (place_put_extent()).
 */
#ifndef NEST_DATASET_RUN_FILE_H
#define NEST_DATASET_RUN_FILE_H

#include "lib/dataset/note.h"

struct run_record {
	struct digest_value run;
	char origin[NOTE_BYTES]; /* who began it */
};

/* Begins RUN in PLACE. */
enum note_result run_file_put(const struct place *place, struct digest_value run, struct nest_error *error);

/* Reads the open file FD.  NEST_FAILED if it is damaged. */
bool run_file_read(const struct place *place, int fd, struct run_record *record, struct nest_error *error);

/* "run 9f86d081" or "a run without a name", for a message. */
struct run_words {
	char text[DIGEST_TEXT_BYTES];
};
struct run_words run_words(struct digest_value run);

#endif
