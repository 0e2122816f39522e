/*
 * fuzz_snapshot - any bytes as a snapshot, with its head as it came and, since
 * no fuzzer guesses a checksum, with one that is right.
 */
#include "lib/meter/snapshot.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buffer whole;

/* Everything that a reader would touch. */
static uint64_t
visit(const struct snapshot *snapshot)
{
	uint64_t seen = strlen(snapshot->program) + strlen(snapshot->process) + strlen(snapshot->command) +
	                strlen(snapshot->config) + strlen(snapshot->notes);
	for (size_t i = 0; i < snapshot->name_count; i++)
		for (size_t m = 0; m < snapshot->meter_count; m++)
			seen += snapshot->names[i].merged.sums[m].total + strlen(snapshot->names[i].name);
	for (size_t i = 0; i < snapshot->name_count; i++)
		for (size_t p = 0; p < snapshot->names[i].places.count; p++)
			seen += strlen(snapshot->names[i].places.places[p].object) +
			        strlen(snapshot->names[i].places.places[p].file);
	for (size_t c = 0; c < snapshot->context_count; c++)
		for (size_t i = 0; i < snapshot->contexts[c].row_count; i++)
			seen += strlen(snapshot->names[snapshot->contexts[c].rows[i].name].name);
	for (size_t c = 0; c < snapshot->context_count; c++)
		for (size_t i = 0; i < snapshot->contexts[c].call_count; i++)
			seen += strlen(snapshot->names[snapshot->contexts[c].calls[i].name].name);
	for (size_t i = 0; i < snapshot->node_count; i++) {
		must(snapshot->nodes[i].parent <= i && snapshot->nodes[i].name < snapshot->name_count);
		seen += snapshot->nodes[i].sums[0].inherent;
	}
	return seen;
}

static void
decode(struct view bytes)
{
	struct snapshot snapshot;
	struct nest_error error;
	if (snapshot_decode(&snapshot, bytes, "input", &error)) {
		must(visit(&snapshot) != UINT64_MAX);
		snapshot_free(&snapshot);
	} else {
		must(error.status == NEST_INVALID && snapshot.memory == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	uint8_t head[SNAPSHOT_HEAD_BYTES] = "\x94\xaanest-meter\xce\x00\x00\x00\x01\xcf";
	uint32_t checksum = snapshot_checksum((struct view){data, size});
	decode((struct view){data, size});
	for (int i = 0; i < 8; i++)
		head[18 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
	head[26] = 0xce;
	for (int i = 0; i < 4; i++)
		head[27 + i] = (uint8_t)(checksum >> (24 - 8 * i));
	buffer_clear(&whole);
	if (buffer_append(&whole, head, sizeof head, &error) && buffer_append(&whole, data, size, &error))
		decode((struct view){whole.data, whole.size});
	return 0;
}
