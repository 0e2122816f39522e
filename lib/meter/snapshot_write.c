#include "lib/meter/internal.h"
#include "lib/meter/snapshot_keys.h"

#include "lib/base/packer.h"
#include "lib/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct meter_trouble_name meter_trouble_names[METER_TROUBLES] = {
    {"abandoned", offsetof(struct meter_troubles, abandoned)},
    {"unmatched", offsetof(struct meter_troubles, unmatched)},
    {"too_deep", offsetof(struct meter_troubles, too_deep)},
    {"interrupting", offsetof(struct meter_troubles, interrupting)},
    {"left_open", offsetof(struct meter_troubles, left_open)},
    {"names_refused", offsetof(struct meter_troubles, names_refused)},
    {"threads_refused", offsetof(struct meter_troubles, threads_refused)},
    {"nodes_refused", offsetof(struct meter_troubles, nodes_refused)},
};

static struct meter_context *
first_context(void)
{
	return __atomic_load_n(&meter_contexts, __ATOMIC_ACQUIRE);
}

struct meter_troubles
meter_troubles(void)
{
	struct meter_troubles troubles = {
	    .names_refused = meter_get(&meter_names.refused),
	    .threads_refused = meter_threads_refused(),
	    .interrupting = meter_refused_without_context(),
	};
	for (const struct meter_context *context = first_context(); context != NULL;
	     context = context->next) {
		troubles.abandoned += meter_get(&context->abandoned);
		troubles.unmatched += meter_get(&context->unmatched);
		troubles.too_deep += meter_get(&context->too_deep);
		troubles.interrupting += meter_get(&context->interrupting);
		troubles.left_open += meter_get(&context->left_open);
		troubles.nodes_refused += meter_get(&context->nodes_refused);
	}
	return troubles;
}

/* ---- texts ---- */

/* Makes a text one line that may be shown anywhere. */
static void
make_plain(char *text, size_t size)
{
	bool sound = utf8_valid((const uint8_t *)text, size);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c == 0x7f || (!sound && c >= 0x80))
			text[i] = c == '\0' ? ' ' : '?';
	}
}

/* What the process says about itself, with room for the texts. */
struct facts {
	struct snapshot said;
	char program[256], process[1024], host[256], command[8192], config_path[4096], set_path[4096],
	    notes[512];
	struct buffer config;
};

static const char *
plain(char *line, size_t room, const char *text)
{
	snprintf(line, room, "%s", text);
	make_plain(line, strlen(line));
	return line;
}

static void
say_command(struct facts *facts)
{
	size_t size = 0, room = sizeof facts->command - 1;
	int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	while (file >= 0 && size < room) {
		ssize_t got = read(file, facts->command + size, room - size);
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (file >= 0)
		close(file);
	while (size > 0 && facts->command[size - 1] == '\0')
		size--;
	make_plain(facts->command, size);
}

static void
say_process(struct facts *facts)
{
	char name[sizeof facts->process];
	pthread_mutex_lock(&meter_names.lock);
	if (meter_engine.process != NULL)
		snprintf(name, sizeof name, "%s", meter_engine.process);
	else
		snprintf(name, sizeof name, "%.255s.%.255s.%ld", program_invocation_short_name, facts->host,
		    (long)getpid());
	pthread_mutex_unlock(&meter_names.lock);
	plain(facts->process, sizeof facts->process, name);
}

/* How many calls the timeline keeps no longer. */
static uint64_t
lost_calls(const struct meter_timeline *timeline)
{
	uint64_t count = meter_get(&timeline->count);
	return count >= timeline->places && timeline->places > 0 ? count - timeline->places + 1 : 0;
}

static void
say_notes(struct facts *facts)
{
	size_t used = 0, room = sizeof facts->notes;
	struct meter_troubles troubles = meter_troubles();
	if (troubles.names_refused > 0)
		used += (size_t)snprintf(facts->notes + used, room - used,
		    "the table of names was full: %llu names are not metered\n",
		    (unsigned long long)troubles.names_refused);
	if (troubles.threads_refused > 0)
		used += (size_t)snprintf(facts->notes + used, room - used,
		    "too many threads at one time: %llu are not metered\n",
		    (unsigned long long)troubles.threads_refused);
	if (troubles.nodes_refused > 0)
		used += (size_t)snprintf(facts->notes + used, room - used,
		    "the call tree was full (tracking.limit): %llu calls are with their callers\n",
		    (unsigned long long)troubles.nodes_refused);
	uint64_t lost = 0;
	for (const struct meter_context *context = first_context(); context != NULL; context = context->next)
		lost += lost_calls(&context->timeline);
	if (lost > 0)
		snprintf(facts->notes + used, room - used,
		    "the timeline was full (timeline.limit): the oldest %llu calls are not in it\n",
		    (unsigned long long)lost);
}

static bool
say_config(struct facts *facts, struct nest_error *error)
{
	struct buffer *text = &facts->config;
	if (!meter_config_print(&meter_engine.config, text, error) || !buffer_append(text, "", 1, error))
		return false;
	if (!utf8_valid(text->data, text->size))
		text->data[0] = '\0';
	return true;
}

static bool
gather_facts(struct facts *facts, struct nest_error *error)
{
	char host[sizeof facts->host] = "";
	double error_ns;
	gethostname(host, sizeof host - 1);
	plain(facts->host, sizeof facts->host, host);
	say_command(facts);
	say_process(facts);
	say_notes(facts);
	if (!say_config(facts, error))
		return false;
	facts->said = (struct snapshot){
	    .program = plain(facts->program, sizeof facts->program, program_invocation_short_name),
	    .process = facts->process,
	    .host = facts->host,
	    .command = facts->command,
	    .config = (const char *)facts->config.data,
	    .config_path = plain(facts->config_path, sizeof facts->config_path, meter_engine.config_path),
	    .set_path = plain(facts->set_path, sizeof facts->set_path, meter_engine.set_path),
	    .notes = facts->notes,
	    .clock = meter_hot.tsc ? "tsc" : "clock_gettime",
	    .pid = (uint64_t)getpid(),
	    .started_ns = meter_engine.started_epoch_ns,
	    .written_ns = meter_epoch_ns(),
	    .elapsed_ns = meter_now() - meter_engine.started_ns,
	    .left_out = meter_get(&meter_names.left_out),
	    .pair_ns = meter_cost_in_place(&error_ns),
	    .skipped_ns = meter_engine.cost.skipped_ns,
	    .passed_ns = meter_engine.cost.passed_ns,
	    .disabled_ns = meter_engine.cost.disabled_ns,
	    .adapting = meter_engine.config.hotspot,
	};
	facts->said.pair_error_ns = error_ns;
	return true;
}

/* ---- tables ---- */

static void
pack_meters(struct packer *packer)
{
	packer_array(packer, meter_hot.meters);
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		const struct meter_kind_description *kind = &meter_kinds[meter_engine.config.meters[i]];
		packer_array(packer, 3);
		packer_text(packer, kind->name);
		packer_text(packer, kind->unit);
		packer_text(packer, meter_perf_reason(i));
	}
}

static void
pack_labels(struct packer *packer)
{
	char label[METER_WORD_BYTES + 1];
	pthread_mutex_lock(&meter_names.lock);
	packer_array(packer, meter_names.label_count);
	for (uint32_t i = 0; i < meter_names.label_count; i++)
		packer_text(packer, plain(label, sizeof label, meter_names.labels[i]));
	pthread_mutex_unlock(&meter_names.lock);
}

static void
pack_places(struct packer *packer, struct meter_places places)
{
	packer_array(packer, 2 * places.count);
	for (size_t i = 0; i < places.count; i++) {
		packer_text(packer, places.places[i].object);
		packer_text(packer, places.places[i].file);
	}
}

static void
pack_names(struct packer *packer, uint32_t count)
{
	packer_array(packer, count);
	for (uint32_t i = 0; i < count && !packer->failed; i++) {
		const struct meter_entry *entry = &meter_names.entries[i];
		struct meter_row_view row = meter_row_all(i);
		const uint32_t both = 1u << METER_LABEL_HOTSPOT | 1u << METER_LABEL_DISABLED;
		uint32_t labels = entry->labels & ~both;
		if (meter_entry_is_hotspot(entry))
			labels |= 1u << METER_LABEL_HOTSPOT;
		if (__atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & METER_OFF)
			labels |= 1u << METER_LABEL_DISABLED;
		const struct meter_set_entry *carried = meter_entry_carried(entry);
		packer_array(packer, 14);
		packer_text(packer, entry->text);
		packer_uint(packer, labels);
		packer_uint(packer, meter_get(&entry->card) >> 32);
		packer_int(packer, meter_entry_score(entry));
		packer_uint(packer, row.credit);
		packer_uint(packer, row.debit);
		packer_uint(packer, meter_get(&entry->hotspot_call));
		packer_uint(packer, meter_get(&entry->hotspot_ns));
		packer_uint(packer, meter_get(&entry->disabled_call));
		packer_uint(packer, meter_get(&entry->disabled_ns));
		packer_uint(packer, carried != NULL ? carried->score : 0);
		packer_uint(packer, carried != NULL ? carried->failures : 0);
		packer_uint(packer, UINT64_C(1) << __atomic_load_n(&entry->rate, __ATOMIC_RELAXED));
		pack_places(packer, meter_entry_places(entry));
	}
}

static void
pack_cells(struct packer *packer, const struct meter_row *row, const struct meter_calls *calls)
{
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		const struct meter_cells *cells = &row->cells[i];
		packer_uint(packer, meter_estimate(calls, &cells->total));
		packer_uint(packer, meter_get(&cells->max));
		packer_uint(packer, ~meter_get(&cells->not_min));
		packer_uint(packer, meter_estimate(calls, &cells->inherent_total));
		packer_uint(packer, meter_get(&cells->inherent_max));
		packer_uint(packer, ~meter_get(&cells->inherent_not_min));
	}
}

/* The next name from AT on that has calls in CONTEXT, metered or not. */
static const struct meter_row *
next_row(const struct meter_context *context, uint32_t *at, uint32_t count)
{
	while (*at < count) {
		const struct meter_row *row = meter_row_find(context, *at, meter_hot.row_bytes);
		if (row == NULL) {
			*at = (*at / METER_CHUNK_ROWS + 1) * METER_CHUNK_ROWS;
			continue;
		}
		if (__atomic_load_n(&row->count, __ATOMIC_ACQUIRE) > 0 || meter_get(&row->skipped) > 0)
			return row;
		++*at;
	}
	return NULL;
}

/* Begins an array whose size is not known yet, and returns where it is put in afterwards. */
static size_t
open_array(struct packer *packer)
{
	static const uint8_t wide[5] = {0xdd};
	if (!packer->failed)
		packer->failed = !buffer_append(packer->to, wide, sizeof wide, packer->error);
	return packer->to->size;
}

static void
close_array(struct packer *packer, size_t place, uint32_t size)
{
	for (size_t i = 1; i <= 4 && !packer->failed; i++)
		packer->to->data[place - i] = (uint8_t)(size >> (8 * (i - 1)));
}

/* Rows may appear while they are written. */
static void
pack_rows(struct packer *packer, const struct meter_context *context, uint32_t count)
{
	size_t place = open_array(packer);
	uint32_t rows = 0, at = 0;
	const struct meter_row *row;
	for (; !packer->failed && (row = next_row(context, &at, count)) != NULL; at++, rows++) {
		struct meter_calls calls = meter_row_calls(context, row, at);
		packer_array(packer, 4 + 6 * (size_t)meter_hot.meters);
		packer_uint(packer, at);
		packer_uint(packer, calls.count);
		pack_cells(packer, row, &calls);
		packer_uint(packer, meter_get(&row->skipped));
		packer_uint(packer, calls.passed);
	}
	close_array(packer, place, rows);
}

/* Calls may be overwritten while they are written, the oldest first. */
static void
pack_calls(struct packer *packer, const struct meter_timeline *timeline, uint32_t names)
{
	uint64_t made = __atomic_load_n(&timeline->count, __ATOMIC_ACQUIRE), number = made;
	uint32_t calls = 0;
	struct meter_call_made call;
	packer_uint(packer, made);
	size_t place = open_array(packer);
	while (!packer->failed && number-- > 0 && meter_timeline_read(timeline, number, &call)) {
		if (call.name >= names)
			continue;
		uint64_t started_ns = meter_engine.started_ns;
		packer_array(packer, 3);
		packer_uint(packer, call.name);
		packer_uint(packer, call.start > started_ns ? call.start - started_ns : 0);
		packer_uint(packer, call.took);
		calls++;
	}
	close_array(packer, place, calls);
}

static void
pack_contexts(struct packer *packer, const struct meter_context *first, uint32_t count)
{
	size_t contexts = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next)
		contexts++;
	packer_array(packer, contexts);
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		bool has_timeline = context->timeline.calls != NULL;
		packer_array(packer, has_timeline ? 4 : 2);
		packer_uint(packer, meter_get(&context->threads));
		pack_rows(packer, context, count);
		if (has_timeline)
			pack_calls(packer, &context->timeline, count);
	}
}

static void
pack_tree(struct packer *packer, const struct meter_context *context, uint32_t number, uint32_t nodes,
    uint64_t base)
{
	for (uint32_t i = 0; i < nodes && !packer->failed; i++) {
		const struct meter_node *node =
		    (const struct meter_node *)(const void *)(context->tree.nodes + i * meter_hot.node_bytes);
		packer_array(packer, 4 + 2 * (size_t)meter_hot.meters);
		packer_uint(packer, number);
		packer_uint(packer, node->parent != 0 ? base + node->parent : 0);
		packer_uint(packer, node->name);
		packer_uint(packer, meter_get(&node->count));
		for (uint32_t m = 0; m < meter_hot.meters; m++) {
			const struct meter_calls all = {.scale = 1};
			packer_uint(packer, meter_estimate(&all, &node->cells[m].total));
			packer_uint(packer, meter_estimate(&all, &node->cells[m].inherent));
		}
	}
}

/* The counts of nodes are read once, into the buffer's spare room, so that array and nodes agree. */
static void
pack_nodes(struct packer *packer, const struct meter_context *first)
{
	uint32_t counts[METER_CONTEXT_LIMIT], number = 0;
	uint64_t all = 0, base = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		counts[number] = __atomic_load_n(&context->tree.count, __ATOMIC_ACQUIRE);
		all += counts[number++];
	}
	packer_array(packer, all);
	number = 0;
	for (const struct meter_context *context = first; context != NULL;
	     context = context->next, number++) {
		pack_tree(packer, context, number, counts[number], base);
		base += counts[number];
	}
}

static void
pack_troubles(struct packer *packer)
{
	struct meter_troubles troubles = meter_troubles();
	packer_map(packer, METER_TROUBLES);
	for (size_t i = 0; i < METER_TROUBLES; i++) {
		uint64_t count;
		memcpy(&count, (const char *)&troubles + meter_trouble_names[i].offset, sizeof count);
		packer_text(packer, meter_trouble_names[i].name);
		packer_uint(packer, count);
	}
}

/* Rows and nodes refer to no name after NAMES, which are counted after the nodes. */
struct tables {
	const struct meter_context *first;
	uint32_t names;
};

static void
pack_value(
    struct packer *packer, const struct snapshot_key *key, const struct facts *facts, struct tables *tables)
{
	const void *value = (const unsigned char *)&facts->said + key->offset;
	switch (key->kind) {
	case SNAPSHOT_TEXT:
	case SNAPSHOT_LINES:
		packer_text(packer, *(const char *const *)value);
		break;
	case SNAPSHOT_NUMBER:
		packer_uint(packer, *(const uint64_t *)value);
		break;
	case SNAPSHOT_REAL:
		packer_double(packer, *(const double *)value);
		break;
	case SNAPSHOT_TRUTH:
		packer_bool(packer, *(const bool *)value);
		break;
	case SNAPSHOT_METERS:
		pack_meters(packer);
		break;
	case SNAPSHOT_TROUBLES:
		pack_troubles(packer);
		break;
	case SNAPSHOT_NODES:
		pack_nodes(packer, tables->first);
		tables->names = meter_name_count();
		break;
	case SNAPSHOT_CONTEXTS:
		pack_contexts(packer, tables->first, tables->names);
		break;
	case SNAPSHOT_LABELS:
		pack_labels(packer);
		break;
	case SNAPSHOT_NAMES:
		pack_names(packer, tables->names);
		break;
	}
}

static bool
pack_body(struct buffer *bytes, const struct facts *facts, struct nest_error *error)
{
	struct packer packer = {.to = bytes, .error = error};
	struct tables tables = {.first = first_context()};
	packer_map(&packer, SNAPSHOT_KEYS);
	for (size_t i = 0; i < SNAPSHOT_KEYS && !packer.failed; i++) {
		packer_text(&packer, snapshot_keys[i].key);
		pack_value(&packer, &snapshot_keys[i], facts, &tables);
	}
	return !packer.failed;
}

static void
put_number(uint8_t *to, uint8_t first, uint64_t value, size_t size)
{
	to[0] = first;
	for (size_t i = 0; i < size; i++)
		to[size - i] = (uint8_t)(value >> (8 * i));
}

static void
fill_head(uint8_t *head, struct view body)
{
	head[0] = 0x94;
	memcpy(head + 1, "\xaanest-meter", 11);
	put_number(head + 12, 0xce, SNAPSHOT_VERSION, 4);
	put_number(head + 17, 0xcf, body.size, 8);
	put_number(head + 26, 0xce, snapshot_checksum(body), 4);
}

bool
snapshot_encode(struct buffer *bytes, struct nest_error *error)
{
	static const uint8_t room[SNAPSHOT_HEAD_BYTES] = {0};
	size_t start = bytes->size, body = start + SNAPSHOT_HEAD_BYTES;
	struct facts *facts = calloc(1, sizeof *facts);
	if (facts == NULL)
		return nest_error_memory(error, sizeof *facts, "a snapshot");
	bool done = gather_facts(facts, error) && buffer_append(bytes, room, sizeof room, error) &&
	            pack_body(bytes, facts, error);
	buffer_free(&facts->config);
	free(facts);
	if (done)
		fill_head(bytes->data + start, (struct view){bytes->data + body, bytes->size - body});
	return done;
}
