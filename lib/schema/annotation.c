/* annotation.c - logical types: their names, their parameters, and the types that they may annotate. */
#include "lib/schema/internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const PHYSICAL_NAMES[] = {
    [PHYSICAL_BOOLEAN] = "boolean",
    [PHYSICAL_INT32] = "int32",
    [PHYSICAL_INT64] = "int64",
    [PHYSICAL_INT96] = "int96",
    [PHYSICAL_FLOAT] = "float",
    [PHYSICAL_DOUBLE] = "double",
    [PHYSICAL_BYTE_ARRAY] = "binary",
    [PHYSICAL_FIXED_LEN_BYTE_ARRAY] = "fixed_len_byte_array",
    [PHYSICAL_GROUP] = "group",
};

static const char *const REPETITION_NAMES[] = {
    [REPETITION_REQUIRED] = "required",
    [REPETITION_OPTIONAL] = "optional",
    [REPETITION_REPEATED] = "repeated",
};

static const char *const ALGORITHM_NAMES[] = {
    [EDGE_SPHERICAL] = "SPHERICAL",
    [EDGE_VINCENTY] = "VINCENTY",
    [EDGE_THOMAS] = "THOMAS",
    [EDGE_ANDOYER] = "ANDOYER",
    [EDGE_KARNEY] = "KARNEY",
};

static const char *const UNIT_NAMES[] = {
    [UNIT_MILLIS] = "MILLIS",
    [UNIT_MICROS] = "MICROS",
    [UNIT_NANOS] = "NANOS",
};

/*
 * A word with parameters gets what the table leaves open from the text.  The
 * modern word of a kind stands before the old ones, which is what makes it
 * canonical.
 */
static const struct annotation {
	const char *word;
	enum { BARE, FULL, EITHER } parameters; /* none, always some, some or none */
	struct logical_type logical;
} ANNOTATIONS[] = {
    {"STRING", BARE, {.kind = LOGICAL_STRING}},
    {"ENUM", BARE, {.kind = LOGICAL_ENUM}},
    {"JSON", BARE, {.kind = LOGICAL_JSON}},
    {"BSON", BARE, {.kind = LOGICAL_BSON}},
    {"UUID", BARE, {.kind = LOGICAL_UUID}},
    {"DATE", BARE, {.kind = LOGICAL_DATE}},
    {"TIME", FULL, {.kind = LOGICAL_TIME}},
    {"TIMESTAMP", FULL, {.kind = LOGICAL_TIMESTAMP}},
    {"DECIMAL", FULL, {.kind = LOGICAL_DECIMAL}},
    {"INTEGER", FULL, {.kind = LOGICAL_INTEGER}},
    {"FLOAT16", BARE, {.kind = LOGICAL_FLOAT16}},
    {"INTERVAL", BARE, {.kind = LOGICAL_INTERVAL}},
    {"LIST", BARE, {.kind = LOGICAL_LIST}},
    {"MAP", BARE, {.kind = LOGICAL_MAP}},
    {"UNKNOWN", BARE, {.kind = LOGICAL_UNKNOWN}},
    {"VARIANT", EITHER, {.kind = LOGICAL_VARIANT}},
    {"GEOMETRY", EITHER, {.kind = LOGICAL_GEOMETRY}},
    {"GEOGRAPHY", EITHER, {.kind = LOGICAL_GEOGRAPHY}},
    {"UTF8", BARE, {.kind = LOGICAL_STRING}},
    {"INT_8", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 8, .is_signed = true}},
    {"INT_16", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 16, .is_signed = true}},
    {"INT_32", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 32, .is_signed = true}},
    {"INT_64", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 64, .is_signed = true}},
    {"UINT_8", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 8}},
    {"UINT_16", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 16}},
    {"UINT_32", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 32}},
    {"UINT_64", BARE, {.kind = LOGICAL_INTEGER, .bit_width = 64}},
    {"TIME_MILLIS", BARE, {.kind = LOGICAL_TIME, .unit = UNIT_MILLIS, .is_adjusted_to_utc = true}},
    {"TIME_MICROS", BARE, {.kind = LOGICAL_TIME, .unit = UNIT_MICROS, .is_adjusted_to_utc = true}},
    {"TIMESTAMP_MILLIS", BARE, {.kind = LOGICAL_TIMESTAMP, .unit = UNIT_MILLIS, .is_adjusted_to_utc = true}},
    {"TIMESTAMP_MICROS", BARE, {.kind = LOGICAL_TIMESTAMP, .unit = UNIT_MICROS, .is_adjusted_to_utc = true}},
    {"MAP_KEY_VALUE", BARE, {.kind = LOGICAL_MAP}},
};

enum { ANNOTATION_COUNT = sizeof ANNOTATIONS / sizeof ANNOTATIONS[0] };

const char *
schema_physical_name(enum physical_type physical)
{
	return PHYSICAL_NAMES[physical];
}

const char *
repetition_name(enum repetition repetition)
{
	return REPETITION_NAMES[repetition];
}

const char *
unit_name(enum time_unit unit)
{
	return UNIT_NAMES[unit];
}

const char *
algorithm_name(enum edge_algorithm algorithm)
{
	return ALGORITHM_NAMES[algorithm];
}

const char *
annotation_name(enum logical_kind kind)
{
	for (size_t i = 0; i < ANNOTATION_COUNT; i++)
		if (ANNOTATIONS[i].logical.kind == kind)
			return ANNOTATIONS[i].word;
	return "";
}

/* The type that LOGICAL annotates; DECIMAL, which has the choice, is not asked. */
static enum physical_type
annotated_type(const struct logical_type *logical, uint32_t *length)
{
	*length = 0;
	switch (logical->kind) {
	case LOGICAL_STRING:
	case LOGICAL_ENUM:
	case LOGICAL_JSON:
	case LOGICAL_BSON:
	case LOGICAL_GEOMETRY:
	case LOGICAL_GEOGRAPHY:
		return PHYSICAL_BYTE_ARRAY;
	case LOGICAL_DATE:
		return PHYSICAL_INT32;
	case LOGICAL_TIME:
		return logical->unit == UNIT_MILLIS ? PHYSICAL_INT32 : PHYSICAL_INT64;
	case LOGICAL_TIMESTAMP:
		return PHYSICAL_INT64;
	case LOGICAL_INTEGER:
		return logical->bit_width == 64 ? PHYSICAL_INT64 : PHYSICAL_INT32;
	case LOGICAL_LIST:
	case LOGICAL_MAP:
	case LOGICAL_VARIANT:
		return PHYSICAL_GROUP;
	default:
		*length = logical->kind == LOGICAL_UUID ? 16 : logical->kind == LOGICAL_INTERVAL ? 12 : 2;
		return PHYSICAL_FIXED_LEN_BYTE_ARRAY;
	}
}

/* Room for a type as the text spells it. */
struct type_text {
	char text[48];
};

static struct type_text
type_text(enum physical_type physical, uint32_t length)
{
	struct type_text spelled;
	if (physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY)
		snprintf(spelled.text, sizeof spelled.text, "%s(%u)", schema_physical_name(physical), length);
	else
		snprintf(spelled.text, sizeof spelled.text, "%s", schema_physical_name(physical));
	return spelled;
}

/* The decimal digits that every value of a type can hold; 0 for a type that holds no decimals. */
static int64_t
decimal_digits(const struct schema_node *node)
{
	/* Of a two's complement number of n bytes, 8n - 1 bits count; each is worth log10(2) digits. */
	const double digits_per_bit = 0.30102999566398119521;
	switch (node->physical) {
	case PHYSICAL_INT32:
		return 9;
	case PHYSICAL_INT64:
		return 18;
	case PHYSICAL_BYTE_ARRAY:
		return INT32_MAX;
	case PHYSICAL_FIXED_LEN_BYTE_ARRAY:
		return (int64_t)((8 * (double)node->type_length - 1) * digits_per_bit);
	default:
		return 0;
	}
}

static bool
check_decimal(const struct parser *parser, size_t at, const struct schema_node *node)
{
	int64_t digits = decimal_digits(node);
	struct type_text type = type_text(node->physical, node->type_length);
	if (digits == 0)
		return parser_refuse(parser, at,
		    "DECIMAL annotates int32, int64, binary or fixed_len_byte_array, but %s is %s",
		    schema_quoted_name(node).text, type.text);
	if (node->logical.precision > digits)
		return parser_refuse(parser, at,
		    "DECIMAL precision %d is more than the %d digits of %s, the type of %s",
		    node->logical.precision, (int)digits, type.text, schema_quoted_name(node).text);
	return true;
}

bool
annotation_check(const struct parser *parser, size_t at, const char *word, const struct schema_node *node)
{
	if (node->logical.kind == LOGICAL_DECIMAL)
		return check_decimal(parser, at, node);
	if (node->logical.kind == LOGICAL_UNKNOWN && node->physical != PHYSICAL_GROUP)
		return true;
	if (node->logical.kind == LOGICAL_UNKNOWN)
		return parser_refuse(parser, at, "UNKNOWN annotates a field with values, but %s is group",
		    schema_quoted_name(node).text);
	uint32_t length;
	enum physical_type physical = annotated_type(&node->logical, &length);
	if (physical == node->physical && (length == 0 || length == node->type_length))
		return true;
	char parameter[24] = "";
	if (strcmp(word, "INTEGER") == 0)
		snprintf(parameter, sizeof parameter, " of %d bits", node->logical.bit_width);
	else if (strcmp(word, "TIME") == 0)
		snprintf(parameter, sizeof parameter, " in %s", unit_name(node->logical.unit));
	return parser_refuse(parser, at, "%s%s annotates %s, but %s is %s", word, parameter,
	    type_text(physical, length).text, schema_quoted_name(node).text,
	    type_text(node->physical, node->type_length).text);
}

static bool
parse_boolean(struct parser *parser, bool *value)
{
	*value = parser_at_word(parser, "true");
	if (!*value && !parser_at_word(parser, "false"))
		return parser_expected(parser, "true or false");
	return parser_advance(parser);
}

static bool
parse_unit(struct parser *parser, enum time_unit *unit)
{
	for (int i = UNIT_MILLIS; i <= UNIT_NANOS; i++)
		if (parser_at_word(parser, unit_name((enum time_unit)i))) {
			*unit = (enum time_unit)i;
			return parser_advance(parser);
		}
	return parser_expected(parser, "MILLIS, MICROS or NANOS");
}

/* Precision and, when it is not 0, the scale. */
static bool
parse_decimal(struct parser *parser, struct logical_type *logical)
{
	if (!parser_number(parser, "a precision", 1, INT32_MAX, &logical->precision))
		return false;
	if (parser->kind != ',')
		return true;
	return parser_advance(parser) &&
	       parser_number(parser, "a scale", 0, logical->precision, &logical->scale);
}

static bool
parse_integer(struct parser *parser, struct logical_type *logical)
{
	size_t at = parser->at;
	if (!parser_number(parser, "a bit width", 0, INT32_MAX, &logical->bit_width))
		return false;
	int width = logical->bit_width;
	if (width != 8 && width != 16 && width != 32 && width != 64)
		return parser_refuse(parser, at, "INTEGER has 8, 16, 32 or 64 bits, not %d", width);
	return parser_take(parser, ',') && parse_boolean(parser, &logical->is_signed);
}

/* A coordinate reference system: a word, or anything in quotes. */
static bool
parse_crs(struct parser *parser, struct schema_node *node)
{
	if (parser->kind != TOKEN_WORD && parser->kind != TOKEN_NAME)
		return parser_expected(parser, "a coordinate reference system");
	node->crs = malloc(parser->word.size + 1);
	if (node->crs == NULL)
		return nest_error_memory(
		    parser->error, parser->word.size + 1, "a coordinate reference system");
	memcpy(node->crs, parser->word.data, parser->word.size);
	node->crs[parser->word.size] = '\0';
	return parser_advance(parser);
}

/* One of the algorithms by which edges go. */
static bool
parse_algorithm(struct parser *parser, enum edge_algorithm *algorithm)
{
	for (int i = EDGE_SPHERICAL; i <= EDGE_KARNEY; i++)
		if (parser_at_word(parser, algorithm_name((enum edge_algorithm)i))) {
			*algorithm = (enum edge_algorithm)i;
			return parser_advance(parser);
		}
	return parser_expected(parser, "SPHERICAL, VINCENTY, THOMAS, ANDOYER or KARNEY");
}

/* What is told of a place on the earth; an empty system is one that is not told. */
static bool
parse_place(struct parser *parser, struct schema_node *node)
{
	if (!parse_crs(parser, node))
		return false;
	if (node->crs[0] == '\0') {
		free(node->crs);
		node->crs = NULL;
	}
	if (node->logical.kind == LOGICAL_GEOMETRY || parser->kind != ',')
		return true;
	return parser_advance(parser) && parse_algorithm(parser, &node->logical.algorithm);
}

static bool
parse_parameters(struct parser *parser, struct schema_node *node)
{
	struct logical_type *logical = &node->logical;
	if (!parser_take(parser, '('))
		return false;
	bool fine;
	if (logical->kind == LOGICAL_DECIMAL)
		fine = parse_decimal(parser, logical);
	else if (logical->kind == LOGICAL_INTEGER)
		fine = parse_integer(parser, logical);
	else if (logical->kind == LOGICAL_VARIANT)
		fine = parser_number(parser, "a version", 0, INT8_MAX, &logical->version);
	else if (logical->kind == LOGICAL_GEOMETRY || logical->kind == LOGICAL_GEOGRAPHY)
		fine = parse_place(parser, node);
	else
		fine = parse_unit(parser, &logical->unit) && parser_take(parser, ',') &&
		       parse_boolean(parser, &logical->is_adjusted_to_utc);
	return fine && parser_take(parser, ')');
}

static const struct annotation *
find_annotation(const struct parser *parser)
{
	for (size_t i = 0; i < ANNOTATION_COUNT; i++)
		if (parser_at_word(parser, ANNOTATIONS[i].word))
			return &ANNOTATIONS[i];
	return NULL;
}

bool
annotation_parse(struct parser *parser, struct schema_node *node)
{
	if (!parser_take(parser, '('))
		return false;
	if (parser->kind != TOKEN_WORD)
		return parser_expected(parser, "an annotation");
	size_t at = parser->at;
	const struct annotation *annotation = find_annotation(parser);
	if (annotation == NULL)
		return parser_refuse(
		    parser, at, "%s is no annotation that is known here", schema_quoted(parser->word).text);
	node->logical = annotation->logical;
	if (!parser_advance(parser))
		return false;
	if ((annotation->parameters == FULL || (annotation->parameters == EITHER && parser->kind == '(')) &&
	    !parse_parameters(parser, node))
		return false;
	if (!annotation_check(parser, at, annotation->word, node))
		return false;
	/* The old word for the pairs of a map says nothing more about a group that a map contains. */
	const struct schema_node *parent = &parser->schema->nodes[node->parent];
	if (node->logical.kind == LOGICAL_MAP && parent->logical.kind == LOGICAL_MAP &&
	    node->repetition == REPETITION_REPEATED && strcmp(annotation->word, "MAP_KEY_VALUE") == 0)
		node->logical = (struct logical_type){0};
	return parser_take(parser, ')');
}
