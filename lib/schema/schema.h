/*
 * schema - a Parquet message type: the tree of fields, its text, its levels.
 *
 * The text is the form that parquet-mr prints and reads
 * (`message contact { optional binary name (STRING); ... }`), the tree and the
 * annotations are those of the Parquet format (LogicalTypes.md), a name that is
 * not a plain word is in double quotes with escapes as in JSON, and the
 * levels are those of the Dremel paper: the maximum repetition and definition
 * level of each field, counted along its path.
 *
 * A struct schema owns everything it points to; schema_free() gives it back.
 * Nodes are in depth-first order, the root first, and are named by their
 * index, so that a subtree is the range [node, node.end).
 */
#ifndef NEST_SCHEMA_SCHEMA_H
#define NEST_SCHEMA_SCHEMA_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

#include <stdint.h>

enum {
	SCHEMA_TEXT_LIMIT = 1 << 19, /* bytes of text */
	SCHEMA_NODE_LIMIT = 1 << 14, /* fields and groups, the message included */
	SCHEMA_DEPTH_LIMIT = 64,     /* nodes on a path, root included: bounds levels and recursion */
};

/* Values as in parquet.thrift, FieldRepetitionType. */
enum repetition { REPETITION_REQUIRED = 0, REPETITION_OPTIONAL = 1, REPETITION_REPEATED = 2 };

/* Values as in parquet.thrift, Type; a group has none. */
enum physical_type {
	PHYSICAL_BOOLEAN = 0,
	PHYSICAL_INT32 = 1,
	PHYSICAL_INT64 = 2,
	PHYSICAL_INT96 = 3,
	PHYSICAL_FLOAT = 4,
	PHYSICAL_DOUBLE = 5,
	PHYSICAL_BYTE_ARRAY = 6,
	PHYSICAL_FIXED_LEN_BYTE_ARRAY = 7,
	PHYSICAL_GROUP = 8,
};

enum logical_kind {
	LOGICAL_NONE,
	LOGICAL_STRING, /* STRING, or UTF8 in the old spelling */
	LOGICAL_ENUM,
	LOGICAL_JSON,
	LOGICAL_BSON,
	LOGICAL_UUID,
	LOGICAL_DATE,
	LOGICAL_TIME,      /* unit, is_adjusted_to_utc */
	LOGICAL_TIMESTAMP, /* unit, is_adjusted_to_utc */
	LOGICAL_DECIMAL,   /* precision, scale */
	LOGICAL_INTEGER,   /* bit_width, is_signed */
	LOGICAL_FLOAT16,
	LOGICAL_INTERVAL,
	LOGICAL_LIST,
	LOGICAL_MAP,
	LOGICAL_UNKNOWN,   /* of a leaf whose values are all null */
	LOGICAL_VARIANT,   /* version; of a group */
	LOGICAL_GEOMETRY,  /* the node's crs */
	LOGICAL_GEOGRAPHY, /* the node's crs, algorithm */
};

enum time_unit { UNIT_MILLIS, UNIT_MICROS, UNIT_NANOS };

/* Values as in parquet.thrift, EdgeInterpolationAlgorithm; the first is the default. */
enum edge_algorithm { EDGE_SPHERICAL, EDGE_VINCENTY, EDGE_THOMAS, EDGE_ANDOYER, EDGE_KARNEY };

struct logical_type {
	enum logical_kind kind;
	enum time_unit unit;
	bool is_adjusted_to_utc;
	bool is_signed;
	int bit_width;
	int precision;
	int scale;
	int version; /* of VARIANT: 0 if none is given */
	enum edge_algorithm algorithm;
};

/*
 * The form of a node's value in a `rows` record (nest-frame(5)).  LIST and
 * MAP are annotated groups whose inner repeated group does not show; that
 * group itself has the form STRUCT.  If the repeated node of a list stands
 * for the element, its form is that of one element, which may be LEAF, LIST or MAP.
 */
enum schema_form { FORM_LEAF, FORM_STRUCT, FORM_LIST, FORM_MAP };

struct schema_node {
	char *name;
	enum repetition repetition;
	enum physical_type physical; /* PHYSICAL_GROUP for a group */
	uint32_t type_length;        /* bytes of a FIXED_LEN_BYTE_ARRAY, else 0 */
	struct logical_type logical;
	char *crs; /* of GEOMETRY and GEOGRAPHY: the coordinate reference system; NULL if none is given */
	int32_t field_id; /* -1 if none is given */
	uint32_t parent;  /* the root's is 0 */
	uint32_t end;     /* one past the last node of this subtree */
	uint32_t child_count;
	uint32_t first_leaf; /* leaves of the subtree: [first_leaf, first_leaf + leaf_count) */
	uint32_t leaf_count; /* 1 for a leaf */
	uint8_t max_rep, max_def;
	enum schema_form form;
	/*
	 * For FORM_LIST: the node whose values are the elements: the only child of
	 * the repeated group, or the repeated node itself if that stands for the
	 * element (LogicalTypes.md, backward compatibility of lists).
	 * For FORM_MAP: the repeated group; its children are key and, perhaps, value.
	 */
	uint32_t element;
};

struct schema {
	struct schema_node *nodes;
	uint32_t node_count;
	uint32_t *leaves; /* leaf number to node index */
	uint32_t leaf_count;
	char *text; /* canonical: equal trees have equal texts */
	size_t text_size;
};

/*
 * Parses TEXT, untrusted and not necessarily terminated.  NEST_INVALID with
 * line and column if it is not a message type, breaks a limit, repeats a
 * field's name within a group, or annotates a type that the annotation does
 * not fit; *SCHEMA is then empty.
 */
bool schema_parse(struct schema *schema, struct view text, struct nest_error *error);
/*
 * The same for callers that have put TEXT together: if FAULT is not NULL, *FAULT is set to the offset
 * of a fault that has a place, and the sentence names no place; otherwise *FAULT is left alone.
 */
bool schema_parse_at(struct schema *schema, struct view text, size_t *fault, struct nest_error *error);

/* A node as a file's footer has it, borrowed; the first is the message. */
struct schema_field {
	struct view name;
	enum repetition repetition; /* of the message: ignored */
	enum physical_type physical;
	uint32_t type_length;
	struct logical_type logical;
	struct view crs;  /* data NULL: none */
	int32_t field_id; /* -1: none */
	uint32_t child_count;
};

/* The same from COUNT fields in depth-first order; the sentence names no place. */
bool schema_build(
    struct schema *schema, const struct schema_field *fields, size_t count, struct nest_error *error);
void schema_free(struct schema *schema);

/* The number of bytes of one value in PLAIN layout on the wire (a boolean: 1); 0 for BYTE_ARRAY. */
size_t schema_value_bytes(const struct schema_node *node);

/* The range of a leaf of integers: what its annotation leaves of its physical type. */
void schema_integer_range(const struct schema_node *leaf, int64_t *low, uint64_t *high);

/* "int32", "fixed_len_byte_array", "group", ... */
const char *schema_physical_name(enum physical_type physical);

/*
 * Writes the dotted path of NODE ("phones.list.element.number") into TEXT, cut to fit; returns
 * TEXT.  It is for messages: names that would make the path ambiguous are in quotes.
 */
const char *schema_path(const struct schema *schema, uint32_t node, char *text, size_t capacity);

/*
 * Appends NAME as a message type has it: a word as it is, anything else in double quotes with
 * escapes.  A name that is not UTF-8, or contains a zero, is spelled so that schema_parse() refuses it.
 */
bool schema_put_name(struct buffer *out, struct view name, struct nest_error *error);
/* The same, always in quotes. */
bool schema_put_quoted(struct buffer *out, struct view name, struct nest_error *error);

/* Appends NODE as its line in a message type begins: "optional binary name (STRING) = 3". */
bool schema_put_field(struct buffer *out, const struct schema_node *node, struct nest_error *error);

/* The first child of a group is at node + 1; the next sibling of a node is at its end. */

#endif
