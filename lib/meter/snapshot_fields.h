/*
 * snapshot_fields - what the map of a snapshot and the records of its tables hold, for writer and reader.
 */
#ifndef NEST_METER_SNAPSHOT_FIELDS_H
#define NEST_METER_SNAPSHOT_FIELDS_H

#include "lib/meter/snapshot.h"

#include <stddef.h>

enum snapshot_kind {
	SNAPSHOT_END, /* behind the last field */
	SNAPSHOT_TEXT,
	SNAPSHOT_LINES, /* a text with line feeds */
	SNAPSHOT_NUMBER,
	SNAPSHOT_INDEX, /* of 32 bits, and so are labels */
	SNAPSHOT_SCORE, /* may be negative */
	SNAPSHOT_REAL,
	SNAPSHOT_TRUTH,
	SNAPSHOT_SUMS,  /* a pointer to structs of numbers, one for each meter */
	SNAPSHOT_TABLE, /* a pointer to records, and behind it their number */
	/* Tables that the writer packs as it gathers them. */
	SNAPSHOT_NODES,
	SNAPSHOT_CONTEXTS,
	SNAPSHOT_LABELS,
	SNAPSHOT_NAMES,
};

struct snapshot_field {
	const char *key;
	enum snapshot_kind kind;
	size_t offset;                        /* in the struct */
	size_t numbers;                       /* in each sum */
	const struct snapshot_record *record; /* of a table */
	bool later; /* may be missing, as in older snapshots, and is then 0; in arrays these come last */
};

/* An array of values, or, bare or as a pair of a map, values without a head of their own. */
struct snapshot_record {
	enum { SNAPSHOT_ARRAY, SNAPSHOT_BARE, SNAPSHOT_PAIR } form;
	size_t bytes; /* of the struct */
	struct snapshot_field fields[32];
};

/* clang-format off */
#define SNAPSHOT_FIELD(owner, name, kind_of, ...) \
	{.key = #name, .kind = SNAPSHOT_##kind_of, .offset = offsetof(struct owner, name), __VA_ARGS__}
/* clang-format on */

static const struct snapshot_record snapshot_meter_record = {SNAPSHOT_ARRAY, sizeof(struct snapshot_meter),
    {
	SNAPSHOT_FIELD(snapshot_meter, name, TEXT),
	SNAPSHOT_FIELD(snapshot_meter, unit, TEXT),
	SNAPSHOT_FIELD(snapshot_meter, reason, TEXT),
    }};

static const struct snapshot_record snapshot_trouble_record = {SNAPSHOT_PAIR, sizeof(struct snapshot_trouble),
    {
	SNAPSHOT_FIELD(snapshot_trouble, what, TEXT),
	SNAPSHOT_FIELD(snapshot_trouble, count, NUMBER),
    }};

static const struct snapshot_record snapshot_row_record = {SNAPSHOT_ARRAY, sizeof(struct snapshot_row),
    {
	SNAPSHOT_FIELD(snapshot_row, name, INDEX),
	SNAPSHOT_FIELD(snapshot_row, count, NUMBER),
	SNAPSHOT_FIELD(snapshot_row, sums, SUMS, .numbers = 6),
	SNAPSHOT_FIELD(snapshot_row, skipped, NUMBER, .later = true),
	SNAPSHOT_FIELD(snapshot_row, passed, NUMBER, .later = true),
    }};

static const struct snapshot_record snapshot_call_record = {SNAPSHOT_ARRAY, sizeof(struct snapshot_call),
    {
	SNAPSHOT_FIELD(snapshot_call, name, INDEX),
	SNAPSHOT_FIELD(snapshot_call, start_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot_call, took_ns, NUMBER),
    }};

static const struct snapshot_record snapshot_context_record = {SNAPSHOT_ARRAY,
    sizeof(struct snapshot_context),
    {
	SNAPSHOT_FIELD(snapshot_context, threads, NUMBER),
	SNAPSHOT_FIELD(snapshot_context, rows, TABLE, .record = &snapshot_row_record),
	SNAPSHOT_FIELD(snapshot_context, calls_made, NUMBER, .later = true),
	SNAPSHOT_FIELD(snapshot_context, calls, TABLE, .record = &snapshot_call_record, .later = true),
    }};

static const struct snapshot_record snapshot_node_record = {SNAPSHOT_ARRAY, sizeof(struct snapshot_node),
    {
	SNAPSHOT_FIELD(snapshot_node, context, INDEX),
	SNAPSHOT_FIELD(snapshot_node, parent, INDEX),
	SNAPSHOT_FIELD(snapshot_node, name, INDEX),
	SNAPSHOT_FIELD(snapshot_node, count, NUMBER),
	SNAPSHOT_FIELD(snapshot_node, sums, SUMS, .numbers = 2),
    }};

static const struct snapshot_record snapshot_label_record = {
    SNAPSHOT_BARE, sizeof(const char *), {{.key = "label", .kind = SNAPSHOT_TEXT}}};

static const struct snapshot_record snapshot_place_record = {SNAPSHOT_BARE, sizeof(struct meter_place),
    {
	SNAPSHOT_FIELD(meter_place, object, TEXT),
	SNAPSHOT_FIELD(meter_place, file, TEXT),
    }};

static const struct snapshot_record snapshot_name_record = {SNAPSHOT_ARRAY, sizeof(struct snapshot_name),
    {
	SNAPSHOT_FIELD(snapshot_name, name, TEXT),
	SNAPSHOT_FIELD(snapshot_name, labels, INDEX),
	SNAPSHOT_FIELD(snapshot_name, evaluations, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, score, SCORE),
	SNAPSHOT_FIELD(snapshot_name, credit, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, debit, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, hotspot_call, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, hotspot_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, disabled_call, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, disabled_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot_name, carried, NUMBER, .later = true),
	SNAPSHOT_FIELD(snapshot_name, failures, NUMBER, .later = true),
	SNAPSHOT_FIELD(snapshot_name, sampled, NUMBER, .later = true),
	SNAPSHOT_FIELD(snapshot_name, places, TABLE, .record = &snapshot_place_record, .later = true),
    }};

/*
 * The map, in the order in which it is written: the meters say how long a row is, and names
 * are written after the nodes and rows that refer to them.
 */
static const struct snapshot_record snapshot_map = {SNAPSHOT_PAIR, sizeof(struct snapshot),
    {
	SNAPSHOT_FIELD(snapshot, program, TEXT),
	SNAPSHOT_FIELD(snapshot, process, TEXT),
	SNAPSHOT_FIELD(snapshot, host, TEXT),
	SNAPSHOT_FIELD(snapshot, command, TEXT),
	SNAPSHOT_FIELD(snapshot, config, LINES),
	SNAPSHOT_FIELD(snapshot, config_path, TEXT),
	SNAPSHOT_FIELD(snapshot, set_path, TEXT),
	SNAPSHOT_FIELD(snapshot, notes, LINES),
	SNAPSHOT_FIELD(snapshot, pid, NUMBER),
	SNAPSHOT_FIELD(snapshot, started_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot, written_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot, elapsed_ns, NUMBER),
	SNAPSHOT_FIELD(snapshot, pair_ns, REAL),
	SNAPSHOT_FIELD(snapshot, pair_error_ns, REAL, .later = true),
	SNAPSHOT_FIELD(snapshot, skipped_ns, REAL, .later = true),
	SNAPSHOT_FIELD(snapshot, passed_ns, REAL, .later = true),
	SNAPSHOT_FIELD(snapshot, disabled_ns, REAL),
	SNAPSHOT_FIELD(snapshot, adapting, TRUTH),
	SNAPSHOT_FIELD(snapshot, clock, TEXT),
	SNAPSHOT_FIELD(snapshot, left_out, NUMBER),
	SNAPSHOT_FIELD(snapshot, meters, TABLE, .record = &snapshot_meter_record),
	SNAPSHOT_FIELD(snapshot, troubles, TABLE, .record = &snapshot_trouble_record),
	SNAPSHOT_FIELD(snapshot, nodes, NODES, .record = &snapshot_node_record),
	SNAPSHOT_FIELD(snapshot, contexts, CONTEXTS, .record = &snapshot_context_record),
	SNAPSHOT_FIELD(snapshot, labels, LABELS, .record = &snapshot_label_record),
	SNAPSHOT_FIELD(snapshot, names, NAMES, .record = &snapshot_name_record),
    }};

/* How many fields there are, and how many values they are; the LATER ones count only if asked. */
static inline size_t
snapshot_values(const struct snapshot_record *record, size_t meters, bool later)
{
	size_t values = 0;
	for (const struct snapshot_field *field = record->fields; field->kind != SNAPSHOT_END; field++)
		if (later || !field->later)
			values += field->kind == SNAPSHOT_SUMS ? field->numbers * meters : 1;
	return values;
}

#endif
