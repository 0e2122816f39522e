#include "gen/jsonl.h"

#include "lib/meter/probe.h"

#include <msgpack.h>

static bool print_value(FILE *file, const struct schema *schema, uint32_t node, const msgpack_object *value);

/* Printed without locks: a file has one thread here, and a lock for each byte is most of the time. */
static void
print_text(FILE *file, const char *text, size_t size)
{
	static const char escapes[128] = {
	    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	putc_unlocked('"', file);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 128 && escapes[c] != 0)
			fprintf(file, "\\%c", escapes[c]);
		else if (c < 0x20)
			fprintf(file, "\\u%04x", c);
		else
			putc_unlocked(c, file);
	}
	putc_unlocked('"', file);
}

static bool
print_scalar(FILE *file, const msgpack_object *value)
{
	switch (value->type) {
	case MSGPACK_OBJECT_STR:
		print_text(file, value->via.str.ptr, value->via.str.size);
		return true;
	case MSGPACK_OBJECT_BOOLEAN:
		fputs_unlocked(value->via.boolean ? "true" : "false", file);
		return true;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		fprintf(file, "%llu", (unsigned long long)value->via.u64);
		return true;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		fprintf(file, "%lld", (long long)value->via.i64);
		return true;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		fprintf(file, "%.17g", value->via.f64);
		return true;
	default:
		return false;
	}
}

/* Prints COUNT values between brackets, all of them of node ELEMENT. */
static bool
print_list(FILE *file, const struct schema *schema, uint32_t element, const msgpack_object *value)
{
	if (value->type != MSGPACK_OBJECT_ARRAY)
		return false;
	for (uint32_t i = 0; i < value->via.array.size; i++) {
		putc_unlocked(i == 0 ? '[' : ',', file);
		if (!print_value(file, schema, element, &value->via.array.ptr[i]))
			return false;
	}
	fputs_unlocked(value->via.array.size == 0 ? "[]" : "]", file);
	return true;
}

static bool
print_struct(FILE *file, const struct schema *schema, uint32_t node, const msgpack_object *value)
{
	const struct schema_node *nodes = schema->nodes;
	if (value->type != MSGPACK_OBJECT_ARRAY || value->via.array.size != nodes[node].child_count)
		return false;
	uint32_t child = node + 1;
	for (uint32_t i = 0; i < nodes[node].child_count; i++, child = nodes[child].end) {
		putc_unlocked(i == 0 ? '{' : ',', file);
		print_text(file, nodes[child].name, strlen(nodes[child].name));
		putc_unlocked(':', file);
		const msgpack_object *field = &value->via.array.ptr[i];
		bool repeated = nodes[child].repetition == REPETITION_REPEATED;
		if (!(repeated ? print_list(file, schema, child, field)
			       : print_value(file, schema, child, field)))
			return false;
	}
	putc_unlocked('}', file);
	return true;
}

static bool
print_value(FILE *file, const struct schema *schema, uint32_t node, const msgpack_object *value)
{
	if (value->type == MSGPACK_OBJECT_NIL) {
		fputs_unlocked("null", file);
		return true;
	}
	switch (schema->nodes[node].form) {
	case FORM_LEAF:
		return print_scalar(file, value);
	case FORM_LIST:
		return print_list(file, schema, schema->nodes[node].element, value);
	case FORM_STRUCT:
		return print_struct(file, schema, node, value);
	case FORM_MAP: /* no recipe has one yet whose keys could be JSON's */
		return false;
	}
	return false;
}

/* The row at *OFFSET, which is put behind it. */
static bool
print_row(FILE *file, const struct schema *schema, struct view body, size_t *offset, msgpack_unpacked *row,
    struct nest_error *error)
{
	msgpack_unpack_return result = msgpack_unpack_next(row, (const char *)body.data, body.size, offset);
	if (result == MSGPACK_UNPACK_NOMEM_ERROR)
		return nest_error_memory(error, body.size - *offset, "a row");
	if (result != MSGPACK_UNPACK_SUCCESS || !print_struct(file, schema, 0, &row->data))
		return nest_error_set(error, NEST_INVALID, "a row that does not fit the recipe's schema");
	putc_unlocked('\n', file);
	return true;
}

bool
jsonl_print(FILE *file, const struct schema *schema, struct view body, struct nest_error *error)
{
	NEST_SCOPE("nest_gen.jsonl");
	msgpack_unpacked row;
	size_t offset = 0;
	bool fine = true;

	msgpack_unpacked_init(&row);
	while (fine && offset < body.size)
		fine = print_row(file, schema, body, &offset, &row, error);
	msgpack_unpacked_destroy(&row);
	if (fine && (fflush(file) != 0 || ferror(file)))
		return nest_error_system(error, "unable to print the rows");
	return fine;
}
