/*
 * note - a few lines of text that stand in a place, there as a whole or not at all.
 */
#ifndef NEST_DATASET_NOTE_H
#define NEST_DATASET_NOTE_H

#include "lib/dataset/place.h"

enum { NOTE_BYTES = 512 }; /* of text, with the zero at its end */

enum note_result {
	NOTE_DONE,
	NOTE_OTHERWISE, /* put: there is one already; get: there is none */
	NOTE_GONE,      /* put: the place was removed */
	NOTE_ERROR,
};

/* Writes TEXT as NAME, synced; one that is there is kept, or replaced where REPLACES. */
enum note_result note_put(
    const struct place *place, const char *name, const char *text, bool replaces, struct nest_error *error);

/* Reads the open file FD, called NAME. */
bool note_read(
    const struct place *place, int fd, const char *name, char text[NOTE_BYTES], struct nest_error *error);

/* Reads NAME. */
enum note_result note_get(
    const struct place *place, const char *name, char text[NOTE_BYTES], struct nest_error *error);

/* "parquet-encode (process 1234 on HOST, since 2026-11-21 18:52:17 UTC)": this process, now. */
void note_origin(const char *program, char text[NOTE_BYTES]);

#endif
