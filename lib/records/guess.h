/*
 * guess - the tree that inference fills: what has been seen of each field.
 *
 * A node is named by its index; nodes move when others are added.
 */
#ifndef NEST_RECORDS_GUESS_H
#define NEST_RECORDS_GUESS_H

#include "lib/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* Kinds of values that a node has had, as bits. */
enum guess_kind {
	GUESS_BOOLEAN = 1,
	GUESS_INTEGER = 2,
	GUESS_REAL = 4,
	GUESS_STRING = 8,
	GUESS_BYTES = 16,
	GUESS_ARRAY = 32,
	GUESS_OBJECT = 64,
	GUESS_JSON = 128, /* anything, kept as text */
};

enum {
	GUESS_NODES_MOST = 100000, /* beyond them, the object with the most keys becomes JSON */
	GUESS_DEPTH_MOST = 56,     /* levels of the schema; deeper values become JSON */
};

/* Of all the strings of a node. */
struct guess_times {
	bool is_other; /* one was neither a date nor a timestamp */
	bool has_date, has_offset, has_local, has_nanos;
	bool is_far; /* a timestamp is out of the range of nanoseconds in 64 bits */
};

struct guess_node {
	char *name;                                     /* of a field; NULL for the root and for elements */
	uint32_t parent, first_child, last_child, next; /* 0: none */
	uint32_t expected;                              /* the child that is likely to come next */
	uint32_t child_count, depth;
	uint32_t kinds;
	bool is_map;       /* its only child stands for all its values */
	bool is_negative;  /* integers: some are below 0, */
	bool is_large;     /* and some beyond 2^63 */
	bool is_huge;      /* and some beyond 64 bits */
	bool is_beyond;    /* numbers: some out of the range of a double */
	bool is_collapsed; /* JSON for lack of room, not because of a conflict */
	struct guess_times times;
};

struct guess {
	struct guess_node *nodes; /* the root first */
	uint32_t count, capacity;
	uint32_t *slots; /* fields by parent and name */
	uint32_t slot_mask;
	uint64_t maps; /* an object with more keys than this may be a map; 0: none */
};

bool guess_init(struct guess *guess, uint64_t maps, struct nest_error *error);
void guess_free(struct guess *guess);

/* The field NAME of the object NODE; *CHILD is 0 if the object has become JSON. */
bool guess_field(
    struct guess *guess, uint32_t node, struct view name, uint32_t *child, struct nest_error *error);

/* The child of the object NODE that was seen as NAME, or that stands for its values; 0 if there is none. */
uint32_t guess_find(const struct guess *guess, uint32_t node, struct view name);

/* The node of the elements of the array NODE, likewise. */
bool guess_element(struct guess *guess, uint32_t node, uint32_t *child, struct nest_error *error);

/* Notes a string of NODE, which may be a date or a timestamp. */
void guess_string(struct guess *guess, uint32_t node, struct view text);

/* Notes an integer of NODE. */
void guess_integer(struct guess *guess, uint32_t node, bool fits, uint64_t magnitude, bool is_negative);

/* Whether a node's values are numbers that fit no type but JSON. */
bool guess_has_no_number(const struct guess_node *node);

/*
 * The physical type of a node that is a leaf, and its annotation: "" or " (STRING)"; NULL if it
 * is a group.  DATES as in infer.h.
 */
const char *guess_leaf(const struct guess_node *node, bool dates, const char **annotation);

/* The message type of the tree; DATES and KEEP as in infer.h. */
bool guess_print(
    struct guess *guess, bool dates, const char *keep, struct buffer *text, struct nest_error *error);

#endif
