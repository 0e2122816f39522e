#include "lib/meter/file.h"
#include "lib/meter/internal.h"
#include "lib/meter/snapshot_fields.h"

#include "lib/base/packer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct meter_context *
first_context(void)
{
	return __atomic_load_n(&meter_contexts, __ATOMIC_ACQUIRE);
}

static void
add_troubles(struct meter_troubles *to, const struct meter_troubles *from)
{
	for (size_t i = 0; i < sizeof *to / sizeof(uint64_t); i++)
		((uint64_t *)to)[i] += meter_get((const uint64_t *)from + i);
}

struct meter_troubles
meter_troubles(void)
{
	struct meter_troubles all = {0};
	add_troubles(&all, &meter_lost);
	for (const struct meter_context *context = first_context(); context != NULL; context = context->next)
		add_troubles(&all, &context->troubles);
	return all;
}

/* ---- texts ---- */

/* What the process says about itself, with room for the texts. */
struct facts {
	struct snapshot said;
	struct snapshot_meter meters[METER_METER_LIMIT];
	struct snapshot_trouble troubles[8];
	char process[1024], host[256], notes[512];
	struct buffer command, config;
};

/* Words are parted by zeros; a process that cannot read its command has none. */
static bool
say_command(struct buffer *command, struct nest_error *error)
{
	enum { COMMAND_BYTES = 8190 };
	meter_file_read("/proc/self/cmdline", COMMAND_BYTES, command, error);
	while (command->size > 0 && command->data[command->size - 1] == '\0')
		command->size--;
	for (size_t i = 0; i < command->size; i++)
		if (command->data[i] == '\0')
			command->data[i] = ' ';
	return buffer_append(command, "", 1, error);
}

static void
say_process(struct facts *facts)
{
	pthread_mutex_lock(&meter_names.lock);
	if (meter_engine.process != NULL)
		snprintf(facts->process, sizeof facts->process, "%s", meter_engine.process);
	else
		snprintf(facts->process, sizeof facts->process, "%.255s.%.255s.%ld",
		    program_invocation_short_name, facts->host, (long)getpid());
	pthread_mutex_unlock(&meter_names.lock);
}

/* How many calls the timelines keep no longer. */
static uint64_t
lost_calls(void)
{
	uint64_t lost = 0;
	for (const struct meter_context *context = first_context(); context != NULL;
	     context = context->next) {
		uint64_t count = meter_get(&context->timeline.count), places = context->timeline.places;
		lost += places > 0 && count >= places ? count - places + 1 : 0;
	}
	return lost;
}

static void
say_troubles(struct facts *facts)
{
	const struct meter_troubles troubles = meter_troubles();
	const struct snapshot_trouble said[] = {
	    {"abandoned", troubles.abandoned},
	    {"unmatched", troubles.unmatched},
	    {"too_deep", troubles.too_deep},
	    {"interrupting", troubles.interrupting},
	    {"left_open", troubles.left_open},
	    {"names_refused", troubles.names_refused},
	    {"threads_refused", troubles.threads_refused},
	    {"nodes_refused", troubles.nodes_refused},
	};
	const struct {
		uint64_t count;
		const char *before, *behind;
	} notes[] = {
	    {troubles.names_refused, "the table of names was full: ", " names are not metered"},
	    {troubles.threads_refused, "too many threads at one time: ", " are not metered"},
	    {troubles.nodes_refused,
		"the call tree was full (tracking.limit): ", " calls are with their callers"},
	    {lost_calls(), "the timeline was full (timeline.limit): the oldest ", " calls are not in it"},
	};
	memcpy(facts->troubles, said, sizeof said);
	for (size_t i = 0, used = 0; i < sizeof notes / sizeof *notes; i++)
		if (notes[i].count > 0)
			used +=
			    (size_t)snprintf(facts->notes + used, sizeof facts->notes - used, "%s%llu%s\n",
				notes[i].before, (unsigned long long)notes[i].count, notes[i].behind);
}

static void
say_meters(struct facts *facts)
{
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		const struct meter_kind_description *kind = &meter_kinds[meter_engine.config.meters[i]];
		facts->meters[i] = (struct snapshot_meter){kind->name, kind->unit, meter_perf_reason(i)};
	}
}

static bool
gather_facts(struct facts *facts, struct nest_error *error)
{
	double error_ns;
	gethostname(facts->host, sizeof facts->host - 1);
	say_process(facts);
	say_troubles(facts);
	say_meters(facts);
	if (!say_command(&facts->command, error) ||
	    !meter_config_print(&meter_engine.config, &facts->config, error))
		return false;
	facts->said = (struct snapshot){
	    .program = program_invocation_short_name,
	    .process = facts->process,
	    .host = facts->host,
	    .command = (const char *)facts->command.data,
	    .config = (const char *)facts->config.data,
	    .config_path = meter_engine.config_path,
	    .set_path = meter_engine.set_path,
	    .notes = facts->notes,
	    .clock = meter_hot.tsc ? "tsc" : "clock_gettime",
	    .pid = (uint64_t)getpid(),
	    .started_ns = meter_engine.started_epoch_ns,
	    .written_ns = meter_system_ns(CLOCK_REALTIME),
	    .elapsed_ns = meter_now() - meter_engine.started_ns,
	    .left_out = meter_get(&meter_names.left_out),
	    .pair_ns = meter_cost_in_place(&error_ns),
	    .skipped_ns = meter_engine.cost.skipped_ns,
	    .passed_ns = meter_engine.cost.passed_ns,
	    .disabled_ns = meter_engine.cost.disabled_ns,
	    .adapting = meter_engine.config.hotspot,
	    .meters = facts->meters,
	    .meter_count = meter_hot.meters,
	    .troubles = facts->troubles,
	    .trouble_count = sizeof facts->troubles / sizeof *facts->troubles,
	};
	facts->said.pair_error_ns = error_ns;
	return true;
}

/* ---- records ---- */

static void
pack_text(struct packer *packer, const char *text, bool lines)
{
	size_t size = strlen(text);
	packer_text_of(packer, text, size);
	if (!packer->failed)
		meter_make_plain((char *)packer->to->data + packer->to->size - size, size, lines);
}

static void pack_field(struct packer *packer, const struct snapshot_field *field, const void *owner);

static void
pack_record(struct packer *packer, const struct snapshot_record *record, const void *owner)
{
	if (record->form == SNAPSHOT_ARRAY)
		packer_array(packer, snapshot_values(record, meter_hot.meters, true));
	for (const struct snapshot_field *field = record->fields; field->kind != SNAPSHOT_END; field++)
		pack_field(packer, field, owner);
}

static void
pack_table(struct packer *packer, const struct snapshot_record *record, const void *records, size_t count)
{
	if (record->form == SNAPSHOT_PAIR)
		packer_map(packer, count);
	else
		packer_array(
		    packer, record->form == SNAPSHOT_BARE ? count * snapshot_values(record, 1, true) : count);
	for (size_t i = 0; i < count; i++)
		pack_record(packer, record, (const unsigned char *)records + i * record->bytes);
}

static void
pack_field(struct packer *packer, const struct snapshot_field *field, const void *owner)
{
	const void *value = (const unsigned char *)owner + field->offset;
	struct {
		const void *records;
		size_t count;
	} table;
	switch (field->kind) {
	case SNAPSHOT_TEXT:
	case SNAPSHOT_LINES:
		pack_text(packer, *(const char *const *)value, field->kind == SNAPSHOT_LINES);
		break;
	case SNAPSHOT_NUMBER:
		packer_uint(packer, *(const uint64_t *)value);
		break;
	case SNAPSHOT_INDEX:
		packer_uint(packer, *(const uint32_t *)value);
		break;
	case SNAPSHOT_SCORE:
		packer_int(packer, *(const int64_t *)value);
		break;
	case SNAPSHOT_REAL:
		packer_double(packer, *(const double *)value);
		break;
	case SNAPSHOT_TRUTH:
		packer_bool(packer, *(const bool *)value);
		break;
	case SNAPSHOT_SUMS:
		memcpy(&table.records, value, sizeof table.records);
		for (size_t i = 0; i < field->numbers * meter_hot.meters; i++)
			packer_uint(packer, ((const uint64_t *)table.records)[i]);
		break;
	case SNAPSHOT_TABLE:
		memcpy(&table, value, sizeof table);
		pack_table(packer, field->record, table.records, table.count);
		break;
	default:
		break;
	}
}

/* ---- tables ---- */

/* The row of a name that has calls in CONTEXT, metered or not; NULL if it has none. */
static const struct meter_row *
row_with_calls(const struct meter_context *context, uint32_t name)
{
	const struct meter_row *row = meter_row_find(context, name);
	bool has_calls = row != NULL &&
	                 (__atomic_load_n(&row->count, __ATOMIC_ACQUIRE) > 0 || meter_get(&row->skipped) > 0);
	return has_calls ? row : NULL;
}

static void
pack_row(
    struct packer *packer, const struct meter_context *context, const struct meter_row *row, uint32_t name)
{
	struct meter_calls calls = meter_row_calls(context, row, name);
	struct snapshot_sum sums[METER_METER_LIMIT];
	for (uint32_t i = 0; i < meter_hot.meters; i++)
		sums[i] = meter_sum_of(&calls, &row->cells[i]);
	const struct snapshot_row said = {name, calls.count, meter_get(&row->skipped), calls.passed, sums};
	pack_record(packer, &snapshot_row_record, &said);
}

/* Rows may appear while they are written, anywhere, but none goes: those are written that were there. */
static void
pack_rows(struct packer *packer, const struct meter_context *context, uint32_t names)
{
	struct buffer found = {0};
	for (uint32_t name = 0; name < names && !packer->failed; name++)
		packer->failed = row_with_calls(context, name) != NULL &&
		                 !buffer_append(&found, &name, sizeof name, packer->error);
	size_t rows = found.size / sizeof(uint32_t);
	packer_array(packer, rows);
	for (size_t i = 0; i < rows && !packer->failed; i++) {
		uint32_t name;
		memcpy(&name, found.data + i * sizeof name, sizeof name);
		pack_row(packer, context, meter_row_find(context, name), name);
	}
	buffer_free(&found);
}

/* Calls may be overwritten while they are read, the oldest first. */
static void
pack_calls(struct packer *packer, const struct meter_timeline *timeline, uint32_t names)
{
	uint64_t made = __atomic_load_n(&timeline->count, __ATOMIC_ACQUIRE), number = made;
	uint64_t began = meter_engine.started_ns;
	struct meter_call_made call;
	struct buffer calls = {0};
	while (!packer->failed && number-- > 0 && meter_timeline_read(timeline, number, &call)) {
		const struct snapshot_call said = {
		    (uint32_t)call.name, call.start > began ? call.start - began : 0, call.took};
		packer->failed =
		    call.name < names && !buffer_append(&calls, &said, sizeof said, packer->error);
	}
	packer_uint(packer, made);
	pack_table(packer, &snapshot_call_record, calls.data, calls.size / sizeof(struct snapshot_call));
	buffer_free(&calls);
}

static void
pack_contexts(struct packer *packer, const struct meter_context *first, uint32_t names)
{
	size_t contexts = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next)
		contexts++;
	packer_array(packer, contexts);
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		bool has_timeline = context->timeline.calls != NULL;
		packer_array(packer, has_timeline ? 4 : 2);
		packer_uint(packer, meter_get(&context->threads));
		pack_rows(packer, context, names);
		if (has_timeline)
			pack_calls(packer, &context->timeline, names);
	}
}

static void
pack_node(struct packer *packer, const struct meter_node *node, uint32_t context, uint32_t base)
{
	const struct meter_calls all = {.scale = 1};
	struct snapshot_node_sum sums[METER_METER_LIMIT];
	for (uint32_t i = 0; i < meter_hot.meters; i++)
		sums[i] = (struct snapshot_node_sum){meter_estimate(&all, &node->cells[i].total),
		    meter_estimate(&all, &node->cells[i].inherent)};
	const struct snapshot_node said = {
	    context, node->parent != 0 ? base + node->parent : 0, node->name, meter_get(&node->count), sums};
	pack_record(packer, &snapshot_node_record, &said);
}

/* The counts of nodes are read once, so that array and nodes agree. */
static void
pack_nodes(struct packer *packer, const struct meter_context *first)
{
	uint32_t counts[METER_CONTEXT_LIMIT], number = 0, base = 0;
	size_t all = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		counts[number] = __atomic_load_n(&context->tree.count, __ATOMIC_ACQUIRE);
		all += counts[number++];
	}
	packer_array(packer, all);
	number = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		const unsigned char *node = context->tree.nodes;
		for (uint32_t i = 0; i < counts[number] && !packer->failed; i++, node += meter_hot.node_bytes)
			pack_node(packer, (const struct meter_node *)(const void *)node, number, base);
		base += counts[number++];
	}
}

static void
pack_labels(struct packer *packer)
{
	pthread_mutex_lock(&meter_names.lock);
	packer_array(packer, meter_names.label_count);
	for (uint32_t i = 0; i < meter_names.label_count; i++)
		pack_text(packer, meter_names.labels[i], false);
	pthread_mutex_unlock(&meter_names.lock);
}

static void
pack_name(struct packer *packer, const struct meter_entry *entry)
{
	const struct meter_row_view row = meter_row_all(entry->index);
	const struct meter_set_entry *carried = meter_entry_carried(entry);
	const struct snapshot_name said = {
	    .name = entry->text,
	    .labels = meter_entry_labels(entry),
	    .evaluations = meter_get(&entry->card) >> 32,
	    .score = meter_entry_score(entry),
	    .credit = row.credit,
	    .debit = row.debit,
	    .hotspot_call = meter_get(&entry->hotspot_call),
	    .hotspot_ns = meter_get(&entry->hotspot_ns),
	    .disabled_call = meter_get(&entry->disabled_call),
	    .disabled_ns = meter_get(&entry->disabled_ns),
	    .carried = carried != NULL ? carried->score : 0,
	    .failures = carried != NULL ? carried->failures : 0,
	    .sampled = UINT64_C(1) << __atomic_load_n(&entry->rate, __ATOMIC_RELAXED),
	    .places = meter_entry_places(entry),
	};
	pack_record(packer, &snapshot_name_record, &said);
}

static bool
pack_body(struct buffer *bytes, const struct facts *facts, struct nest_error *error)
{
	struct packer packer = {.to = bytes, .error = error};
	const struct meter_context *first = first_context();
	uint32_t names = 0;
	packer_map(&packer, snapshot_values(&snapshot_map, 1, true));
	for (const struct snapshot_field *field = snapshot_map.fields;
	     field->kind != SNAPSHOT_END && !packer.failed; field++) {
		packer_text(&packer, field->key);
		switch (field->kind) {
		case SNAPSHOT_NODES:
			pack_nodes(&packer, first);
			/* Rows and nodes refer to no name after these. */
			names = meter_name_count();
			break;
		case SNAPSHOT_CONTEXTS:
			pack_contexts(&packer, first, names);
			break;
		case SNAPSHOT_LABELS:
			pack_labels(&packer);
			break;
		case SNAPSHOT_NAMES:
			packer_array(&packer, names);
			for (uint32_t i = 0; i < names && !packer.failed; i++)
				pack_name(&packer, &meter_names.entries[i]);
			break;
		default:
			pack_field(&packer, field, &facts->said);
		}
	}
	return !packer.failed;
}

static void
put_number(uint8_t *to, uint64_t value, size_t size)
{
	for (; size > 0; value >>= 8)
		to[--size] = (uint8_t)value;
}

bool
snapshot_encode(struct buffer *bytes, struct nest_error *error)
{
	static const uint8_t head[SNAPSHOT_HEAD_BYTES] = "\x94\xaanest-meter\xce....\xcf........\xce";
	size_t start = bytes->size;
	struct facts *facts = calloc(1, sizeof *facts);
	if (facts == NULL)
		return nest_error_memory(error, sizeof *facts, "a snapshot");
	bool done = gather_facts(facts, error) && buffer_append(bytes, head, sizeof head, error) &&
	            pack_body(bytes, facts, error);
	buffer_free(&facts->command);
	buffer_free(&facts->config);
	free(facts);
	if (!done)
		return false;
	uint8_t *filled = bytes->data + start;
	struct view body = {filled + sizeof head, bytes->size - start - sizeof head};
	put_number(filled + 13, SNAPSHOT_VERSION, 4);
	put_number(filled + 18, body.size, 8);
	put_number(filled + 27, snapshot_checksum(body), 4);
	return true;
}
