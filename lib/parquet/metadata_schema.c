/*
 * metadata_schema.c - a message type to SchemaElements and back.
 *
 * Back goes by way of the text: the elements are spelled as a message type and
 * schema_parse() judges it, so that there is one judge of what a schema may be.
 */
#include "lib/parquet/metadata_schema.h"

#include <stdio.h>

enum { CONVERTED_NONE = -1, PHYSICAL_COUNT = 8, UNIT_COUNT = 3 };

/* ConvertedType's numbers and the logical types that they stand for (LogicalTypes.md). */
static const struct converted {
	int32_t number;
	struct logical_type logical;
} CONVERTED[] = {
    {0, {.kind = LOGICAL_STRING}},
    {1, {.kind = LOGICAL_MAP}},
    {3, {.kind = LOGICAL_LIST}},
    {4, {.kind = LOGICAL_ENUM}},
    {5, {.kind = LOGICAL_DECIMAL}},
    {6, {.kind = LOGICAL_DATE}},
    {7, {.kind = LOGICAL_TIME, .unit = UNIT_MILLIS, .is_adjusted_to_utc = true}},
    {8, {.kind = LOGICAL_TIME, .unit = UNIT_MICROS, .is_adjusted_to_utc = true}},
    {9, {.kind = LOGICAL_TIMESTAMP, .unit = UNIT_MILLIS, .is_adjusted_to_utc = true}},
    {10, {.kind = LOGICAL_TIMESTAMP, .unit = UNIT_MICROS, .is_adjusted_to_utc = true}},
    {11, {.kind = LOGICAL_INTEGER, .bit_width = 8}},
    {12, {.kind = LOGICAL_INTEGER, .bit_width = 16}},
    {13, {.kind = LOGICAL_INTEGER, .bit_width = 32}},
    {14, {.kind = LOGICAL_INTEGER, .bit_width = 64}},
    {15, {.kind = LOGICAL_INTEGER, .bit_width = 8, .is_signed = true}},
    {16, {.kind = LOGICAL_INTEGER, .bit_width = 16, .is_signed = true}},
    {17, {.kind = LOGICAL_INTEGER, .bit_width = 32, .is_signed = true}},
    {18, {.kind = LOGICAL_INTEGER, .bit_width = 64, .is_signed = true}},
    {19, {.kind = LOGICAL_JSON}},
    {20, {.kind = LOGICAL_BSON}},
    {21, {.kind = LOGICAL_INTERVAL}},
};

enum { CONVERTED_COUNT = sizeof CONVERTED / sizeof CONVERTED[0] };

/* The field of the union LogicalType that each kind is, and its word; INTERVAL has none there. */
static const struct {
	int16_t field;
	const char *word;
} LOGICAL[] = {
    [LOGICAL_NONE] = {0, ""},
    [LOGICAL_STRING] = {1, "STRING"},
    [LOGICAL_ENUM] = {4, "ENUM"},
    [LOGICAL_JSON] = {12, "JSON"},
    [LOGICAL_BSON] = {13, "BSON"},
    [LOGICAL_UUID] = {14, "UUID"},
    [LOGICAL_DATE] = {6, "DATE"},
    [LOGICAL_TIME] = {7, "TIME"},
    [LOGICAL_TIMESTAMP] = {8, "TIMESTAMP"},
    [LOGICAL_DECIMAL] = {5, "DECIMAL"},
    [LOGICAL_INTEGER] = {10, "INTEGER"},
    [LOGICAL_FLOAT16] = {15, "FLOAT16"},
    [LOGICAL_INTERVAL] = {0, "INTERVAL"},
    [LOGICAL_LIST] = {3, "LIST"},
    [LOGICAL_MAP] = {2, "MAP"},
};

enum { LOGICAL_COUNT = sizeof LOGICAL / sizeof LOGICAL[0] };

static int32_t
converted_number(const struct logical_type *logical)
{
	for (size_t i = 0; i < CONVERTED_COUNT; i++) {
		const struct logical_type *known = &CONVERTED[i].logical;
		if (known->kind != logical->kind)
			continue;
		if (known->kind == LOGICAL_INTEGER &&
		    (known->bit_width != logical->bit_width || known->is_signed != logical->is_signed))
			continue;
		if ((known->kind == LOGICAL_TIME || known->kind == LOGICAL_TIMESTAMP) &&
		    known->unit != logical->unit)
			continue;
		return CONVERTED[i].number;
	}
	return CONVERTED_NONE;
}

static void
put_logical(struct thrift_writer *writer, const struct logical_type *logical)
{
	thrift_field_struct(writer, 10);
	thrift_field_struct(writer, LOGICAL[logical->kind].field);
	switch (logical->kind) {
	case LOGICAL_DECIMAL:
		thrift_field_i32(writer, 1, logical->scale);
		thrift_field_i32(writer, 2, logical->precision);
		break;
	case LOGICAL_TIME:
	case LOGICAL_TIMESTAMP:
		thrift_field_bool(writer, 1, logical->is_adjusted_to_utc);
		thrift_field_struct(writer, 2);
		thrift_field_struct(writer, (int16_t)((int)logical->unit + 1));
		thrift_struct_end(writer);
		thrift_struct_end(writer);
		break;
	case LOGICAL_INTEGER:
		thrift_field_i8(writer, 1, (int8_t)logical->bit_width);
		thrift_field_bool(writer, 2, logical->is_signed);
		break;
	default:
		break;
	}
	thrift_struct_end(writer);
	thrift_struct_end(writer);
}

static void
put_element(struct thrift_writer *writer, const struct schema_node *node, bool is_root)
{
	thrift_element_struct(writer);
	if (node->physical != PHYSICAL_GROUP)
		thrift_field_i32(writer, 1, (int32_t)node->physical);
	if (node->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY)
		thrift_field_i32(writer, 2, (int32_t)node->type_length);
	if (!is_root)
		thrift_field_i32(writer, 3, (int32_t)node->repetition);
	thrift_field_binary(writer, 4, view_of_text(node->name));
	if (node->physical == PHYSICAL_GROUP)
		thrift_field_i32(writer, 5, (int32_t)node->child_count);
	int32_t converted = converted_number(&node->logical);
	if (converted != CONVERTED_NONE)
		thrift_field_i32(writer, 6, converted);
	if (node->logical.kind == LOGICAL_DECIMAL) {
		thrift_field_i32(writer, 7, node->logical.scale);
		thrift_field_i32(writer, 8, node->logical.precision);
	}
	if (node->field_id >= 0)
		thrift_field_i32(writer, 9, node->field_id);
	if (LOGICAL[node->logical.kind].field != 0)
		put_logical(writer, &node->logical);
	thrift_struct_end(writer);
}

void
metadata_schema_encode(struct thrift_writer *writer, int16_t id, const struct schema *schema)
{
	thrift_field_list(writer, id, THRIFT_STRUCT, schema->node_count);
	for (uint32_t i = 0; i < schema->node_count; i++)
		put_element(writer, &schema->nodes[i], i == 0);
}

/* A SchemaElement as it stands in the file; -1 is what was not there. */
struct element {
	int32_t physical, type_length, repetition, child_count, converted, scale, precision, field_id;
	struct view name;
	struct logical_type logical;
};

static void
take_unit(struct thrift_reader *reader, struct thrift_field field, struct logical_type *logical)
{
	if (!thrift_enter(reader, field))
		return;
	int found = 0;
	for (struct thrift_field unit = {0}; thrift_next(reader, &unit); thrift_skip(reader, unit))
		found = unit.id;
	if (found < 1 || found > UNIT_COUNT)
		thrift_fail(reader, "a time has an unknown unit");
	else
		logical->unit = (enum time_unit)(found - 1);
}

/* The parameters of the logical type that LOGICAL has the kind of. */
static void
take_parameters(struct thrift_reader *reader, struct thrift_field field, struct logical_type *logical)
{
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field part = {0}; thrift_next(reader, &part);) {
		bool is_time = logical->kind == LOGICAL_TIME || logical->kind == LOGICAL_TIMESTAMP;
		if (logical->kind == LOGICAL_DECIMAL && part.id == 1)
			logical->scale = thrift_i32(reader, part);
		else if (logical->kind == LOGICAL_DECIMAL && part.id == 2)
			logical->precision = thrift_i32(reader, part);
		else if (is_time && part.id == 1)
			logical->is_adjusted_to_utc = thrift_bool(reader, part);
		else if (is_time && part.id == 2)
			take_unit(reader, part, logical);
		else if (logical->kind == LOGICAL_INTEGER && part.id == 1)
			logical->bit_width = thrift_i8(reader, part);
		else if (logical->kind == LOGICAL_INTEGER && part.id == 2)
			logical->is_signed = thrift_bool(reader, part);
		else
			thrift_skip(reader, part);
	}
}

static void
take_logical(struct thrift_reader *reader, struct thrift_field field, struct logical_type *logical)
{
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field member = {0}; thrift_next(reader, &member);) {
		*logical = (struct logical_type){0};
		for (size_t kind = 1; kind < LOGICAL_COUNT; kind++)
			if (LOGICAL[kind].field == member.id)
				logical->kind = (enum logical_kind)kind;
		if (logical->kind == LOGICAL_NONE)
			thrift_fail(reader, "a field has an unknown logical type");
		take_parameters(reader, member, logical);
	}
}

/* What ConvertedType says, where there is no LogicalType. */
static void
convert(struct thrift_reader *reader, struct element *element)
{
	if (element->logical.kind != LOGICAL_NONE || element->converted == CONVERTED_NONE)
		return;
	for (size_t i = 0; i < CONVERTED_COUNT; i++)
		if (CONVERTED[i].number == element->converted)
			element->logical = CONVERTED[i].logical;
	element->logical.precision = element->precision;
	element->logical.scale = element->scale > 0 ? element->scale : 0;
	/* 2, MAP_KEY_VALUE, says nothing about a group that a map contains. */
	if (element->logical.kind == LOGICAL_NONE && element->converted != 2)
		thrift_fail(reader, "a field has an unknown converted type");
}

static void
take_element(struct thrift_reader *reader, struct element *element)
{
	*element = (struct element){-1, -1, -1, -1, CONVERTED_NONE, -1, -1, -1, {NULL, 0}, {0}};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	int32_t *const integers[] = {NULL, &element->physical, &element->type_length, &element->repetition,
	    NULL, &element->child_count, &element->converted, &element->scale, &element->precision,
	    &element->field_id};
	for (struct thrift_field field = {0}; thrift_next(reader, &field);) {
		if (field.id == 4)
			element->name = thrift_binary(reader, field);
		else if (field.id == 10)
			take_logical(reader, field, &element->logical);
		else if (field.id > 0 && field.id < 10)
			*integers[field.id] = thrift_i32(reader, field);
		else
			thrift_skip(reader, field);
	}
	convert(reader, element);
}

/* Text that grows; stops at the first failure. */
struct speller {
	struct buffer text;
	struct nest_error *error;
	bool failed;
};

static void
spell_text(struct speller *speller, const char *text)
{
	if (!speller->failed && !buffer_append(&speller->text, text, strlen(text), speller->error))
		speller->failed = true;
}

static void
spell_name(struct speller *speller, struct view name)
{
	if (!speller->failed && !schema_put_name(&speller->text, name, speller->error))
		speller->failed = true;
}

static void
spell_annotation(struct speller *speller, const struct logical_type *logical)
{
	static const char *const units[] = {"MILLIS", "MICROS", "NANOS"};
	char text[64] = "";
	if (logical->kind == LOGICAL_NONE)
		return;
	if (logical->kind == LOGICAL_DECIMAL)
		snprintf(text, sizeof text, "(%d,%d)", logical->precision, logical->scale);
	else if (logical->kind == LOGICAL_INTEGER)
		snprintf(
		    text, sizeof text, "(%d,%s)", logical->bit_width, logical->is_signed ? "true" : "false");
	else if (logical->kind == LOGICAL_TIME || logical->kind == LOGICAL_TIMESTAMP)
		snprintf(text, sizeof text, "(%s,%s)", units[logical->unit],
		    logical->is_adjusted_to_utc ? "true" : "false");
	spell_text(speller, " (");
	spell_text(speller, LOGICAL[logical->kind].word);
	spell_text(speller, text);
	spell_text(speller, ")");
}

static void
spell_element(struct speller *speller, const struct element *element)
{
	static const char *const repetitions[] = {"required ", "optional ", "repeated "};
	static const char *const types[PHYSICAL_COUNT] = {
	    "boolean", "int32", "int64", "int96", "float", "double", "binary", "fixed_len_byte_array"};
	char text[32];
	spell_text(speller, repetitions[element->repetition]);
	spell_text(speller, element->physical < 0 ? "group" : types[element->physical]);
	if (element->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY) {
		snprintf(text, sizeof text, "(%d)", element->type_length);
		spell_text(speller, text);
	}
	spell_text(speller, " ");
	spell_name(speller, element->name);
	spell_annotation(speller, &element->logical);
	if (element->field_id >= 0) {
		snprintf(text, sizeof text, " = %d", element->field_id);
		spell_text(speller, text);
	}
	spell_text(speller, element->physical < 0 ? " { " : "; ");
}

static bool
check_element(struct thrift_reader *reader, const struct element *element, bool is_root)
{
	if (element->name.data == NULL)
		return thrift_fail(reader, "a field has no name");
	if (!is_root && (element->repetition < 0 || element->repetition > REPETITION_REPEATED))
		return thrift_fail(reader, "a field has an unknown repetition type");
	if (element->physical < -1 || element->physical >= PHYSICAL_COUNT ||
	    (is_root && element->physical >= 0))
		return thrift_fail(reader, "a field has an unknown type");
	if (element->physical < 0 && element->child_count < 1)
		return thrift_fail(reader, "a group has no fields");
	return reader->problem == NULL;
}

/* Spells COUNT elements and the braces that close their groups. */
static void
spell_elements(struct thrift_reader *reader, size_t count, struct speller *speller)
{
	int32_t open[SCHEMA_DEPTH_LIMIT]; /* fields still to come in each open group */
	size_t depth = 0;
	for (size_t i = 0; i < count && reader->problem == NULL && !speller->failed; i++) {
		struct element element;
		take_element(reader, &element);
		if (i > 0 && depth == 0)
			thrift_fail(reader, "the schema has fields outside its message");
		if (!check_element(reader, &element, i == 0))
			return;
		if (i == 0) {
			spell_text(speller, "message ");
			spell_name(speller, element.name);
			spell_text(speller, " { ");
		} else {
			open[depth - 1]--;
			spell_element(speller, &element);
		}
		if (element.physical < 0 && depth == SCHEMA_DEPTH_LIMIT)
			thrift_fail(reader, "the schema is nested too deep");
		else if (element.physical < 0)
			open[depth++] = element.child_count;
		for (; depth > 0 && open[depth - 1] == 0; depth--)
			spell_text(speller, "} ");
	}
	if (depth > 0 || count == 0)
		thrift_fail(reader, "the schema ends inside a group");
}

bool
metadata_schema_decode(
    struct thrift_reader *reader, struct thrift_field field, struct schema *schema, struct nest_error *error)
{
	struct speller speller = {.error = error};
	size_t count = thrift_list(reader, field, THRIFT_STRUCT);
	if (count > SCHEMA_NODE_LIMIT)
		thrift_fail(reader, "the schema has too many fields");
	if (reader->problem == NULL)
		spell_elements(reader, count, &speller);
	bool fine = !speller.failed;
	if (fine && reader->problem == NULL) {
		fine = schema_parse(schema, (struct view){speller.text.data, speller.text.size}, error);
		if (!fine)
			nest_error_prefix(error, "the schema in the footer: ");
	}
	buffer_free(&speller.text);
	return fine;
}
