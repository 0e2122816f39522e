/*
 * snapshot_keys - the keys of a snapshot's map, for its writer and its reader.
 */
#ifndef NEST_METER_SNAPSHOT_KEYS_H
#define NEST_METER_SNAPSHOT_KEYS_H

#include "lib/meter/snapshot.h"

#include <stddef.h>

enum snapshot_kind {
	SNAPSHOT_TEXT,
	SNAPSHOT_LINES, /* a text with line feeds */
	SNAPSHOT_NUMBER,
	SNAPSHOT_REAL,
	SNAPSHOT_TRUTH,
	/* Tables, each a kind of its own. */
	SNAPSHOT_METERS,
	SNAPSHOT_TROUBLES,
	SNAPSHOT_NODES,
	SNAPSHOT_CONTEXTS,
	SNAPSHOT_LABELS,
	SNAPSHOT_NAMES,
};

struct snapshot_key {
	const char *key;
	enum snapshot_kind kind;
	size_t offset; /* in struct snapshot; unused for tables */
	bool later;    /* may be missing, as in older snapshots, and is then 0 */
};

#define SNAPSHOT_FIELD(name, kind, later)                           \
	{                                                           \
#name, kind, offsetof(struct snapshot, name), later \
	}

/*
 * In the order in which they are written: the meters say how long a row is, and names
 * are written after the nodes and rows that refer to them.
 */
static const struct snapshot_key snapshot_keys[] = {
    SNAPSHOT_FIELD(program, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(process, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(host, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(command, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(config, SNAPSHOT_LINES, false),
    SNAPSHOT_FIELD(config_path, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(set_path, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(notes, SNAPSHOT_LINES, false),
    SNAPSHOT_FIELD(pid, SNAPSHOT_NUMBER, false),
    SNAPSHOT_FIELD(started_ns, SNAPSHOT_NUMBER, false),
    SNAPSHOT_FIELD(written_ns, SNAPSHOT_NUMBER, false),
    SNAPSHOT_FIELD(elapsed_ns, SNAPSHOT_NUMBER, false),
    SNAPSHOT_FIELD(pair_ns, SNAPSHOT_REAL, false),
    SNAPSHOT_FIELD(pair_error_ns, SNAPSHOT_REAL, true),
    SNAPSHOT_FIELD(skipped_ns, SNAPSHOT_REAL, true),
    SNAPSHOT_FIELD(passed_ns, SNAPSHOT_REAL, true),
    SNAPSHOT_FIELD(disabled_ns, SNAPSHOT_REAL, false),
    SNAPSHOT_FIELD(adapting, SNAPSHOT_TRUTH, false),
    SNAPSHOT_FIELD(clock, SNAPSHOT_TEXT, false),
    SNAPSHOT_FIELD(left_out, SNAPSHOT_NUMBER, false),
    {"meters", SNAPSHOT_METERS, 0, false},
    {"troubles", SNAPSHOT_TROUBLES, 0, false},
    {"nodes", SNAPSHOT_NODES, 0, false},
    {"contexts", SNAPSHOT_CONTEXTS, 0, false},
    {"labels", SNAPSHOT_LABELS, 0, false},
    {"names", SNAPSHOT_NAMES, 0, false},
};
enum { SNAPSHOT_KEYS = sizeof snapshot_keys / sizeof *snapshot_keys };

#endif
