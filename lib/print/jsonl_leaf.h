/*
 * jsonl_leaf - what is written of one row after the other, and how a leaf
 * stands in it.
 *
 * The place in the rows and that in the text are passed from function to
 * function and returned after what was done: kept in memory they would be the
 * longest chain of dependent loads of all.
 */
#ifndef NEST_PRINT_JSONL_LEAF_H
#define NEST_PRINT_JSONL_LEAF_H

#include "lib/print/jsonl_step.h"
#include "lib/print/print.h"

struct jsonl {
	const struct schema *schema;
	struct jsonl_step *steps;
	struct buffer keys;
	enum jsonl_binary binary;

	/* Of one call. */
	const uint8_t *end;      /* of the rows */
	const uint8_t *slot_end; /* before it, a head and a short text's slot can be read */
	struct buffer *out;      /* its size is corrected only while it grows */
	const uint8_t *room_end; /* before it, there is room for a value */
	struct nest_error *error;
	bool is_told; /* the error is set; else it is that a row does not fit */
};

/* Where the rows are read and where the text is written; AT is NULL after a failure. */
struct jsonl_place {
	const uint8_t *at;
	uint8_t *to;
};

enum {
	TEXT_SLOT = 32,  /* bytes that are copied of a short text */
	LONG_TEXT = 255, /* bytes of a text whose size is in one byte */
	/* A value that is no longer text, and what may close after it: two brackets a level, and the line. */
	VALUE_ROOM = PRINT_BYTES + TEXT_SLOT + 2 * SCHEMA_DEPTH_LIMIT + 8,
};

static inline struct jsonl_place
jsonl_failed(void)
{
	return (struct jsonl_place){NULL, NULL};
}

/* Notes where the room of the buffer ends, which may have moved. */
static inline void
jsonl_note_room(struct jsonl *jsonl)
{
	jsonl->room_end = jsonl->out->data + jsonl->out->capacity - VALUE_ROOM;
}

/* Private to jsonl_room(): grows the buffer. */
struct jsonl_place jsonl_grow(struct jsonl *jsonl, struct jsonl_place place, size_t size);

/* Room for SIZE bytes, and for a value and what closes after it. */
static inline struct jsonl_place
jsonl_room(struct jsonl *jsonl, struct jsonl_place place, size_t size)
{
	if (__builtin_expect(jsonl->room_end - place.to >= (ptrdiff_t)size, 1))
		return place;
	return jsonl_grow(jsonl, place, size);
}

/* A leaf that is not null; there is room for a value. */
jsonl_putter jsonl_put_leaf;

/* What writes values of LEAF, or nil. */
jsonl_putter *jsonl_leaf_putter(enum jsonl_leaf leaf, enum jsonl_binary binary);

static inline struct jsonl_place
jsonl_put_null(struct jsonl_place place)
{
	memcpy(place.to, "null", 4);
	return (struct jsonl_place){place.at + 1, place.to + 4};
}

static inline bool
jsonl_is_nil(const struct jsonl *jsonl, const uint8_t *at)
{
	return at < jsonl->end && *at == 0xc0;
}

#endif
