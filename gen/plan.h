/*
 * plan - which rows this process makes, and in which order.
 *
 * The dataset's rows are cut into parts whose sizes differ by at most one row, the
 * parts are dealt to the generators by number, and a generator makes some of its
 * parts side by side, a batch of each in turn, so that every process after it
 * has work.  The rows do not depend on any of this.
 */
#ifndef NEST_GEN_PLAN_H
#define NEST_GEN_PLAN_H

#include "lib/base/number_list.h"

#include <stdint.h>

struct plan_options {
	uint64_t first_row, rows, parts;
	uint64_t share, shares;         /* this process makes the parts p with p % shares == share */
	const struct number_list *only; /* of these, only those in the list; NULL: all */
	uint64_t side_by_side;          /* parts in work at a time */
	uint64_t batch_rows;
};

/* One batch: rows [first_row, first_row + rows) of a part. */
struct plan_batch {
	uint64_t part, first_row, rows;
	bool last; /* of its part */
};

struct plan_lane {
	uint64_t part, next_row, end_row;
};

struct plan {
	struct plan_options options;
	struct plan_lane *lanes; /* the parts in work */
	uint64_t lane_count, turn;
	uint64_t next_part; /* the next part of this share to begin */
};

/* NEST_USAGE if the options contradict each other. */
bool plan_init(struct plan *plan, const struct plan_options *options, struct nest_error *error);
void plan_free(struct plan *plan);

/* The next batch; false when there is none left. */
bool plan_next(struct plan *plan, struct plan_batch *batch);

#endif
