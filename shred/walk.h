/*
 * walk - what walking records has in common in all notations.
 *
 * A walker goes through a record once, from its first byte to its last, and
 * appends to the stripes as it goes.  The rules for null, empty and absent
 * fields, for fields that come twice and for unknown ones are here; what a leaf
 * takes is in scalar.h.  A third notation is one more file like walk_pack.c and
 * walk_json.c.
 *
 * The place in the bytes is passed from function to function, which return the
 * place after what they walked, or NULL after a failure.  Kept in memory, it would
 * be the longest chain of dependent loads.
 */
#ifndef NEST_SHRED_WALK_H
#define NEST_SHRED_WALK_H

#include "lib/json/json.h"
#include "lib/schema/schema.h"
#include "shred/fields.h"
#include "shred/keys.h"
#include "shred/scalar.h"
#include "shred/step.h"

enum unknown_rule { UNKNOWN_IGNORE, UNKNOWN_FAIL, UNKNOWN_KEEP };

/* What the command line says about records. */
struct walk_rules {
	struct scalar_rules scalars;
	enum unknown_rule unknown;
	const char *keep;      /* the top-level field that takes unknown ones as a JSON object */
	bool duplicates_fail;  /* otherwise the last of several fields of one name counts */
	bool texts_are_values; /* a msgpack str in a JSON leaf is a string, and not JSON text */
};

enum walk_problem {
	WALK_INVALID,   /* the record does not fit the schema */
	WALK_BROKEN,    /* the record breaks its notation: where it ends is unknown */
	WALK_TRUNCATED, /* the bytes end within the record */
	WALK_AGAIN,     /* a field comes twice: walk once more, with is_careful */
	WALK_FAILED,    /* the record is not at fault */
};

struct walk {
	const uint8_t *end;      /* of the bytes */
	const uint8_t *slot_end; /* from any place before it, a head and a whole slot can be read */
	const struct schema *schema;
	const struct step *steps;
	const struct scalar_rules *scalars;
	size_t *memory_bytes; /* of all stripes */
	struct nest_error *error;

	/* After a failure. */
	enum walk_problem problem;
	uint32_t failed_node;
	const uint8_t *failed_at;

	/* For records that name their fields; unused for rows frames. */
	const struct walk_rules *rules;
	struct fields fields;
	struct json json;
	bool is_careful;                       /* fields that come twice are found beforehand */
	uint32_t rest_node;                    /* the field rules->keep, or 0 */
	bool has_rest;                         /* the record has no names, and that field is in it */
	uint64_t *seen_room, *seen;            /* bits of the children met, for each open struct */
	const uint8_t **places_room, **places; /* where the last value of each child is, likewise */
	uint32_t map_count;                    /* in this record */
	struct key_set keys;
	struct buffer rest;    /* unknown fields, as the inside of a JSON object */
	struct buffer scratch; /* a text unescaped */
};

/*
 * For records with names.  SCHEMA, STEPS, RULES and MEMORY_BYTES are borrowed.
 * NEST_USAGE if rules->keep is not a field that takes a JSON text.
 */
bool walk_init(struct walk *walk, const struct schema *schema, const struct step *steps,
    const struct walk_rules *rules, size_t *memory_bytes, struct nest_error *error);
void walk_free(struct walk *walk);

/* To be called before each record. */
void walk_begin_record(struct walk *walk);

/* To be called after each record: appends the field that keeps unknown ones.  NULL on failure, else AT. */
const uint8_t *walk_end_record(struct walk *walk, const uint8_t *at);

/* Notes where and why the walk ends; walk->error is set already.  Always NULL. */
const uint8_t *walk_fail(struct walk *walk, const struct step *step, const uint8_t *at);
/* The same, and sets the message; the problem is WALK_INVALID. */
const uint8_t *walk_refuse(struct walk *walk, const struct step *step, const uint8_t *at, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* Appends an entry at DEF to every leaf below STEP, for what is not there; returns NULL or BEHIND. */
const uint8_t *walk_nulls(
    struct walk *walk, const struct step *step, unsigned rep, unsigned def, const uint8_t *behind);

/* The field STEP is null: returns NULL if it is required, or BEHIND. */
const uint8_t *walk_null(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *behind);

/* Appends a leaf that is not null; returns NULL or BEHIND. */
const uint8_t *walk_scalar(struct walk *walk, const struct step *step, unsigned rep,
    const struct scalar *scalar, const uint8_t *at, const uint8_t *behind);

/* ---- structs with names ---- */

enum { WALK_WORD_BITS = 64 };

/* The bits and the places of an open struct; walk_end_struct() gives both back. */
struct walk_struct {
	uint64_t *seen;
	const uint8_t **places;
	uint32_t count; /* of different children met */
};

/* Private to walk_begin_struct(): what few structs need. */
void walk_begin_rarely(struct walk *walk, struct walk_struct *open, const struct step *step);

static inline struct walk_struct
walk_begin_struct(struct walk *walk, const struct step *step)
{
	struct walk_struct open = {walk->seen, walk->places, 0};
	*walk->seen++ = 0;
	if (__builtin_expect(
		step->child_count > WALK_WORD_BITS || walk->is_careful || walk->rest_node != 0, 0))
		walk_begin_rarely(walk, &open, step);
	return open;
}

/* A field comes twice: that is either an error, or the walk begins again, with is_careful. */
void walk_meet_again(struct walk *walk, const struct step *step, const uint8_t *at);

/*
 * The child STEP, number ORDINAL of its siblings, has its value at AT.  Returns
 * whether to walk it; false if it is to be skipped, because it comes again later.
 * After a failure *FAILED is true.
 */
static inline bool
walk_meet(struct walk *walk, struct walk_struct *open, const struct step *step, uint32_t ordinal,
    const uint8_t *at, bool *failed)
{
	uint64_t *word = &open->seen[ordinal / WALK_WORD_BITS], bit = (uint64_t)1 << ordinal % WALK_WORD_BITS;
	*failed = false;
	if (__builtin_expect(walk->is_careful, 0) && open->places[ordinal] != at)
		return false;
	if (__builtin_expect((*word & bit) != 0, 0)) {
		walk_meet_again(walk, step, at);
		*failed = true;
		return false;
	}
	*word |= bit;
	open->count++;
	return true;
}

/* Private to walk_end_struct(). */
const uint8_t *walk_fill_struct(struct walk *walk, const struct walk_struct *open, const struct step *step,
    unsigned rep, const uint8_t *at);

/* Ends a struct: fields that did not come are null or empty; NULL if one is required. */
static inline const uint8_t *
walk_end_struct(struct walk *walk, const struct walk_struct *open, const struct step *step, unsigned rep,
    const uint8_t *at)
{
	walk->seen = open->seen;
	walk->places = open->places;
	return __builtin_expect(open->count == step->child_count, 1)
	           ? at
	           : walk_fill_struct(walk, open, step, rep, at);
}

/* Refuses an unknown field of the struct STEP, by UNKNOWN_FAIL; always NULL. */
const uint8_t *walk_unknown_field(
    struct walk *walk, const struct step *step, struct view name, const uint8_t *at);

/*
 * Keeps an unknown field of the struct STEP, by UNKNOWN_KEEP: NAME is the inside
 * of a JSON string, and VALUE is JSON.
 */
bool walk_keep(struct walk *walk, const struct step *step, struct view name, struct view value);

/* ---- maps ---- */

/*
 * Whether the key that was just appended to the stripe of STEP, from OFFSET on in
 * its values, is the last of its kind in MAP.  Its value is at AT.
 */
bool walk_key_is_last(
    struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at, bool *failed);

/* Notes such a key while a map is scanned beforehand, and drops it from the stripe. */
bool walk_note_key(
    struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at);

/* Drops the key at OFFSET from the stripe. */
void walk_drop_key(const struct step *step, size_t offset);

#endif
