/*
 * snapshot - what one process has metered, as a file; writes and reads it.
 *
 * The file is two msgpack values, one after the other.  The first, always 31
 * bytes long, is the array ["nest-meter", version as uint 32, size of the second
 * value in bytes as uint 64, its CRC-32 (IEEE 802.3) as uint 32]; the second is a
 * map.  A reader thus knows at once if a file is not a snapshot, is of another
 * version, or was cut short.  Files are created by a rename, so that a file is
 * whole if it exists.
 *
 * snapshot_fields.h has what is in the map and in its tables, and the structs below what it
 * means.  Times are nanoseconds, since the start unless they say otherwise.  Unknown keys are
 * ignored, and so is what a record has behind its known values.  A table is an array of records,
 * and a record an array, in which the sums of all meters stand one after another; but labels and
 * places are arrays of texts (object, source file, object, ...), and troubles are a map.
 *
 * A struct snapshot owns everything in it; a zeroed one is empty.
 */
#ifndef NEST_METER_SNAPSHOT_H
#define NEST_METER_SNAPSHOT_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/meter/group.h"

#include <stdint.h>

enum {
	SNAPSHOT_VERSION = 1,
	SNAPSHOT_HEAD_BYTES = 31,
	SNAPSHOT_METER_LIMIT = 8,
	SNAPSHOT_LABEL_LIMIT = 32,
	SNAPSHOT_LABEL_HOTSPOT = 1u << 0,
	SNAPSHOT_LABEL_DISABLED = 1u << 1,
};
#define SNAPSHOT_BYTES_LIMIT (UINT64_C(1) << 30) /* the largest file to read */

struct snapshot_sum {
	uint64_t total, max, min;
	uint64_t inherent_total, inherent_max, inherent_min;
};

struct snapshot_meter {
	const char *name, *unit;
	const char *reason; /* why it was not available; "" if it was */
};

/* WAS and CALLS are the numbers of calls: the minimum of no calls is 0, and must be ignored. */
static inline void
snapshot_sum_add(struct snapshot_sum *sum, uint64_t was, const struct snapshot_sum *more, uint64_t calls)
{
	sum->total += more->total;
	sum->inherent_total += more->inherent_total;
	if (more->max > sum->max)
		sum->max = more->max;
	if (more->inherent_max > sum->inherent_max)
		sum->inherent_max = more->inherent_max;
	if (calls > 0 && (was == 0 || more->min < sum->min))
		sum->min = more->min;
	if (calls > 0 && (was == 0 || more->inherent_min < sum->inherent_min))
		sum->inherent_min = more->inherent_min;
}

/* A row: one name, in one context or (snapshot_name.merged) in all. */
struct snapshot_row {
	uint32_t name; /* index into names */
	uint64_t count;
	uint64_t skipped; /* calls that an extension did not admit */
	uint64_t passed;  /* of the count: not metered, as the probe is sampled; totals are then estimates */
	struct snapshot_sum *sums; /* one for each meter */
};

struct snapshot_name {
	const char *name;
	uint32_t labels;      /* bit i: snapshot.labels[i] */
	uint64_t evaluations; /* calls that the scorecard saw */
	int64_t score;
	uint64_t credit, debit;
	uint64_t hotspot_call, hotspot_ns; /* when it was first labelled; call 0: never, or from the start */
	uint64_t disabled_call, disabled_ns; /* likewise */
	uint64_t carried, failures;          /* from earlier runs: a score, 0 for none; failed in a row */
	uint64_t sampled;                    /* one call in so many is metered; 0 and 1: every call */
	struct meter_places places;
	struct snapshot_row merged; /* made by the reader: all contexts together */
};

/* One call, of a timeline. */
struct snapshot_call {
	uint32_t name;
	uint64_t start_ns, took_ns;
};

struct snapshot_context {
	uint64_t threads;          /* how many it served, one after another */
	struct snapshot_row *rows; /* those that have calls */
	size_t row_count;
	struct snapshot_call *calls; /* of the timeline, the last to end first */
	size_t call_count;
	uint64_t calls_made; /* with those that are not kept */
};

/* A node of the call tree, parents before children. */
struct snapshot_node {
	uint32_t context;
	uint32_t parent; /* index + 1 of a node before this one; 0: a root */
	uint32_t name;
	uint64_t count;
	struct snapshot_node_sum {
		uint64_t total, inherent; /* with the calls below that were not tracked */
	} * sums;                         /* one for each meter */
};

struct snapshot_trouble {
	const char *what; /* "abandoned", as in struct meter_troubles */
	uint64_t count;
};

/* Of each table, the number of its records stands behind the pointer to them. */
struct snapshot {
	const char *program, *process, *host, *command, *config, *config_path, *set_path, *notes;
	const char *clock;               /* "tsc" or "clock_gettime" */
	uint64_t started_ns, written_ns; /* since 1970 */
	uint64_t elapsed_ns;             /* how long metering lasted */
	uint64_t pid;
	uint64_t left_out; /* how many names were met that are not in the set, and so not among the names */
	/* The cost of a begin and its end: metered, and how far off that may be; not admitted by an
	 * extension; passed over by a sampled probe; disabled. */
	double pair_ns, pair_error_ns, skipped_ns, passed_ns, disabled_ns;
	bool adapting; /* the hotspot extension is on */
	struct snapshot_meter *meters;
	size_t meter_count; /* at least one: clock.time is the first */
	const char **labels;
	size_t label_count; /* at least two: hotspot and disabled are the first */
	struct snapshot_trouble *troubles;
	size_t trouble_count;
	struct snapshot_name *names; /* in the order in which they were met */
	size_t name_count;
	struct snapshot_context *contexts;
	size_t context_count;
	struct snapshot_node *nodes;
	size_t node_count;
	void *memory; /* the reader's own */
};

/*
 * Parses a whole file.  Nothing in *SNAPSHOT points into BYTES.  Texts are UTF-8
 * without control characters, except line feeds in config and notes.
 * NEST_INVALID, with a message that says whether the file is not a snapshot, of
 * another version, cut short or damaged; *SNAPSHOT is then empty.  PATH is for
 * messages.
 */
bool snapshot_decode(
    struct snapshot *snapshot, struct view bytes, const char *path, struct nest_error *error);
bool snapshot_read(struct snapshot *snapshot, const char *path, struct nest_error *error);
void snapshot_free(struct snapshot *snapshot);

/* CRC-32 as in IEEE 802.3. */
uint32_t snapshot_checksum(struct view bytes);

/* Appends the running engine's state to BYTES, as a whole file.  Do not call it in a signal handler. */
bool snapshot_encode(struct buffer *bytes, struct nest_error *error);

#endif
