/*
 * fuzz_records - a schema and a stream of msgpack records, with names or
 * without, through the shredder.
 *
 * The input is as in records.h.  Whatever is taken must have levels within the
 * schema's and values that add up, and end where stepping over it ends; what
 * is refused for its values can be stepped over.
 */
#include "shred/walk_pack.h"

#include "tests/fuzz/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record ends at END, NULL where it was refused; returns where stepping over it ends. */
static const uint8_t *
step_over(const struct taking *taking, const uint8_t *at, const uint8_t *end)
{
	struct pack_reader reader = {at, taking->walk.end};
	bool whole = pack_skip(&reader);
	if (end != NULL && whole)
		must(reader.at == end);
	if (end == NULL && taking->walk.problem != WALK_INVALID)
		must(!whole);
	return whole ? reader.at : end;
}

static void
take_all(struct taking *taking, const uint8_t *at)
{
	uint64_t rows = 0;
	while (at != NULL && at < taking->walk.end) {
		const uint8_t *behind = taking_walk(taking, walk_pack_record, at);
		rows += behind != NULL;
		must(taking_adds_up(taking, rows));
		if (behind == NULL)
			fuzz_check_refusal(taking, at);
		else
			shredder_bad_text(&taking->shredder);
		at = step_over(taking, at, behind);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct taking taking;
	if (!fuzz_input_take(&input, data, size) || !taking_init(&taking, input.schema, &input.rules))
		return 0;
	taking.walk.end = input.records.data + input.records.size;
	take_all(&taking, input.records.data);
	taking_free(&taking);
	return 0;
}
