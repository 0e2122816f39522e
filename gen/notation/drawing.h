/*
 * drawing - a message of a recipe with all that it extends: the message type, and how each of its fields is
 * drawn.
 *
 * Its items are those that it inherits, in their place, and then its own;
 * one of its own replaces an inherited one of the same name.
 * Without the drawings in the outline they make the message type, which
 * lib/schema reads.
 */
#ifndef NEST_GEN_DRAWING_H
#define NEST_GEN_DRAWING_H

#include "gen/notation/outline.h"
#include "lib/schema/schema.h"

enum { DRAWINGS_MOST = 2 * SCHEMA_NODE_LIMIT }; /* fields, groups and lets of one message */

/* An expression of 0 is absent. */
struct drawing {
	struct view name; /* of a let; a field has none here */
	uint32_t node;    /* the field; of a let the group in which it stands, or the number of nodes: none */
	size_t at;        /* in the source, for messages */
	uint32_t value;
	uint32_t length;  /* of a list, a map or a repeated field */
	uint32_t present; /* whether an optional group is there */
};

struct drawings {
	struct schema schema;
	const struct outline *outline;
	uint32_t message;                   /* its item */
	const struct expression_tree *tree; /* the outline's */
	/* In the order of the text; every field of the schema has one.  The lets that all messages see come
	 * first. */
	struct drawing *items;
	uint32_t count, capacity;
	struct name_index names; /* of all, in their groups */
};

/*
 * The drawings of MESSAGE, an item of the outline; the outline and its source must live as long.
 * NEST_INVALID with the place of the first fault.
 */
bool drawings_open(struct drawings *drawings, const struct outline *outline, uint32_t message,
    const struct source *source, struct nest_error *error);
void drawings_free(struct drawings *drawings);

/* The let or field NAME of GROUP itself; false if there is none. */
bool drawings_find(const struct drawings *drawings, uint32_t group, struct view name, uint32_t *index);

#endif
