/*
 * Any bytes as a column chunk: two of them choose the column and the codec, the rest are its pages.
 * Whatever comes out of them is whole: as many levels as entries, as many values as there are to be.
 */
#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/levels.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES = 1 << 16 };

static const char *const FIELDS[] = {
    "required boolean a",
    "optional int32 a",
    "repeated int64 a",
    "required int96 a",
    "optional float a",
    "repeated double a",
    "optional binary a",
    "required fixed_len_byte_array(5) a",
    "optional group g { repeated group h { optional binary a; } }",
};

enum { FIELD_COUNT = sizeof FIELDS / sizeof *FIELDS };

static bool
read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct view *bytes = context;
	if (offset > bytes->size || size > bytes->size - offset)
		return nest_error_set(error, NEST_FAILED, "there is nothing");
	if (size > 0)
		memcpy(data, bytes->data + offset, size);
	return true;
}

/* The values must be as many as there are to be, in PLAIN layout. */
static void
check_values(const struct schema_node *leaf, const struct page_content *content)
{
	size_t fixed = schema_value_bytes(leaf), at = 0;
	if (fixed > 0) {
		must(content->values.size == content->value_count * fixed);
		return;
	}
	for (uint64_t i = 0; i < content->value_count; i++) {
		uint32_t length;
		must(content->values.size - at >= sizeof length);
		memcpy(&length, content->values.data + at, sizeof length);
		must(content->values.size - at - sizeof length >= length);
		at += sizeof length + length;
	}
	must(at == content->values.size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct schema schemas[FIELD_COUNT];
	struct nest_error error;
	if (size < 2)
		return 0;
	struct schema *schema = &schemas[data[0] % FIELD_COUNT];
	if (schema->nodes == NULL) {
		char text[128] = "message m { ";
		strcat(strcat(text, FIELDS[data[0] % FIELD_COUNT]), data[0] % FIELD_COUNT < 8 ? "; }" : " }");
		must(schema_parse(schema, view_of_text(text), &error));
	}
	const struct schema_node *leaf = &schema->nodes[schema->leaves[0]];
	struct view bytes = {data + 2, size - 2};
	const struct metadata_source source = {read_at, &bytes, bytes.size, "input"};
	const struct column_chunk chunk = {
	    .codec = data[1] % 10, .num_values = ENTRIES, .total_compressed_bytes = bytes.size};
	struct chunk_reader reader = {0};
	bool found;
	chunk_reader_open(&reader, &source, &chunk, leaf);
	while (chunk_reader_next_data(&reader, &found, &error) && found) {
		const struct page_content *content = &reader.content;
		must(content->rep.size == (leaf->max_rep > 0 ? content->entries : 0));
		must(content->def.size == (leaf->max_def > 0 ? content->entries : 0));
		must(content->entries == 0 ||
		     levels_max(content->def.data, content->def.size) <= leaf->max_def);
		must(content->rows <= content->entries && content->value_count <= content->entries);
		check_values(leaf, content);
	}
	chunk_reader_free(&reader);
	return 0;
}
