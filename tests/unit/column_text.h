/* column_text - the contents of a stripe as readable text. */
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
