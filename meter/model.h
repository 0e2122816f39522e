/*
 * model - the meterings of many snapshots, merged into one row for each name.
 *
 * Rows of one name, and of one process or stage if these are kept apart, are
 * added up.  A struct model borrows its texts from the snapshots, which must
 * outlive it; a zeroed one is empty.
 */
#ifndef METER_MODEL_H
#define METER_MODEL_H

#include "meter/gather.h"

enum model_by { MODEL_BY_NAME, MODEL_BY_STAGE, MODEL_BY_PROCESS };
enum model_sort { MODEL_SORT_INHERENT, MODEL_SORT_TOTAL, MODEL_SORT_COUNT, MODEL_SORT_NAME };

enum { MODEL_LABEL_LIMIT = 64, MODEL_HOTSPOT = 0, MODEL_DISABLED = 1 };

struct model_row {
	const char *group; /* the process or the stage; "" if they are merged */
	const char *name;
	struct meter_places places; /* in one of the processes */
	uint32_t processes;         /* how many know the name */
	uint64_t labels;            /* bit i: model.labels[i], in any of the processes */
	uint64_t given;             /* those that the name had from the start in a process */
	uint64_t count;
	uint64_t skipped; /* calls that an extension did not admit */
	uint64_t passed;  /* of the count: not metered, as the probe is sampled; totals are then estimates */
	uint64_t sampled; /* one call in so many was metered, at the most in any of the processes; 0 or 1:
	                     every call */
	uint64_t evaluations, credit, debit;
	uint64_t carried, failures; /* from earlier runs: a score, 0 for none; failed in a row */
	int64_t score; /* the highest of the processes' that have scored a call, or else of all */
	uint64_t disabled_call, disabled_ns; /* in the process where it was disabled first; call 0: in none */
	struct snapshot_sum sums[SNAPSHOT_METER_LIMIT]; /* one a meter of the model */
};

/* What metering cost: calls times the measured cost of one, and the time that was metered. */
struct model_overhead {
	uint64_t calls, skipped, passed;
	double cost_ns;
	double error_ns;     /* how much more or less it may be */
	uint64_t elapsed_ns; /* of all processes together */
};

/*
 * The time spent in metered probes, and the time of all threads that had one, each of which
 * counts for as long as its process was metered.
 */
struct model_explained {
	double ns, whole_ns;
	size_t threads;
};

struct model {
	struct model_row *rows;
	size_t count;
	struct snapshot_meter
	    meters[SNAPSHOT_METER_LIMIT]; /* of all snapshots; available if it was in one of them */
	size_t meter_count;
	const char *labels[MODEL_LABEL_LIMIT]; /* "hotspot" and "disabled" first */
	size_t label_count;
	struct model_overhead overhead;
	struct model_explained explained;
	bool adapting; /* the hotspot extension was on in one of them */
	/* The highest hotspot.worth and hotspot.budget, thousandths of a percent. */
	uint64_t worth, budget;
	double pair_ns, passed_ns; /* the highest cost of a metered call, and of one passed over */
	double brief_ns;           /* what takes less on average is not worth sampling */
	/* hotspot.failures, .initial and .lower of one that is on. */
	uint32_t failures;
	int64_t initial, lower;
};

/* Makes a model whose rows are sorted by name, then by group. */
bool model_make(
    struct model *model, const struct gathering *gathering, enum model_by by, struct nest_error *error);
void model_free(struct model *model);

/* The index of the meter called NAME; meter_count if there is none. */
size_t model_meter(const struct model *model, const char *name);

/* What rows and call trees of SNAPSHOT are kept apart by; "" if it is nothing. */
const char *model_group(const struct snapshot *snapshot, enum model_by by);

/* What rows are sorted by; 0 for their names. */
uint64_t model_value(const struct model_row *row, enum model_sort sort, size_t meter);

/* Sorts rows by the numbers of METER, an index, the largest first; ties are sorted by name. */
void model_sort(struct model *model, enum model_sort sort, size_t meter);

/*
 * The index of the meter called NAME; NEST_USAGE with a list of those that exist, or the reason
 * why it is not available.
 */
bool model_find_meter(const struct model *model, const char *name, size_t *meter, struct nest_error *error);

/* Adds the cost of metering in SNAPSHOT. */
void model_add_overhead(struct model_overhead *overhead, const struct snapshot *snapshot);

/* A share from 0 to 1; 0 if nothing was metered. */
double model_explained_share(const struct model *model);

/* What hotspot.budget allows metering to cost, in nanoseconds; 0: all. */
double model_budget(const struct model *model);

/* Whether ROW took such a share of the time that hotspot.worth keeps it. */
bool model_is_worth(const struct model *model, const struct model_row *row);

/* Below this share the probes explain little of a run, which is worth a warning. */
#define MODEL_EXPLAINED_LITTLE 0.1

/* The row of NAME in a model sorted by name, with processes merged; NULL if there is none. */
const struct model_row *model_find(const struct model *model, const char *name);

/* The labels as words with blanks between them, "" for none; cut if TEXT is too small. */
const char *model_labels(const struct model *model, uint64_t labels, char *text, size_t size_bytes);

#endif
