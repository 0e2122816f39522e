/*
 * walk - what the walks over records have in common, whatever their notation.
 *
 * A walker goes through a record once, from its first byte to its last, and
 * appends to the stripes as it goes; the rules for null, empty and absent
 * fields, for fields that come twice and for unknown ones are here, and what a
 * leaf takes is in scalar.h.  A third notation is one more file like
 * walk_pack.c and walk_json.c.
 *
 * The place in the bytes is passed from function to function and returned
 * behind what was walked, NULL after a failure: kept in memory it would be the
 * longest chain of dependent loads of all.
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

/* What the command line says of records. */
struct walk_rules {
	struct scalar_rules scalars;
	enum unknown_rule unknown;
	const char *keep;      /* the top-level field that takes unknown ones as a JSON object */
	bool duplicates_fail;  /* else the last of several fields of one name counts */
	bool texts_are_values; /* a str of msgpack in a JSON leaf is a string, and no text that is JSON */
};

enum walk_problem {
	WALK_INVALID,   /* the record is not what the schema wants */
	WALK_BROKEN,    /* nor is it a record of its notation: where it ends is not known */
	WALK_TRUNCATED, /* the bytes end within the record */
	WALK_AGAIN,     /* a field comes twice: walk once more, with is_careful */
	WALK_FAILED,    /* no fault of the record's */
};

struct walk {
	const uint8_t *end;      /* of the bytes */
	const uint8_t *slot_end; /* before it, a head and a whole slot can be read */
	const struct schema *schema;
	const struct step *steps;
	const struct scalar_rules *scalars;
	size_t *memory_bytes; /* of all stripes */
	struct nest_error *error;

	/* After a failure. */
	enum walk_problem problem;
	uint32_t failed_node;
	const uint8_t *failed_at;

	/* Of records that name their fields; rows frames have none of it. */
	const struct walk_rules *rules;
	struct fields fields;
	struct json json;
	bool is_careful;                       /* fields that come twice are known beforehand */
	uint32_t rest_node;                    /* the field rules->keep, or 0 */
	bool has_rest;                         /* the record, being without names, has that field itself */
	uint64_t *seen_room, *seen;            /* bits of the children met, of each struct that is open */
	const uint8_t **places_room, **places; /* where the last value of each child is, likewise */
	uint32_t map_count;                    /* in this record */
	struct key_set keys;
	struct buffer rest;    /* unknown fields, as the inside of a JSON object */
	struct buffer scratch; /* a text unescaped */
};

/*
 * For records with names.  SCHEMA, STEPS, RULES and MEMORY_BYTES are borrowed.
 * NEST_USAGE where rules->keep is no field that takes a JSON text.
 */
bool walk_init(struct walk *walk, const struct schema *schema, const struct step *steps,
    const struct walk_rules *rules, size_t *memory_bytes, struct nest_error *error);
void walk_free(struct walk *walk);

/* Before each record. */
void walk_begin_record(struct walk *walk);

/* Behind each record: what goes into the field of unknown ones.  NULL after a failure, else AT. */
const uint8_t *walk_end_record(struct walk *walk, const uint8_t *at);

/* Notes where and why the walk ends; walk->error is set already.  Always NULL. */
const uint8_t *walk_fail(struct walk *walk, const struct step *step, const uint8_t *at);
/* The same with the sentence; the problem is WALK_INVALID. */
const uint8_t *walk_refuse(struct walk *walk, const struct step *step, const uint8_t *at, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* One entry in every leaf below STEP, saying that nothing is defined behind DEF; NULL or BEHIND. */
const uint8_t *walk_nulls(
    struct walk *walk, const struct step *step, unsigned rep, unsigned def, const uint8_t *behind);

/* A field of STEP is null: NULL where it is required, or BEHIND. */
const uint8_t *walk_null(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *behind);

/* A leaf that is not null; NULL or BEHIND. */
const uint8_t *walk_scalar(struct walk *walk, const struct step *step, unsigned rep,
    const struct scalar *scalar, const uint8_t *at, const uint8_t *behind);

/* ---- structs with names ---- */

enum { WALK_WORD_BITS = 64 };

/* The bits and the places of one struct that is open; both are given back by walk_end_struct(). */
struct walk_struct {
	uint64_t *seen;
	const uint8_t **places;
	uint32_t count; /* of children met, those that come twice once */
};

/* Private to walk_begin_struct(): what only few structs need. */
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

/* A field comes twice: either that is a fault, or the walk begins again and knows it. */
void walk_meet_again(struct walk *walk, const struct step *step, const uint8_t *at);

/*
 * The child STEP comes, the ORDINAL of its siblings, its value at AT.  True
 * where it is to be walked; false where it is to be stepped over, because it
 * comes again later.  After a failure *FAILED is true.
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

/* Fields that have not come are null or empty; NULL where one is required. */
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

/* An unknown field of the struct STEP, which UNKNOWN_FAIL refuses; always NULL. */
const uint8_t *walk_unknown_field(
    struct walk *walk, const struct step *step, struct view name, const uint8_t *at);

/*
 * An unknown field of the struct STEP, which UNKNOWN_KEEP keeps: its name, as
 * the inside of a JSON string, and its value as JSON.
 */
bool walk_keep(struct walk *walk, const struct step *step, struct view name, struct view value);

/* ---- maps ---- */

/*
 * The key that was just appended to the stripe of STEP, from OFFSET on in its
 * values: whether it is the last of its kind in MAP.  Its value is at AT.
 */
bool walk_key_is_last(
    struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at, bool *failed);

/* The same while a map is looked through beforehand; the key is taken off the stripe again. */
bool walk_note_key(
    struct walk *walk, const struct step *step, uint32_t map, size_t offset, const uint8_t *at);

/* Takes the key off the stripe. */
void walk_drop_key(const struct step *step, size_t offset);

#endif
