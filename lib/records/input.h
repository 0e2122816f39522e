/*
 * input - files, or standard input, as one range of bytes, and the parts that
 * it is cut into.
 *
 * The files follow one another in the order given; a compressed file
 * takes as many places as it has bytes.  A part is a range of places, and holds
 * the records that begin there, so parts depend on the bytes alone and any
 * process can find its own.
 */
#ifndef NEST_RECORDS_INPUT_H
#define NEST_RECORDS_INPUT_H

#include "lib/base/error.h"

#include <stdint.h>

struct input_file {
	const char *name;     /* for messages: its path, or "standard input" */
	const char *path;     /* NULL: standard input */
	int fd;               /* of standard input or of a copy of it; otherwise -1 */
	bool is_sized;        /* a regular file; others are read once, to their end */
	bool is_copy;         /* of input that can be read only once: no one else has this file */
	uint64_t offset;      /* where it begins in the file */
	uint64_t size;        /* in bytes */
	uint64_t position;    /* its first place */
	uint64_t modified_ns; /* when it was modified, if it is sized */
	uint8_t head[1];      /* what input_peek() has read of it */
	size_t head_size;
};

struct input {
	struct input_file *files;
	size_t file_count;
	bool is_sized; /* all files are */
	uint64_t size; /* of all files */
	uint64_t part_bytes, parts;
};

/*
 * PATHS are COUNT files; "-" is standard input, and so is an empty list.
 * Parts have PART_BYTES places, or there are PARTS of them if that is
 * not 0.  NEST_USAGE for input that cannot be cut this way, NEST_FAILED for files that
 * cannot be opened.
 */
bool input_open(struct input *input, char *const *paths, size_t count, uint64_t part_bytes, uint64_t parts,
    struct nest_error *error);
void input_close(struct input *input);

/* Copies input that is not sized to a file without a name, so that it can be read twice. */
bool input_spool(struct input *input, struct nest_error *error);

/*
 * The first byte of standard input, the only file; *SIZE is 0 if it has none.
 * Input that can be read only once then has it in its head; WAIT and CONTEXT as in window.h.
 */
bool input_peek(struct input *input, bool (*wait)(void *context, int fd, struct nest_error *error),
    void *context, uint8_t *byte, size_t *size, struct nest_error *error);

/* The number of parts; for an input without a size, as many as can be numbered. */
uint64_t input_part_count(const struct input *input);

/* The first place of PART; for the part after the last, the end of the input's places. */
uint64_t input_part_begin(const struct input *input, uint64_t part);

#endif
