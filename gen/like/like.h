/* like - a recipe whose rows resemble the records of a sample. */
#ifndef NEST_GEN_LIKE_LIKE_H
#define NEST_GEN_LIKE_LIKE_H

#include "lib/base/buffer.h"
#include "lib/records/input.h"

struct like_options {
	const char *sample; /* a file of JSON, or "-" */
	bool keeps_values;  /* values of the sample may appear; otherwise none does */
	bool dates;         /* ISO dates and timestamps are DATE and TIMESTAMP */
	uint64_t maps;      /* an object with more keys than this may be a MAP; 0: none is */
};

/* Appends the recipe to TEXT.  NEST_INVALID if the sample is not sound. */
bool like_recipe(const struct like_options *options, struct buffer *text, struct nest_error *error);

/* The same for an INPUT that is open; ignores the sample in OPTIONS. */
bool like_input(
    struct input *input, const struct like_options *options, struct buffer *text, struct nest_error *error);

#endif
