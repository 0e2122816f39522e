/*
 * draw - decides how to draw the values of a field, so that they resemble those in its profile.
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
	bool hides_row;    /* a field is called `row`, so that the number of the row has no name */
	bool keeps_values; /* values of the sample may appear; otherwise none does */
	unsigned detail;   /* 1 to DRAW_DETAIL_MOST: how many alternatives there may be */
	uint64_t length_most;
	struct choice choice;
	double draws;     /* about how much randomness the alternatives take */
	const char *note; /* what a reader may want to know about the field, or NULL */
	struct buffer made;
	struct nest_error *error;
};

void draw_number(struct drawer *drawer, uint32_t node, bool is_whole);
void draw_text(struct drawer *drawer, uint32_t node);
/*
 * Keys of a map that has at most MOST of them, no two equal; returns whether they are a choice from which
 * each map takes an alternative at most once.  Otherwise keys may be equal by chance.
 */
bool draw_keys(struct drawer *drawer, uint32_t node, uint64_t most);
/* Texts that are times; as dates and times if IS_TYPED. */
void draw_times(struct drawer *drawer, uint32_t node, bool is_typed);
void draw_json(struct drawer *drawer, uint32_t node);
/* WEIGHT texts of these shapes, which may be changed.  IS_UNIQUE: no two texts are equal. */
void draw_shapes(struct drawer *drawer, struct shapes *shapes, double weight, bool is_unique);
/* Lengths of lists and maps; *MOST is the greatest. */
void draw_length(struct drawer *drawer, uint32_t node, uint64_t *most);

/* ---- for these functions ---- */

/* Begins an alternative that takes randomness DRAWS times. */
void draw_next(struct drawer *drawer, double weight, double draws);

/* Whether the node has one value for each record, and no two are equal. */
bool draw_is_unique(const struct drawer *drawer, uint32_t node);

/* Whether a value that came COUNT times among ALL is a frequent one, after BEFORE others. */
bool draw_is_frequent(const struct drawer *drawer, uint64_t count, uint64_t all, size_t before);

/* Notes that memory ran out. */
void draw_fail(struct drawer *drawer);

#endif
