/*
 * jsonl_step - a schema compiled for printing: one step a field, in the
 * schema's order, with all that is asked of it side by side.
 */
#ifndef NEST_PRINT_JSONL_STEP_H
#define NEST_PRINT_JSONL_STEP_H

#include "lib/print/jsonl.h"

enum {
	KEY_SLOT = 32,    /* bytes that can be read from the beginning of every key */
	NO_HEAD = 0x100,  /* what no byte is */
	SHORT_TEXTS = 32, /* heads of a short text: a0 to bf, and c0 after them is nil */
};

enum jsonl_leaf {
	LEAF_TEXT,
	LEAF_JSON,
	LEAF_BOOLEAN,
	LEAF_INTEGER,
	LEAF_DATE,
	LEAF_TIME,
	LEAF_TIMESTAMP,
	LEAF_SMALL_DECIMAL, /* in an integer */
	LEAF_DECIMAL,       /* in bytes */
	LEAF_FLOAT,
	LEAF_DOUBLE,
	LEAF_HALF,
	LEAF_UUID,
	LEAF_BYTES,
};

struct jsonl;
struct jsonl_place;
struct jsonl_step;

/*
 * Writes the value at AT, or nil if that is allowed, to TO, where there must be room for a value.  The two
 * are passed apart, because gcc takes a struct that is passed by way of memory.
 */
typedef struct jsonl_place jsonl_putter(
    struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to);

struct jsonl_step {
	jsonl_putter *put_field;      /* all that stands in a struct: an array, if the field repeats */
	jsonl_putter *put;            /* one value */
	const uint8_t *key;           /* what stands before it in an object: `{"name":` or `,"name":` */
	const struct jsonl_step *end; /* after the subtree; the next sibling, if there is one */
	uint32_t key_size;
	uint16_t struct_head; /* the byte that a struct of so few fields begins with, or NO_HEAD */
	uint8_t
	    text_heads; /* how many heads from a0 on are a short text or a nil that is legal; 0 of no text */
	bool is_optional;
	uint64_t highest,
	    lowest; /* of integers: the largest, and of those below zero the largest magnitude */
	const struct jsonl_step
	    *element; /* where a field repeats, what its values are; of a map, the pairs */
	const struct schema_node *node;
	uint32_t child_count;
	uint32_t size; /* of bytes that are of a fixed size, else 0 */
	uint8_t form;  /* enum schema_form of one value */
	uint8_t leaf;  /* enum jsonl_leaf of a leaf */
	bool is_repeated;
	bool has_text_keys; /* a map is an object: its keys are leaves that are always there */
};

/* Compiles SCHEMA, all but the putters, the keys into KEYS; NULL on an error.  The caller frees it. */
struct jsonl_step *jsonl_compile(const struct schema *schema, struct buffer *keys, struct nest_error *error);

#endif
