/*
 * summary - what the processes of a run did, added up by stage.
 *
 * Stages are in the order in which data flows: receivers start first, so the last
 * stage of the plan is the first here.
 */
#ifndef NEST_RUN_SUMMARY_H
#define NEST_RUN_SUMMARY_H

#include "run/account.h"
#include "run/plan.h"

struct summary_stage {
	struct view name; /* in the plan */
	uint64_t processes;
	struct account sum; /* except .peak_bytes, which is that of the largest process */
};

/* A struct summary owns its stages; summary_free() gives them back. */
struct summary {
	const struct run_plan *plan;
	struct summary_stage *stages; /* the first stage of the plan first */
	size_t count;
	uint64_t rows, bytes, files; /* of the dataset */
	uint64_t skipped;
	uint64_t wall_us;
};

/* ACCOUNTS has one for each process of PLAN; PLAN must outlive the summary. */
bool summary_make(struct summary *summary, const struct run_plan *plan, const struct account *accounts,
    uint64_t wall_us, struct nest_error *error);

/* Appends it to TEXT, for people or as one line of JSON. */
bool summary_print(const struct summary *summary, struct buffer *text, struct nest_error *error);
bool summary_print_json(const struct summary *summary, struct buffer *text, struct nest_error *error);

void summary_free(struct summary *summary);

#endif
