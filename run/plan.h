/*
 * plan - which processes make up a run, as a text that people read and edit.
 *
 * nest-run(1), "PLANS", is the specification.  A line is a process,
 * "NAME: COMMAND WORD...", or a directive, "WORD VALUE...".
 *
 * A struct run_plan owns all that it points to; run_plan_free() gives it back.
 */
#ifndef NEST_RUN_PLAN_H
#define NEST_RUN_PLAN_H

#include "run/words.h"

enum {
	PLAN_BYTES_MOST = 1 << 28,
	PLAN_PROCESSES_MOST = 4096,
	PLAN_NAME_BYTES_MOST = 64,
};

#define PLAN_NONE SIZE_MAX /* the index of no process */

struct plan_process {
	char *name;
	size_t first, count;  /* words of the command */
	size_t stage_bytes;   /* of its name that are the stage's: without the last dot and number */
	size_t after;         /* the process that ends before this one starts, or PLAN_NONE */
	const char *advice;   /* follows a reason that is invalid data, or NULL */
	bool accounts;        /* it writes its account to {stats} */
	bool is_bound_wanted; /* another process is told its endpoint */
};

/* What the rate in the summary is of. */
struct plan_rate {
	const char *title; /* NULL: there is none */
	const char *stage;
	enum plan_figure { PLAN_ROWS, PLAN_BYTES_IN, PLAN_BYTES_OUT } figure;
};

struct run_plan {
	struct words words;
	const char *name; /* of the run, in messages */
	struct plan_process *processes;
	size_t count;
	size_t reader;       /* the process that has the standard input, or PLAN_NONE */
	size_t publisher;    /* the process that publishes the dataset, or PLAN_NONE */
	const char *dataset; /* its directory */
	struct plan_rate rate;
	const char *skipped;           /* follows the number of skipped records; NULL: that is not reported */
	const char *note;              /* the last line of the summary, or NULL */
	const char *kept;              /* the file that others are joined to at the end, or NULL */
	size_t keep_first, keep_count; /* the words that name those */
};

/*
 * Parses TEXT, which FILE names in messages.  NEST_USAGE, "FILE:LINE: ...", if it
 * is not a plan.
 */
bool run_plan_parse(struct run_plan *plan, const char *file, struct view text, struct nest_error *error);
void run_plan_free(struct run_plan *plan);

/* What a hole in a word stands for. */
struct plan_hole {
	enum plan_hole_kind { HOLE_RUN, HOLE_STATS, HOLE_BOUND } kind;
	struct view name; /* of the process, for HOLE_BOUND */
};

/* False for text that is not a hole's. */
bool plan_hole_parse(struct view text, struct plan_hole *hole);

/* The index of the process NAME, searched from HINT on; PLAN_NONE if there is none. */
size_t run_plan_find(const struct run_plan *plan, struct view name, size_t hint);

#endif
