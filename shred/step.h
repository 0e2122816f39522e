/*
 * step - a schema compiled for walking: one step a field, in the schema's
 * order, with all that the walk asks of it side by side.
 */
#ifndef NEST_SHRED_STEP_H
#define NEST_SHRED_STEP_H

#include "lib/schema/schema.h"
#include "shred/stripe.h"

enum { NO_HEAD = 0x100 }; /* what no byte is */

struct step {
	/*
	 * How many of the head bytes from a0 on are a short text (a0 to bf: 32) or,
	 * where that is legal, nil (c0: 33); 0 where the field is no text leaf.
	 */
	uint8_t text_heads;
	uint8_t form; /* enum schema_form of one value */
	bool is_repeated, is_optional;
	uint8_t max_rep, max_def;
	uint16_t struct_head; /* the byte that a struct of so few fields begins with, or NO_HEAD */
	uint16_t entry;       /* of a value that is there, but for its repetition level */
	uint8_t number_bytes; /* of an integer or a double, 4 or 8; 0 where the field is neither */
	bool is_double;
	uint32_t text_count; /* of siblings from here on that all have text_heads; each is one step */
	uint32_t child_count, leaf_count;
	int64_t low, high;              /* of an integer; what is above INT64_MAX aside */
	uint32_t node;                  /* in the schema */
	const struct schema_node *leaf; /* the same, in full */
	struct stripe *stripes;         /* of the leaves below, leaf_count of them */
	const struct step *end;         /* behind the subtree; the next sibling, if there is one */
	/* Where a field repeats, with LIST or MAP or without: what repeats, what its values are. */
	const struct step *repeated, *element;
};

/* Compiles SCHEMA for COLUMNS, one a leaf; NULL on an error.  The caller frees it. */
struct step *steps_compile(const struct schema *schema, struct stripe *stripes, struct nest_error *error);

#endif
