/*
 * config - what to meter and how to adapt, from a properties file.
 *
 * nest-meter.conf(5) is the manual.  Each line is `key=value` (`:` or blanks may
 * stand for `=`); `#` and `!` begin a comment line; a backslash at the end of a
 * line joins the next one to it.  A key may have one of the prefixes `j.s.p.` and
 * `jxinsight.server.probes.`.  The file is untrusted: its size, its lists and its
 * numbers are bounded.
 *
 * group.h says what a name group is.
 *
 * A struct meter_config owns its texts; call _init before anything else, and _free at the end.
 */
#ifndef NEST_METER_CONFIG_H
#define NEST_METER_CONFIG_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/meter/group.h"

#include <stdint.h>

enum {
	METER_CONFIG_BYTES = 1 << 20, /* the largest file */
	METER_LABEL_LIMIT = 30,       /* labels besides hotspot and disabled */
	METER_TIER_LIMIT = 250,
	METER_GROUP_LIMIT = 4096, /* name groups of a label or tier */
	METER_METER_LIMIT = 8,
	METER_BUDGET_PARTS = 4, /* a name has at most this part of hotspot.budget */
};

/* One side of the scorecard. */
struct meter_threshold {
	uint64_t at_ns; /* a call of this time or more is credited, a shorter one debited */
	uint32_t credit, debit;
};

/* What a meter counts. */
enum meter_kind {
	METER_CLOCK_TIME,   /* clock.time, ns; always the first */
	METER_CLOCK_CPU,    /* clock.cpu, ns of this thread on a processor; each reading is a system call */
	METER_CYCLES,       /* cpu.cycles; from here on through perf_event_open, user mode only */
	METER_INSTRUCTIONS, /* cpu.instructions */
	METER_CACHE_MISSES, /* cache.misses */
	METER_CACHE_REFERENCES,
	METER_BRANCHES,
	METER_BRANCH_MISSES,
	METER_PAGE_FAULTS,
	METER_CONTEXT_SWITCHES,
	METER_KINDS
};
struct meter_kind_description {
	const char *name; /* "clock.time" */
	const char *unit; /* "ns" or "count" */
};
extern const struct meter_kind_description meter_kinds[METER_KINDS];

struct meter_config {
	bool hotspot, nonrecursive, nonreentrant, autolabel, tierpoint, tracking, timeline, sources;
	uint32_t initial, lower, upper;
	struct meter_threshold inclusive, inherent;
	uint64_t worth; /* thousandths of a percent: an undecided name with this share of the time is kept; 0:
	                   none */
	uint32_t failures; /* runs in a row that a name may fail in until it is dropped; from 2 on, scores are
	                      carried from run to run */
	uint64_t budget; /* thousandths of a percent of the time that metering may cost; 0: none is sampled */
	uint64_t sampled_ns; /* a name whose calls take less than this on average is not sampled */
	struct meter_groups labels[METER_LABEL_LIMIT];
	size_t label_count;
	struct meter_groups tiers[METER_TIER_LIMIT];
	size_t tier_count;
	uint32_t tracking_limit, timeline_limit;
	enum meter_kind meters[METER_METER_LIMIT]; /* the first is METER_CLOCK_TIME */
	size_t meter_count;
};

/* Receives a warning about TEXT in LINE, counted from 1, of the file at PATH. */
typedef void meter_config_warn(const char *path, unsigned line, const char *text);

/* Sets the defaults: every extension off, thresholds of 10 us and 2 us, clock.time alone. */
void meter_config_init(struct meter_config *config);
void meter_config_free(struct meter_config *config);

/*
 * Reads properties into CONFIG, which was initialised; keys that are absent keep
 * their values.  An unknown key is reported to WARN (which may be NULL), with PATH, and
 * ignored.  NEST_USAGE with the line for an invalid value: CONFIG may then be
 * partly set, and is only good for _free.
 */
bool meter_config_parse(struct meter_config *config, struct view text, meter_config_warn *warn,
    const char *path, struct nest_error *error);
bool meter_config_read(
    struct meter_config *config, const char *path, meter_config_warn *warn, struct nest_error *error);

/* Appends CONFIG as properties, with every key and without prefixes: parsing it gives the same config. */
bool meter_config_print(const struct meter_config *config, struct buffer *text, struct nest_error *error);

/* Whether source files are wanted as such, or by a group of a label or a tier, switched on or not. */
bool meter_config_asks_files(const struct meter_config *config);

#endif
