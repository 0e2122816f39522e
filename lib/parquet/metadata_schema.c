/*
 * metadata_schema.c - converts a message type to SchemaElements and back.
 *
 * schema_build() checks what is read, as it does what is parsed, so that one
 * place decides what a schema may be.  An unknown logical type is none.
 */
#include "lib/parquet/metadata_schema.h"

enum { CONVERTED_NONE = -1, MAP_KEY_VALUE = 2, PHYSICAL_COUNT = 8, UNIT_COUNT = 3 };

/* The numbers of ConvertedType and the logical types that they mean (LogicalTypes.md). */
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

/* The field of each kind in the union LogicalType; INTERVAL has none. */
static const int16_t LOGICAL[] = {
    [LOGICAL_NONE] = 0,
    [LOGICAL_STRING] = 1,
    [LOGICAL_ENUM] = 4,
    [LOGICAL_JSON] = 12,
    [LOGICAL_BSON] = 13,
    [LOGICAL_UUID] = 14,
    [LOGICAL_DATE] = 6,
    [LOGICAL_TIME] = 7,
    [LOGICAL_TIMESTAMP] = 8,
    [LOGICAL_DECIMAL] = 5,
    [LOGICAL_INTEGER] = 10,
    [LOGICAL_FLOAT16] = 15,
    [LOGICAL_INTERVAL] = 0,
    [LOGICAL_LIST] = 3,
    [LOGICAL_MAP] = 2,
    [LOGICAL_UNKNOWN] = 11,
    [LOGICAL_VARIANT] = 16,
    [LOGICAL_GEOMETRY] = 17,
    [LOGICAL_GEOGRAPHY] = 18,
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
put_logical(struct thrift_writer *writer, const struct schema_node *node)
{
	const struct logical_type *logical = &node->logical;
	thrift_field_struct(writer, 10);
	thrift_field_struct(writer, LOGICAL[logical->kind]);
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
	case LOGICAL_VARIANT:
		if (logical->version != 0)
			thrift_field_i8(writer, 1, (int8_t)logical->version);
		break;
	case LOGICAL_GEOMETRY:
	case LOGICAL_GEOGRAPHY:
		if (node->crs != NULL)
			thrift_field_binary(writer, 1, view_of_text(node->crs));
		if (logical->algorithm != EDGE_SPHERICAL)
			thrift_field_i32(writer, 2, (int32_t)logical->algorithm);
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
	if (LOGICAL[node->logical.kind] != 0)
		put_logical(writer, node);
	thrift_struct_end(writer);
}

void
metadata_schema_encode(struct thrift_writer *writer, int16_t id, const struct schema *schema)
{
	thrift_field_list(writer, id, THRIFT_STRUCT, schema->node_count);
	for (uint32_t i = 0; i < schema->node_count; i++)
		put_element(writer, &schema->nodes[i], i == 0);
}

/* A SchemaElement as it is in the file; -1 is an absent field. */
struct element {
	int32_t physical, type_length, repetition, child_count, converted, scale, precision, field_id;
	struct view name, crs;
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

static void
take_algorithm(struct thrift_reader *reader, struct thrift_field field, struct logical_type *logical)
{
	int32_t algorithm = thrift_i32(reader, field);
	if (algorithm < EDGE_SPHERICAL || algorithm > EDGE_KARNEY)
		thrift_fail(reader, "a GEOGRAPHY has an unknown algorithm");
	else
		logical->algorithm = (enum edge_algorithm)algorithm;
}

/* Reads the parameters of a logical type, whose kind is in ELEMENT. */
static void
take_parameters(struct thrift_reader *reader, struct thrift_field field, struct element *element)
{
	struct logical_type *logical = &element->logical;
	bool is_place = logical->kind == LOGICAL_GEOMETRY || logical->kind == LOGICAL_GEOGRAPHY;
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
		else if (logical->kind == LOGICAL_VARIANT && part.id == 1)
			logical->version = thrift_i8(reader, part);
		else if (is_place && part.id == 1)
			element->crs = thrift_binary(reader, part);
		else if (logical->kind == LOGICAL_GEOGRAPHY && part.id == 2)
			take_algorithm(reader, part, logical);
		else
			thrift_skip(reader, part);
	}
}

static void
take_logical(struct thrift_reader *reader, struct thrift_field field, struct element *element)
{
	struct logical_type *logical = &element->logical;
	if (!thrift_enter(reader, field))
		return;
	for (struct thrift_field member = {0}; thrift_next(reader, &member);) {
		*logical = (struct logical_type){0};
		for (size_t kind = 1; kind < LOGICAL_COUNT; kind++)
			if (LOGICAL[kind] == member.id)
				logical->kind = (enum logical_kind)kind;
		if (logical->kind == LOGICAL_NONE)
			thrift_skip(reader, member);
		else
			take_parameters(reader, member, element);
	}
}

/* Takes the logical type from ConvertedType, if there is no LogicalType. */
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
	/* It is an old word for MAP, and says nothing about the group that a map contains, which repeats. */
	if (element->converted == MAP_KEY_VALUE && element->repetition != REPETITION_REPEATED)
		element->logical.kind = LOGICAL_MAP;
	if (element->logical.kind == LOGICAL_NONE && element->converted != MAP_KEY_VALUE)
		thrift_fail(reader, "a field has an unknown converted type");
}

static void
take_element(struct thrift_reader *reader, struct element *element)
{
	*element = (struct element){-1, -1, -1, -1, CONVERTED_NONE, -1, -1, -1, {NULL, 0}, {NULL, 0}, {0}};
	if (!thrift_enter(reader, thrift_element(THRIFT_STRUCT)))
		return;
	int32_t *const integers[] = {NULL, &element->physical, &element->type_length, &element->repetition,
	    NULL, &element->child_count, &element->converted, &element->scale, &element->precision,
	    &element->field_id};
	for (struct thrift_field field = {0}; thrift_next(reader, &field);) {
		if (field.id == 4)
			element->name = thrift_binary(reader, field);
		else if (field.id == 10)
			take_logical(reader, field, element);
		else if (field.id > 0 && field.id < 10)
			*integers[field.id] = thrift_i32(reader, field);
		else
			thrift_skip(reader, field);
	}
	convert(reader, element);
}

/* Makes the field that schema_build() takes; false if the element is unsound. */
static bool
field_of(
    struct thrift_reader *reader, const struct element *element, bool is_root, struct schema_field *field)
{
	const struct logical_type *logical = &element->logical;
	bool is_group = element->physical < 0;
	if (element->name.data == NULL)
		return thrift_fail(reader, "a field has no name");
	if (!is_root && (element->repetition < 0 || element->repetition > REPETITION_REPEATED))
		return thrift_fail(reader, "a field has an unknown repetition type");
	if (element->physical < -1 || element->physical >= PHYSICAL_COUNT || (is_root && !is_group))
		return thrift_fail(reader, "a field has an unknown type");
	if (is_group && element->child_count < 1)
		return thrift_fail(reader, "a group has no fields");
	if (logical->kind == LOGICAL_DECIMAL &&
	    (logical->precision < 1 || logical->scale < 0 || logical->scale > logical->precision))
		return thrift_fail(reader, "a DECIMAL has a precision or a scale that cannot be");
	if (logical->kind == LOGICAL_INTEGER && logical->bit_width != 8 && logical->bit_width != 16 &&
	    logical->bit_width != 32 && logical->bit_width != 64)
		return thrift_fail(reader, "an INTEGER has a width that cannot be");
	if (logical->kind == LOGICAL_VARIANT && logical->version < 0)
		return thrift_fail(reader, "a VARIANT has a version that cannot be");
	*field = (struct schema_field){
	    .name = element->name,
	    .repetition = is_root ? REPETITION_REQUIRED : (enum repetition)element->repetition,
	    .physical = is_group ? PHYSICAL_GROUP : (enum physical_type)element->physical,
	    .type_length = element->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY && element->type_length > 0
	                       ? (uint32_t)element->type_length
	                       : 0,
	    .logical = *logical,
	    .crs = element->crs.size > 0 ? element->crs : (struct view){NULL, 0},
	    .field_id = element->field_id,
	    .child_count = is_group ? (uint32_t)element->child_count : 0,
	};
	return reader->problem == NULL;
}

bool
metadata_schema_decode(
    struct thrift_reader *reader, struct thrift_field field, struct schema *schema, struct nest_error *error)
{
	struct buffer fields = {0};
	size_t count = thrift_list(reader, field, THRIFT_STRUCT);
	bool fine = true;
	if (count > SCHEMA_NODE_LIMIT)
		thrift_fail(reader, "the schema has too many fields");
	for (size_t i = 0; i < count && fine && reader->problem == NULL; i++) {
		struct element element;
		struct schema_field built;
		take_element(reader, &element);
		if (field_of(reader, &element, i == 0, &built))
			fine = buffer_append(&fields, &built, sizeof built, error);
	}
	if (fine && reader->problem == NULL) {
		fine = schema_build(
		    schema, (const struct schema_field *)(const void *)fields.data, count, error);
		if (!fine)
			nest_error_prefix(error, "the schema in the footer: ");
	}
	buffer_free(&fields);
	return fine;
}
