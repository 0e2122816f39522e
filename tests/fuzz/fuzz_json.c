/*
 * fuzz_json - a schema and JSON records through the shredder.
 *
 * The input is as in records.h.  Whatever is taken must have levels within the
 * schema's and values that add up, and end where stepping over it ends; what
 * the walk finds to be no JSON must be none for stepping over it, and in the
 * same place.
 */
#include "lib/base/utf8.h"
#include "shred/walk_json.h"

#include "tests/fuzz/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record ends at END, NULL where it was refused: the same must come of stepping over it. */
static void
check_against_skip(const struct taking *taking, const uint8_t *at, const uint8_t *end)
{
	struct json json = {.spans_lines = taking->walk.json.spans_lines};
	const uint8_t *behind = json_skip(&json, at);
	if (behind == NULL && strncmp(json.fault.due, "nesting", 7) == 0)
		return;
	if (end != NULL)
		must(end == behind);
	else if (taking->walk.problem != WALK_INVALID)
		must(behind == NULL && json.fault.at == taking->walk.failed_at);
}

/* Steps over the record as the reader does; NULL where its end is not known. */
static const uint8_t *
step_over(const struct taking *taking, const uint8_t *at)
{
	struct json json = {.spans_lines = true};
	if (taking->walk.json.spans_lines)
		return json_skip(&json, at);
	return memchr(at, '\n', (size_t)(taking->walk.end - at));
}

static void
take_all(struct taking *taking, const uint8_t *at)
{
	const uint8_t *end = taking->walk.end;
	uint64_t rows = 0;
	for (;;) {
		while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
			at++;
		if (at >= end)
			return;
		const uint8_t *behind = taking_walk(taking, walk_json_record, at);
		check_against_skip(taking, at, behind);
		rows += behind != NULL;
		must(taking_adds_up(taking, rows));
		if (behind != NULL)
			must(behind <= end && (!utf8_valid(at, (size_t)(behind - at)) ||
						  shredder_bad_text(&taking->shredder) == 0));
		else
			fuzz_check_refusal(taking, at);
		at = behind != NULL ? behind : step_over(taking, at);
		if (at == NULL)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct taking taking;
	if (!fuzz_input_take(&input, data, size) || !taking_init(&taking, input.schema, &input.rules))
		return 0;
	uint8_t *text = calloc(1, input.records.size + JSON_SLACK);
	must(text != NULL);
	memcpy(text, input.records.data, input.records.size);
	taking.walk.end = text + input.records.size;
	taking.walk.json.spans_lines = input.spans_lines;
	take_all(&taking, text);
	free(text);
	taking_free(&taking);
	return 0;
}
