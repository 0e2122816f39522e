#include "lib/meter/internal.h"
#include "lib/meter/pack.h"
#include "lib/meter/snapshot.h"

#include "lib/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_BYTES = 8192 };

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

/* One line that may be shown anywhere. */
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

static void
pack_plain(struct meter_packer *packer, const char *text)
{
	char line[4096];
	int size = snprintf(line, sizeof line, "%s", text);
	size_t length = size < (int)sizeof line ? (size_t)size : sizeof line - 1;
	make_plain(line, length);
	meter_pack_bytes_text(packer, line, length);
}

static void
pack_command(struct meter_packer *packer)
{
	char command[COMMAND_BYTES];
	size_t size = 0;
	int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	while (file >= 0 && size < sizeof command) {
		ssize_t got = read(file, command + size, sizeof command - size);
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (file >= 0)
		close(file);
	while (size > 0 && command[size - 1] == '\0')
		size--;
	make_plain(command, size);
	meter_pack_bytes_text(packer, command, size);
}

static void
pack_process(struct meter_packer *packer, const char *host)
{
	char name[1024];
	pthread_mutex_lock(&meter_names.lock);
	if (meter_engine.process != NULL)
		snprintf(name, sizeof name, "%s", meter_engine.process);
	else
		snprintf(name, sizeof name, "%.255s.%.255s.%ld", program_invocation_short_name, host,
		    (long)getpid());
	pthread_mutex_unlock(&meter_names.lock);
	pack_plain(packer, name);
}

static void
pack_config(struct meter_packer *packer)
{
	struct buffer text = {0};
	if (!meter_config_print(&meter_engine.config, &text, packer->error))
		packer->failed = true;
	else if (utf8_valid(text.data, text.size))
		meter_pack_bytes_text(packer, text.data, text.size);
	else
		meter_pack_text(packer, "");
	buffer_free(&text);
}

static void
pack_notes(struct meter_packer *packer)
{
	char notes[512] = "";
	size_t used = 0;
	struct meter_troubles troubles = meter_troubles();
	if (troubles.names_refused > 0)
		used += (size_t)snprintf(notes + used, sizeof notes - used,
		    "the table of names was full: %llu names are not metered\n",
		    (unsigned long long)troubles.names_refused);
	if (troubles.threads_refused > 0)
		used += (size_t)snprintf(notes + used, sizeof notes - used,
		    "too many threads at one time: %llu are not metered\n",
		    (unsigned long long)troubles.threads_refused);
	if (troubles.nodes_refused > 0)
		snprintf(notes + used, sizeof notes - used,
		    "the call tree was full (tracking.limit): %llu calls are with their callers\n",
		    (unsigned long long)troubles.nodes_refused);
	meter_pack_text(packer, notes);
}

/* ---- tables ---- */

static void
pack_meters(struct meter_packer *packer)
{
	meter_pack_array(packer, meter_hot.meters);
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		const struct meter_kind_description *kind = &meter_kinds[meter_engine.config.meters[i]];
		meter_pack_array(packer, 3);
		meter_pack_text(packer, kind->name);
		meter_pack_text(packer, kind->unit);
		meter_pack_text(packer, meter_perf_reason(i));
	}
}

static void
pack_names(struct meter_packer *packer, uint32_t count)
{
	pthread_mutex_lock(&meter_names.lock);
	meter_pack_text(packer, "labels");
	meter_pack_array(packer, meter_names.label_count);
	for (uint32_t i = 0; i < meter_names.label_count; i++)
		pack_plain(packer, meter_names.labels[i]);
	pthread_mutex_unlock(&meter_names.lock);

	meter_pack_text(packer, "names");
	meter_pack_array(packer, count);
	for (uint32_t i = 0; i < count && !packer->failed; i++) {
		const struct meter_entry *entry = &meter_names.entries[i];
		struct meter_row_view row = meter_row_all(i);
		const uint32_t both = 1u << METER_LABEL_HOTSPOT | 1u << METER_LABEL_DISABLED;
		uint32_t labels = entry->labels & ~both;
		if (meter_entry_is_hotspot(entry))
			labels |= 1u << METER_LABEL_HOTSPOT;
		if (!meter_name_wanted(i))
			labels |= 1u << METER_LABEL_DISABLED;
		meter_pack_array(packer, 10);
		meter_pack_text(packer, entry->text);
		meter_pack_uint(packer, labels);
		meter_pack_uint(packer, meter_get(&entry->card) >> 32);
		meter_pack_int(packer, meter_entry_score(entry));
		meter_pack_uint(packer, row.credit);
		meter_pack_uint(packer, row.debit);
		meter_pack_uint(packer, meter_get(&entry->hotspot_call));
		meter_pack_uint(packer, meter_get(&entry->hotspot_ns));
		meter_pack_uint(packer, meter_get(&entry->disabled_call));
		meter_pack_uint(packer, meter_get(&entry->disabled_ns));
	}
}

static void
pack_cells(struct meter_packer *packer, const struct meter_row *row)
{
	for (uint32_t i = 0; i < meter_hot.meters; i++) {
		const struct meter_cells *cells = &row->cells[i];
		meter_pack_uint(packer, meter_get(&cells->total));
		meter_pack_uint(packer, meter_get(&cells->max));
		meter_pack_uint(packer, ~meter_get(&cells->not_min));
		meter_pack_uint(packer, meter_get(&cells->inherent_total));
		meter_pack_uint(packer, meter_get(&cells->inherent_max));
		meter_pack_uint(packer, ~meter_get(&cells->inherent_not_min));
	}
}

/* The next name from AT on that has calls in CONTEXT. */
static const struct meter_row *
next_row(const struct meter_context *context, uint32_t *at, uint32_t count)
{
	while (*at < count) {
		const struct meter_row *row = meter_row_find(context, *at, meter_hot.row_bytes);
		if (row == NULL) {
			*at = (*at / METER_CHUNK_ROWS + 1) * METER_CHUNK_ROWS;
			continue;
		}
		if (__atomic_load_n(&row->count, __ATOMIC_ACQUIRE) > 0)
			return row;
		++*at;
	}
	return NULL;
}

/* Rows come to life while they are written: the array's size is put in when it is known. */
static void
pack_rows(struct meter_packer *packer, const struct meter_context *context, uint32_t count)
{
	static const uint8_t wide[5] = {0xdd};
	size_t place = packer->to->size;
	uint32_t rows = 0, at = 0;
	const struct meter_row *row;
	if (packer->failed || !buffer_append(packer->to, wide, sizeof wide, packer->error)) {
		packer->failed = true;
		return;
	}
	for (; !packer->failed && (row = next_row(context, &at, count)) != NULL; at++, rows++) {
		meter_pack_array(packer, 2 + 6 * (size_t)meter_hot.meters);
		meter_pack_uint(packer, at);
		meter_pack_uint(packer, __atomic_load_n(&row->count, __ATOMIC_ACQUIRE));
		pack_cells(packer, row);
	}
	for (int i = 0; i < 4; i++)
		packer->to->data[place + 1 + (size_t)i] = (uint8_t)(rows >> (24 - 8 * i));
}

static void
pack_contexts(struct meter_packer *packer, const struct meter_context *first, uint32_t count)
{
	size_t contexts = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next)
		contexts++;
	meter_pack_array(packer, contexts);
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		meter_pack_array(packer, 2);
		meter_pack_uint(packer, meter_get(&context->threads));
		pack_rows(packer, context, count);
	}
}

static void
pack_tree(struct meter_packer *packer, const struct meter_context *context, uint32_t number, uint32_t nodes,
    uint64_t base)
{
	for (uint32_t i = 0; i < nodes && !packer->failed; i++) {
		const struct meter_node *node =
		    (const struct meter_node *)(const void *)(context->tree.nodes + i * meter_hot.node_bytes);
		meter_pack_array(packer, 4 + 2 * (size_t)meter_hot.meters);
		meter_pack_uint(packer, number);
		meter_pack_uint(packer, node->parent != 0 ? base + node->parent : 0);
		meter_pack_uint(packer, node->name);
		meter_pack_uint(packer, meter_get(&node->count));
		for (uint32_t m = 0; m < meter_hot.meters; m++) {
			meter_pack_uint(packer, meter_get(&node->cells[m].total));
			meter_pack_uint(packer, meter_get(&node->cells[m].inherent));
		}
	}
}

/* The counts of nodes are read once, into the buffer's spare room, so that array and nodes agree. */
static void
pack_nodes(struct meter_packer *packer, const struct meter_context *first)
{
	uint32_t counts[METER_CONTEXT_LIMIT], number = 0;
	uint64_t all = 0, base = 0;
	for (const struct meter_context *context = first; context != NULL; context = context->next) {
		counts[number] = __atomic_load_n(&context->tree.count, __ATOMIC_ACQUIRE);
		all += counts[number++];
	}
	meter_pack_array(packer, all);
	number = 0;
	for (const struct meter_context *context = first; context != NULL;
	     context = context->next, number++) {
		pack_tree(packer, context, number, counts[number], base);
		base += counts[number];
	}
}

static void
pack_troubles(struct meter_packer *packer)
{
	struct meter_troubles troubles = meter_troubles();
	meter_pack_map(packer, METER_TROUBLES);
	for (size_t i = 0; i < METER_TROUBLES; i++) {
		uint64_t count;
		memcpy(&count, (const char *)&troubles + meter_trouble_names[i].offset, sizeof count);
		meter_pack_text(packer, meter_trouble_names[i].name);
		meter_pack_uint(packer, count);
	}
}

static void
pack_process_facts(struct meter_packer *packer)
{
	char host[256] = "";
	gethostname(host, sizeof host - 1);
	meter_pack_text(packer, "program"), pack_plain(packer, program_invocation_short_name);
	meter_pack_text(packer, "process"), pack_process(packer, host);
	meter_pack_text(packer, "host"), pack_plain(packer, host);
	meter_pack_text(packer, "command"), pack_command(packer);
	meter_pack_text(packer, "config"), pack_config(packer);
	meter_pack_text(packer, "config_path"), pack_plain(packer, meter_engine.config_path);
	meter_pack_text(packer, "set_path"), pack_plain(packer, meter_engine.set_path);
	meter_pack_text(packer, "notes"), pack_notes(packer);
	meter_pack_text(packer, "pid"), meter_pack_uint(packer, (uint64_t)getpid());
	meter_pack_text(packer, "started_ns"), meter_pack_uint(packer, meter_engine.started_epoch_ns);
	meter_pack_text(packer, "written_ns"), meter_pack_uint(packer, meter_epoch_ns());
	meter_pack_text(packer, "elapsed_ns"), meter_pack_uint(packer, meter_now() - meter_engine.started_ns);
	meter_pack_text(packer, "pair_ns"), meter_pack_double(packer, meter_engine.cost.pair_ns);
	meter_pack_text(packer, "disabled_ns"), meter_pack_double(packer, meter_engine.cost.disabled_ns);
	meter_pack_text(packer, "adapting"), meter_pack_bool(packer, meter_engine.config.hotspot);
	meter_pack_text(packer, "clock"), meter_pack_text(packer, meter_hot.tsc ? "tsc" : "clock_gettime");
	meter_pack_text(packer, "meters"), pack_meters(packer);
	meter_pack_text(packer, "troubles"), pack_troubles(packer);
	meter_pack_text(packer, "left_out"), meter_pack_uint(packer, meter_get(&meter_names.left_out));
}

/* Keys of pack_process_facts, and labels, names, contexts, nodes. */
enum { FACTS = 19, KEYS = FACTS + 4 };

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
	put_number(head + 26, 0xce, meter_checksum(body), 4);
}

bool
snapshot_encode(struct buffer *bytes, struct nest_error *error)
{
	static const uint8_t room[SNAPSHOT_HEAD_BYTES] = {0};
	struct meter_packer packer = {.to = bytes, .error = error};
	size_t start = bytes->size;
	if (!buffer_append(bytes, room, sizeof room, error))
		return false;
	/*
	 * Rows and nodes name nothing that was entered later than this count: it is read
	 * after them in time only by names, so contexts come first.
	 */
	const struct meter_context *first = first_context();
	meter_pack_map(&packer, KEYS);
	pack_process_facts(&packer);
	meter_pack_text(&packer, "nodes");
	pack_nodes(&packer, first);
	uint32_t count = meter_name_count();
	meter_pack_text(&packer, "contexts");
	pack_contexts(&packer, first, count);
	pack_names(&packer, count);
	if (packer.failed)
		return false;
	size_t body = start + SNAPSHOT_HEAD_BYTES;
	fill_head(bytes->data + start, (struct view){bytes->data + body, bytes->size - body});
	return true;
}
