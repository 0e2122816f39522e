/*
 * step - a schema compiled for walking: one step for each field, in the schema's
 * order, with all that the walk needs side by side.
 */
#ifndef NEST_SHRED_STEP_H
#define NEST_SHRED_STEP_H

#include "lib/schema/schema.h"
#include "shred/stripe.h"

enum { NO_HEAD = 0x100 }; /* equals no byte */

struct step {
	/*
	 * How many of the head bytes from a0 on are a short text (a0 to bf: 32) or,
	 * if the field may be null, nil (c0: 33); 0 if the field is not a text leaf.
	 */
	uint8_t text_heads;
	uint8_t form; /* enum schema_form of one value */
	bool is_repeated, is_optional;
	uint8_t max_rep, max_def;
	uint16_t struct_head; /* the byte that a struct of few fields begins with, or NO_HEAD */
	uint16_t entry;       /* of a value that is present, without its repetition level */
	uint8_t number_bytes; /* of an integer or a double, 4 or 8; 0 if the field is neither */
	bool is_double;
	uint32_t text_count; /* how many siblings from here on all have text_heads; each is one step */
	uint32_t child_count, leaf_count;
	int64_t low, high;              /* bounds of an integer, except values above INT64_MAX */
	uint32_t node;                  /* in the schema */
	const struct schema_node *leaf; /* the same, in full */
	struct stripe *stripes;         /* of the leaves below, leaf_count of them */
	const struct step *end;         /* after the subtree; the next sibling, if there is one */
	/* If a field repeats, with LIST or MAP or without: what repeats, and what its values are. */
	const struct step *repeated, *element;
};

/* Compiles SCHEMA for STRIPES, one for each leaf; NULL on an error.  The caller frees the result. */
struct step *steps_compile(const struct schema *schema, struct stripe *stripes, struct nest_error *error);

#endif
