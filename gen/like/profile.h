/*
 * profile - what the fields of a sample's records hold: how often, how many, which values.
 *
 * There is one node of it for each node of the tree of inference (lib/records/guess.h).  Its memory is
 * bounded, however long the sample.
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

enum { PROFILE_LENGTH_MOST = 65536 /* of a list, as a recipe has it */ };

/* Of values that became JSON text. */
enum json_sort { SORT_OBJECT, SORT_ARRAY, SORT_STRING, SORT_BOOLEAN, SORT_NUMBER, SORT_COUNT };

/* Of a text of JSON, by its first byte. */
enum json_sort json_sort_of(struct view text);

struct profile_node {
	uint64_t values;  /* that were not null */
	bool is_repeated; /* it is in a list or a map */
	uint64_t trues;
	uint64_t *lengths; /* of lists and maps: how many had each; owned */
	uint32_t length_capacity;
	uint64_t elements; /* of all of them */
	uint64_t sorts[SORT_COUNT];
	struct tally tally;    /* of values: texts, or the 8 bytes of a number */
	struct sieve distinct; /* likewise */
	struct shapes shapes;  /* of texts, also of a map's keys */
	struct times times;
	struct spread spread; /* of numbers; of doubles as spread_of_double() has them */
	unsigned digits;      /* behind the point: the most */
	bool is_rough;        /* some number had an exponent */
	bool is_rising;       /* each number was greater than that before it */
	int64_t last;
};

struct profile {
	const struct guess *guess;
	struct profile_node *nodes; /* owned, as many as GUESS has */
	struct seen seen;
	uint64_t records;
	uint32_t tally_most, kept_most;
};

/* GUESS must stay as it is. */
bool profile_open(struct profile *profile, const struct guess *guess, struct nest_error *error);
void profile_close(struct profile *profile);

bool profile_add_text(struct profile *profile, uint32_t node, struct view text, struct nest_error *error);
/* A whole number, or a double's number of spread.h, with so many digits behind the point. */
bool profile_add_number(struct profile *profile, uint32_t node, int64_t number, struct nest_error *error);
bool profile_add_length(struct profile *profile, uint32_t node, uint64_t length, struct nest_error *error);
/* A value of a field that became JSON, as it stands in the record. */
bool profile_add_json(struct profile *profile, uint32_t node, struct view text, struct nest_error *error);

/* Of a map's keys. */
bool profile_add_key(struct profile *profile, uint32_t node, struct view key, struct nest_error *error);

/* The bytes by which a number of a node is in profile->seen. */
struct number_bytes {
	uint8_t bytes[12];
};
struct number_bytes profile_number_bytes(uint32_t node, int64_t number);

#endif
