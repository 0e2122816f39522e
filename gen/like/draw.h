/*
 * draw - how the values of a field are drawn, so that they resemble those that its profile has seen.
 *
 * Each function adds alternatives to drawer->choice, whose weights add up to the number of values.
 */
#ifndef NEST_GEN_LIKE_DRAW_H
#define NEST_GEN_LIKE_DRAW_H

#include "gen/like/buckets.h"
#include "gen/like/choice.h"
#include "gen/like/profile.h"

enum { DRAW_DETAIL_MOST = 64 };

struct drawer {
	struct profile *profile;
	bool hides_row;    /* a field is called so, and the number of the row has no name */
	bool keeps_values; /* else no value of the sample is told */
	unsigned detail;   /* 1 to DRAW_DETAIL_MOST: how many alternatives there may be */
	uint64_t length_most;
	struct choice choice;
	double draws;     /* how much chance the alternatives take, about */
	const char *note; /* what a reader may want to know of the field, or NULL */
	struct buffer made;
	struct nest_error *error;
};

void draw_number(struct drawer *drawer, uint32_t node, bool is_whole);
void draw_text(struct drawer *drawer, uint32_t node);
/*
 * Keys of a map that has MOST at most, of which no two are equal; returns whether they are a choice of which
 * each map takes every alternative once.  Otherwise keys may be equal, by chance.
 */
bool draw_keys(struct drawer *drawer, uint32_t node, uint64_t most);
/* Texts that are times; as dates and times where IS_TYPED. */
void draw_times(struct drawer *drawer, uint32_t node, bool is_typed);
void draw_json(struct drawer *drawer, uint32_t node);
/* Texts of these shapes, WEIGHT of them; the shapes may change.  IS_UNIQUE where no two are equal. */
void draw_shapes(struct drawer *drawer, struct shapes *shapes, double weight, bool is_unique);
/* Of lists and maps; *MOST is the greatest. */
void draw_length(struct drawer *drawer, uint32_t node, uint64_t *most);

/* ---- for these functions ---- */

/* Begins an alternative that takes chance DRAWS times. */
void draw_next(struct drawer *drawer, double weight, double draws);

/* Whether the node has one value for each record, and no two are equal. */
bool draw_is_unique(const struct drawer *drawer, uint32_t node);

/* Whether a value that came COUNT times of ALL is one of those that come often. */
bool draw_is_frequent(const struct drawer *drawer, uint64_t count, uint64_t all, size_t before);

/* Remembers that memory has run out. */
void draw_fail(struct drawer *drawer);

#endif
