/* records - what the fuzzers of records share: their input, which is a schema, rules and records. */
#ifndef NEST_FUZZ_RECORDS_H
#define NEST_FUZZ_RECORDS_H

#include "tests/fuzz/must.h"
#include "tests/shared/taking.h"

/*
 * The schema's text, a zero byte, and a byte of which the low bits are the
 * rules: unknown fields in two, the notation of bytes in two, then whether
 * duplicates fail, whether words are numbers, and whether JSON goes on over the
 * ends of lines.  All else are the records.
 */
struct fuzz_input {
	struct view schema, records;
	struct walk_rules rules;
	bool spans_lines;
};

static inline bool
fuzz_input_take(struct fuzz_input *input, const uint8_t *data, size_t size)
{
	const uint8_t *zero = size > 0 ? memchr(data, '\0', size) : NULL;
	if (zero == NULL || zero + 1 == data + size)
		return false;
	uint8_t bits = zero[1];
	*input = (struct fuzz_input){
	    .schema = {data, (size_t)(zero - data)},
	    .records = {zero + 2, size - (size_t)(zero + 2 - data)},
	    .rules = {.unknown = (bits & 3) % 3,
		.keep = "rest",
		.duplicates_fail = (bits & 16) != 0,
		.scalars = {.binary = (bits >> 2 & 3) % 3, .non_finite = (bits & 32) != 0}},
	    .spans_lines = (bits & 64) != 0,
	};
	return true;
}

/* What a record that was not taken must leave: a sentence, and a place in the bytes from BEGIN on. */
static inline void
fuzz_check_refusal(const struct taking *taking, const uint8_t *begin)
{
	const struct walk *walk = &taking->walk;
	must(walk->problem != WALK_AGAIN && walk->problem != WALK_FAILED);
	must(taking->error.status == NEST_INVALID && taking->error.text[0] != '\0');
	must(walk->failed_node < taking->shredder.schema.node_count);
	must(walk->failed_at >= begin && walk->failed_at <= walk->end);
}

#endif
