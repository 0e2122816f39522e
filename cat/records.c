#include "cat/records.h"

#include "lib/base/pack.h"
#include "lib/base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { PATH_BYTES = 256, FLOAT_EXACT = 1 << 24, INT96_BYTES = 12 };

#define DOUBLE_EXACT ((uint64_t)1 << 53)

struct walk {
	const struct schema *schema;
	struct pack_reader reader;
	uint64_t row; /* of the dataset, or of the part */
	const struct faults *faults;
	struct nest_error *error;
};

/* Reports a value at NODE that does not fit; true if the check continues. */
static bool __attribute__((format(printf, 3, 4)))
refuse(struct walk *walk, uint32_t node, const char *format, ...)
{
	char path[PATH_BYTES], what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (node == 0)
		nest_error_set(walk->error, NEST_INVALID, "row %" PRIu64 ": %s", walk->row, what);
	else
		nest_error_set(walk->error, NEST_INVALID, "row %" PRIu64 ", field %s: %s", walk->row,
		    schema_path(walk->schema, node, path, sizeof path), what);
	return faults_pass(walk->faults, walk->error);
}

/* The same for the value that begins at AT, which is skipped. */
static bool
refuse_kind(struct walk *walk, uint32_t node, const uint8_t *at, const char *due, enum pack_type type)
{
	walk->reader.at = at;
	return refuse(walk, node, "%s due, not %s", due, pack_type_name(type)) && pack_skip(&walk->reader);
}

/* ---- leaves ---- */

/* NULL: it fits. */
static const char *
integer_problem(const struct schema_node *leaf, uint64_t magnitude, bool is_negative)
{
	int64_t low;
	uint64_t high;
	switch (leaf->physical) {
	case PHYSICAL_FLOAT:
		return magnitude <= FLOAT_EXACT ? NULL : "the integer is too large to be a float exactly";
	case PHYSICAL_DOUBLE:
		return magnitude <= DOUBLE_EXACT ? NULL : "the integer is too large to be a double exactly";
	default:
		schema_integer_range(leaf, &low, &high);
		return magnitude <= (is_negative ? 0 - (uint64_t)low : high) ? NULL
		                                                             : "the integer is out of range";
	}
}

static const char *
real_problem(const struct schema_node *leaf, double real)
{
	bool is_lost = leaf->physical == PHYSICAL_FLOAT && isinf((float)real) && !isinf(real);
	return is_lost ? "the number is out of a float's range" : NULL;
}

static bool
is_text(const struct schema_node *leaf)
{
	enum logical_kind kind = leaf->logical.kind;
	return kind == LOGICAL_STRING || kind == LOGICAL_ENUM || kind == LOGICAL_JSON;
}

static const char *
bytes_problem(const struct schema_node *leaf, struct view bytes)
{
	size_t due = leaf->physical == PHYSICAL_INT96 ? INT96_BYTES : leaf->type_length;
	if (is_text(leaf))
		return utf8_valid(bytes.data, bytes.size) ? NULL : "the string is not UTF-8";
	return leaf->physical == PHYSICAL_BYTE_ARRAY || bytes.size == due
	           ? NULL
	           : "it has not the bytes of its type";
}

/* What to expect, for a message, if the leaf takes no value of TYPE; NULL if it does. */
static const char *
due_instead(const struct schema_node *leaf, enum pack_type type)
{
	bool is_integer = type == PACK_UNSIGNED || type == PACK_NEGATIVE;
	switch (leaf->physical) {
	case PHYSICAL_BOOLEAN:
		return type == PACK_BOOLEAN ? NULL : "a boolean is";
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
		return is_integer ? NULL : "an integer is";
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return is_integer || type == PACK_FLOAT || type == PACK_DOUBLE ? NULL : "a number is";
	default:
		if (is_text(leaf))
			return type == PACK_TEXT ? NULL : "a str is";
		return type == PACK_TEXT || type == PACK_BYTES ? NULL : "a str or bin is";
	}
}

static bool
check_leaf(struct walk *walk, uint32_t node)
{
	const struct schema_node *leaf = &walk->schema->nodes[node];
	const uint8_t *at = walk->reader.at;
	struct pack_value value = pack_read(&walk->reader);
	const char *problem = due_instead(leaf, value.type);
	if (problem != NULL)
		return refuse_kind(walk, node, at, problem, value.type);
	switch (value.type) {
	case PACK_UNSIGNED:
		problem = integer_problem(leaf, value.number, false);
		break;
	case PACK_NEGATIVE:
		problem = integer_problem(leaf, 0 - (uint64_t)value.negative, true);
		break;
	case PACK_FLOAT:
	case PACK_DOUBLE:
		problem = real_problem(leaf, value.real);
		break;
	case PACK_TEXT:
	case PACK_BYTES:
		problem = bytes_problem(leaf, (struct view){walk->reader.at, value.size});
		walk->reader.at += value.size;
		break;
	default:
		break;
	}
	return problem == NULL || refuse(walk, node, "%s", problem);
}

/* ---- along the schema ---- */

static bool check_field(struct walk *walk, uint32_t node);
static bool check_value(struct walk *walk, uint32_t node);

static bool
check_struct(struct walk *walk, uint32_t node)
{
	const struct schema_node *nodes = walk->schema->nodes;
	const uint8_t *at = walk->reader.at;
	struct pack_value value = pack_read(&walk->reader);
	if (value.type != PACK_ARRAY)
		return refuse_kind(walk, node, at, "an array of fields is", value.type);
	if (value.size != nodes[node].child_count) {
		walk->reader.at = at;
		return refuse(walk, node, "an array of %u fields is due, not of %u", nodes[node].child_count,
			   value.size) &&
		       pack_skip(&walk->reader);
	}
	for (uint32_t child = node + 1; child < nodes[node].end; child = nodes[child].end)
		if (!check_field(walk, child))
			return false;
	return true;
}

/* Checks the elements of a list or of a repeated field: values of ELEMENT, perhaps the repeated node. */
static bool
check_array(struct walk *walk, uint32_t node, uint32_t element)
{
	const uint8_t *at = walk->reader.at;
	struct pack_value value = pack_read(&walk->reader);
	bool is_repeated = walk->schema->nodes[element].repetition == REPETITION_REPEATED;
	if (value.type != PACK_ARRAY)
		return refuse_kind(walk, node, at, "an array is", value.type);
	for (uint32_t i = 0; i < value.size; i++)
		if (is_repeated ? !check_value(walk, element) : !check_field(walk, element))
			return false;
	return true;
}

/* Checks the value of a key; in a map without values, a set, it is nil. */
static bool
check_mapped(struct walk *walk, uint32_t pair)
{
	const struct schema_node *nodes = walk->schema->nodes;
	uint32_t mapped = nodes[pair + 1].end;
	const uint8_t *at = walk->reader.at;
	if (mapped < nodes[pair].end)
		return check_field(walk, mapped);
	struct pack_value value = pack_read(&walk->reader);
	return value.type == PACK_NIL ||
	       refuse_kind(walk, pair, at, "nil for the value of a set is", value.type);
}

static bool
check_map(struct walk *walk, uint32_t node, uint32_t pair)
{
	const uint8_t *at = walk->reader.at;
	struct pack_value value = pack_read(&walk->reader);
	if (value.type != PACK_MAP)
		return refuse_kind(walk, node, at, "a map is", value.type);
	for (uint32_t i = 0; i < value.size; i++)
		if (!check_field(walk, pair + 1) || !check_mapped(walk, pair))
			return false;
	return true;
}

/* Checks a value that is not null and does not itself repeat. */
static bool
check_value(struct walk *walk, uint32_t node)
{
	const struct schema_node *of = &walk->schema->nodes[node];
	switch (of->form) {
	case FORM_LEAF:
		return check_leaf(walk, node);
	case FORM_STRUCT:
		return check_struct(walk, node);
	case FORM_LIST:
		return check_array(walk, node, of->element);
	case FORM_MAP:
		return check_map(walk, node, of->element);
	}
	return false;
}

static bool
check_field(struct walk *walk, uint32_t node)
{
	const struct schema_node *of = &walk->schema->nodes[node];
	bool is_nil = walk->reader.at < walk->reader.end && *walk->reader.at == 0xc0;
	if (of->repetition == REPETITION_REPEATED)
		return check_array(walk, node, node);
	if (!is_nil)
		return check_value(walk, node);
	walk->reader.at++;
	return of->repetition == REPETITION_OPTIONAL || refuse(walk, node, "a required field is null");
}

/* Checks one record: false if it is cut short, which *IS_CUT says, or if the check must stop. */
static bool
check_record(struct walk *walk, bool *is_cut)
{
	struct pack_reader whole = walk->reader;
	*is_cut = !pack_skip(&whole);
	return !*is_cut && check_struct(walk, 0);
}

bool
records_check(const struct schema *schema, const struct frame *frame, const struct faults *faults,
    struct nest_error *error)
{
	struct walk walk = {
	    schema, {frame->body.data, frame->body.data + frame->body.size}, frame->first_row, faults, error};
	bool is_cut = false;
	for (uint64_t i = 0; i < frame->rows; i++, walk.row++)
		if (!check_record(&walk, &is_cut))
			return is_cut && refuse(&walk, 0, "the body ends before this row is whole");
	size_t left = (size_t)(walk.reader.end - walk.reader.at);
	if (left == 0)
		return true;
	nest_error_set(
	    error, NEST_INVALID, "the body goes on %zu bytes behind its %" PRIu64 " rows", left, frame->rows);
	return faults_pass(faults, error);
}
