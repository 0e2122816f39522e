/*
 * drawing - a recipe taken apart: the message type, and how each of its fields is drawn.
 *
 * A recipe is a Parquet message type in which a field may have a drawing
 * behind a colon, and where a field may stand, a `let` may (nest-recipe(5)):
 *
 *     message order {
 *       let price = 1.00..9.99;
 *       required int64 id: row + 1;
 *       optional group lines (LIST): length null 5% | 1..7 { ... }
 *     }
 *
 * Taken out, they leave the message type, which lib/schema reads.
 */
#ifndef NEST_GEN_DRAWING_H
#define NEST_GEN_DRAWING_H

#include "gen/notation/expression.h"
#include "lib/schema/schema.h"

/* Expressions of 0 are not there. */
struct drawing {
	struct view name; /* of a let; a field has none here */
	uint32_t node;    /* the field; of a let, the group in which it stands */
	size_t at;        /* in the source, for messages */
	uint32_t value;
	uint32_t length;  /* of a list, a map or a repeated field */
	uint32_t present; /* whether an optional group is there */
};

struct drawings {
	struct schema schema;
	struct expression_tree tree;
	struct drawing *items; /* in the order of the text; every field of the schema has one */
	uint32_t count, capacity;
};

/* SOURCE must live as long as the drawings.  NEST_INVALID with the place of the first fault. */
bool drawings_parse(struct drawings *drawings, const struct source *source, struct nest_error *error);
void drawings_free(struct drawings *drawings);

#endif
