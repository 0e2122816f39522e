/* column_text - what a stripe holds, as a text that a reader of a test can read. */
#ifndef NEST_TESTS_COLUMN_TEXT_H
#define NEST_TESTS_COLUMN_TEXT_H

#include "shred/shredder.h"

enum { COLUMN_TEXT_BYTES = 4096 };

/* An entry is "rep,def", and "=value" behind it where it has one. */
struct column_text {
	char text[COLUMN_TEXT_BYTES];
	size_t size;
};

struct column_text describe_column(const struct shredder *shredder, uint32_t leaf);

#endif
