/*
 * tally - what a sample of rows has in each field: nulls, lengths, different values, and the
 * least and the greatest value.
 */
#ifndef NEST_GEN_CHECK_TALLY_H
#define NEST_GEN_CHECK_TALLY_H

#include "gen/check/kinds.h"
#include "lib/schema/schema.h"

struct tally_field {
	uint64_t places,
	    nulls; /* where a value could be, and where it is null; a list's elements count at their node */
	uint64_t lists, elements, shortest, longest; /* of a list, a map or a repeated field */
	struct kinds distinct;                       /* of a leaf, without nulls; likewise below */
	bool is_repeated;                            /* two values are equal, perhaps those of neighbours */
	struct buffer least, greatest;               /* packed; empty if there is none */
};

/* Owns its fields, one for each node of the schema, which is borrowed. */
struct tally {
	const struct schema *schema;
	struct tally_field *fields;
	uint64_t rows, bytes;
	uint64_t apart; /* rows that are not neighbours of others */
};

bool tally_open(struct tally *tally, const struct schema *schema, struct nest_error *error);
void tally_close(struct tally *tally);

/*
 * Takes packed ROWS.  If they are neighbours of rows that were taken, their values are only compared with
 * those, and not counted as different values, which are of unrelated rows.  NEST_INVALID if a row does not
 * fit the schema; the tally is then undefined.
 */
bool tally_rows(struct tally *tally, struct view rows, bool are_neighbours, struct nest_error *error);

#endif
