/*
 * profile - what the fields of a sample's records hold: how often, how many, which values.
 *
 * It has a node for each node of the tree of inference (lib/records/guess.h).  Its memory is bounded,
 * however long the sample.
 */
#ifndef NEST_GEN_LIKE_PROFILE_H
#define NEST_GEN_LIKE_PROFILE_H

#include "gen/like/seen.h"
#include "gen/like/shape.h"
#include "gen/like/sieve.h"
#include "gen/like/spread.h"
#include "gen/like/tally.h"
#include "gen/like/times.h"
#include "lib/json/number.h"
#include "lib/records/guess.h"

enum { PROFILE_LENGTH_MOST = 65536 /* of a list in a recipe */ };

/* The sort of a value that became JSON text. */
enum json_sort { SORT_OBJECT, SORT_ARRAY, SORT_STRING, SORT_BOOLEAN, SORT_NUMBER, SORT_COUNT };

/* The sort of a JSON text, by its first byte. */
enum json_sort json_sort_of(struct view text);

struct profile_node {
	uint64_t values;  /* that were not null */
	bool is_repeated; /* it is in a list or a map */
	uint64_t trues;
	uint64_t *lengths; /* of lists and maps: how many had each length; owned */
	uint32_t length_capacity;
	uint64_t elements; /* of all lists and maps */
	uint64_t sorts[SORT_COUNT];
	struct tally tally;    /* of values: texts, or the 8 bytes of a number */
	struct sieve distinct; /* likewise */
	struct shapes shapes;  /* of texts, and of a map's keys */
	struct times times;
	struct spread spread; /* of numbers; doubles are those of spread_of_double() */
	unsigned digits;      /* the most after the point */
	bool is_rough;        /* some number had an exponent */
	bool is_rising;       /* each number was greater than the one before it */
	int64_t last;
};

struct profile {
	const struct guess *guess;
	struct profile_node *nodes; /* owned, as many as GUESS has */
	struct seen seen;
	uint64_t records;
	uint32_t tally_most, kept_most;
};

/* GUESS is borrowed, and must not change. */
bool profile_open(struct profile *profile, const struct guess *guess, struct nest_error *error);
void profile_close(struct profile *profile);

bool profile_add_text(struct profile *profile, uint32_t node, struct view text, struct nest_error *error);
/* Adds a whole number, or the number of a double (spread.h). */
bool profile_add_number(struct profile *profile, uint32_t node, int64_t number, struct nest_error *error);
bool profile_add_length(struct profile *profile, uint32_t node, uint64_t length, struct nest_error *error);
/* Adds a value of a field that became JSON, as it is in the record. */
bool profile_add_json(struct profile *profile, uint32_t node, struct view text, struct nest_error *error);

/* Adds a map's key. */
bool profile_add_key(struct profile *profile, uint32_t node, struct view key, struct nest_error *error);

/* The bytes that stand for a number of a node in profile->seen. */
struct number_bytes {
	uint8_t bytes[12];
};
struct number_bytes profile_number_bytes(uint32_t node, int64_t number);

#endif
