/* memory_file - an input file in memory. */
#ifndef NEST_TESTS_MEMORY_FILE_H
#define NEST_TESTS_MEMORY_FILE_H

#include "lib/base/buffer.h"
#include "lib/records/input.h"

/* An input of one file called "input"; owned until memory_file_close(). */
struct memory_file {
	struct input_file file;
	struct input input;
};

void memory_file_open(struct memory_file *memory, struct view bytes);
void memory_file_close(struct memory_file *memory);

#endif
