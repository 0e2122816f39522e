#include "lib/meter/file.h"
#include "lib/meter/snapshot_keys.h"

#include "lib/base/pack.h"
#include "lib/base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 16, SKIP_DEPTH = 16 };

/* What a snapshot owns: blocks, given back together. */
struct block {
	struct block *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

struct reader {
	struct snapshot *snapshot;
	struct pack_reader in;
	struct nest_error *error;
	const char *path;
};

static bool
refuse(struct reader *r, const char *what)
{
	return nest_error_set(r->error, NEST_INVALID, "%s: the snapshot is damaged: %s", r->path, what);
}

/* COUNT zeroed elements; NULL only on an error. */
static void *
take(struct reader *r, size_t count, size_t element_bytes)
{
	size_t size;
	struct block *block = r->snapshot->memory;
	if (__builtin_mul_overflow(count, element_bytes, &size) || size > SIZE_MAX / 2) {
		nest_error_memory(r->error, SIZE_MAX, "a snapshot");
		return NULL;
	}
	size = (size + 15) & ~(size_t)15;
	if (size == 0)
		size = 16;
	if (block == NULL || block->size - block->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		struct block *made = calloc(1, sizeof *made + room);
		if (made == NULL) {
			nest_error_memory(r->error, room, "a snapshot");
			return NULL;
		}
		made->size = room;
		made->next = block;
		r->snapshot->memory = block = made;
	}
	void *memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

static bool
is_plain(struct view text, bool lines)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		if ((c < 0x20 && !(lines && c == '\n')) || c == 0x7f)
			return false;
	}
	return utf8_valid(text.data, text.size);
}

static bool
take_text(struct reader *r, struct view *text)
{
	struct pack_value value = pack_read(&r->in);
	*text = (struct view){r->in.at, value.size};
	r->in.at += value.type == PACK_TEXT ? value.size : 0;
	return value.type == PACK_TEXT;
}

static bool
read_text(struct reader *r, const char **text, bool lines)
{
	struct view found;
	if (!take_text(r, &found) || !is_plain(found, lines))
		return refuse(r, "a text was due");
	char *copy = take(r, found.size + 1, 1);
	if (copy == NULL)
		return false;
	if (found.size > 0)
		memcpy(copy, found.data, found.size);
	*text = copy;
	return true;
}

static bool
read_uint(struct reader *r, uint64_t *value)
{
	struct pack_value found = pack_read(&r->in);
	*value = found.number;
	return found.type == PACK_UNSIGNED || refuse(r, "a number was due");
}

/* An index below COUNT. */
static bool
read_index(struct reader *r, size_t count, uint32_t *index)
{
	uint64_t value;
	if (!read_uint(r, &value))
		return false;
	if (value >= count)
		return refuse(r, "a number points nowhere");
	*index = (uint32_t)value;
	return true;
}

/* Reads the head of an array of *COUNT values of LEAST_BYTES or more, no more than fit. */
static bool
read_array(struct reader *r, size_t least_bytes, size_t *count)
{
	struct pack_value value = pack_read(&r->in);
	*count = value.size;
	return (value.type == PACK_ARRAY && value.size <= (size_t)(r->in.end - r->in.at) / least_bytes) ||
	       refuse(r, "an array was due");
}

static bool
read_map_head(struct reader *r, size_t *count)
{
	struct pack_value value = pack_read(&r->in);
	*count = value.size;
	return value.type == PACK_MAP || refuse(r, "a map was due");
}

/*
 * Begins the array of a record, at least FIELDS long; end_record skips what a later minor
 * version adds.
 */
static bool
begin_record(struct reader *r, size_t fields, size_t *more)
{
	size_t count;
	if (!read_array(r, 1, &count))
		return false;
	if (count < fields)
		return refuse(r, "a record is too short");
	*more = count - fields;
	return true;
}

static bool
end_record(struct reader *r, size_t more)
{
	for (; more > 0; more--)
		if (!pack_skip_within(&r->in, SKIP_DEPTH))
			return refuse(r, "a record's end");
	return true;
}

/* A number that older snapshots do not have. */
static bool
read_later(struct reader *r, size_t *more, uint64_t *number)
{
	if (*more == 0)
		return true;
	--*more;
	return read_uint(r, number);
}

/* ---- the tables ---- */

static bool
read_meters(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t count, more = 0;
	if (!read_array(r, 4, &count))
		return false;
	if (count == 0 || count > SNAPSHOT_METER_LIMIT)
		return refuse(r, "the number of meters");
	for (size_t i = 0; i < count; i++) {
		struct snapshot_meter *meter = &snapshot->meters[i];
		if (!begin_record(r, 3, &more) || !read_text(r, &meter->name, false) ||
		    !read_text(r, &meter->unit, false) || !read_text(r, &meter->reason, false) ||
		    !end_record(r, more))
			return false;
	}
	snapshot->meter_count = count;
	return true;
}

static bool
read_labels(struct reader *r)
{
	size_t count;
	if (!read_array(r, 1, &count))
		return false;
	if (count < 2 || count > SNAPSHOT_LABEL_LIMIT)
		return refuse(r, "the number of labels");
	for (size_t i = 0; i < count; i++)
		if (!read_text(r, &r->snapshot->labels[i], false))
			return false;
	r->snapshot->label_count = count;
	return true;
}

static bool
read_troubles(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t count;
	if (!read_map_head(r, &count))
		return false;
	snapshot->troubles = take(r, count, sizeof *snapshot->troubles);
	if (snapshot->troubles == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_text(r, &snapshot->troubles[i].what, false) ||
		    !read_uint(r, &snapshot->troubles[i].count))
			return false;
	snapshot->trouble_count = count;
	return true;
}

static bool
read_score(struct reader *r, int64_t *score)
{
	struct pack_value value = pack_read(&r->in);
	*score = value.negative;
	return value.type == PACK_NEGATIVE || (value.type == PACK_UNSIGNED && value.number <= INT64_MAX) ||
	       refuse(r, "a scorecard");
}

/* Likewise. */
static bool
read_later_places(struct reader *r, size_t *more, struct meter_places *places)
{
	size_t texts;
	if (*more == 0)
		return true;
	--*more;
	if (!read_array(r, 1, &texts))
		return false;
	if (texts % 2 != 0)
		return refuse(r, "a place without a file");
	places->count = texts / 2;
	places->places = take(r, places->count, sizeof *places->places);
	for (size_t i = 0; places->places != NULL && i < places->count; i++)
		if (!read_text(r, &places->places[i].object, false) ||
		    !read_text(r, &places->places[i].file, false))
			return false;
	return places->places != NULL;
}

static bool
read_name(struct reader *r, struct snapshot_name *name)
{
	uint64_t labels;
	size_t more = 0;
	if (!begin_record(r, 10, &more) || !read_text(r, &name->name, false) || !read_uint(r, &labels) ||
	    !read_uint(r, &name->evaluations))
		return false;
	if (labels > UINT32_MAX)
		return refuse(r, "a scorecard");
	name->labels = (uint32_t)labels;
	return read_score(r, &name->score) && read_uint(r, &name->credit) && read_uint(r, &name->debit) &&
	       read_uint(r, &name->hotspot_call) && read_uint(r, &name->hotspot_ns) &&
	       read_uint(r, &name->disabled_call) && read_uint(r, &name->disabled_ns) &&
	       read_later(r, &more, &name->carried) && read_later(r, &more, &name->failures) &&
	       read_later(r, &more, &name->sampled) && read_later_places(r, &more, &name->places) &&
	       end_record(r, more);
}

static bool
read_names(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t count;
	if (!read_array(r, 11, &count))
		return false;
	snapshot->names = take(r, count, sizeof *snapshot->names);
	if (snapshot->names == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct snapshot_name *name = &snapshot->names[i];
		name->merged.name = (uint32_t)i;
		if (!read_name(r, name))
			return false;
	}
	snapshot->name_count = count;
	return true;
}

static bool
read_sums(struct reader *r, struct snapshot_sum *sums)
{
	for (size_t i = 0; i < r->snapshot->meter_count; i++) {
		struct snapshot_sum *sum = &sums[i];
		if (!read_uint(r, &sum->total) || !read_uint(r, &sum->max) || !read_uint(r, &sum->min) ||
		    !read_uint(r, &sum->inherent_total) || !read_uint(r, &sum->inherent_max) ||
		    !read_uint(r, &sum->inherent_min))
			return false;
	}
	return true;
}

static bool
read_calls(struct reader *r, struct snapshot_context *context)
{
	size_t more = 0, count;
	if (!read_uint(r, &context->calls_made) || !read_array(r, 4, &count))
		return false;
	if (count > context->calls_made)
		return refuse(r, "more calls than were made");
	context->calls = take(r, count, sizeof *context->calls);
	if (context->calls == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct snapshot_call *call = &context->calls[i];
		if (!begin_record(r, 3, &more) || !read_index(r, UINT32_MAX, &call->name) ||
		    !read_uint(r, &call->start_ns) || !read_uint(r, &call->took_ns) || !end_record(r, more))
			return false;
	}
	context->call_count = count;
	return true;
}

/* Indices of names are checked when all is read, since names may come later. */
static bool
read_context(struct reader *r, struct snapshot_context *context)
{
	size_t more = 0, row_more = 0, count, meters = r->snapshot->meter_count;
	if (!begin_record(r, 2, &more) || !read_uint(r, &context->threads) ||
	    !read_array(r, 3 + 6 * meters, &count))
		return false;
	context->rows = take(r, count, sizeof *context->rows);
	struct snapshot_sum *sums = take(r, count * meters, sizeof *sums);
	if (context->rows == NULL || sums == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct snapshot_row *row = &context->rows[i];
		row->sums = &sums[i * meters];
		if (!begin_record(r, 2 + 6 * meters, &row_more) || !read_index(r, UINT32_MAX, &row->name) ||
		    !read_uint(r, &row->count) || !read_sums(r, row->sums) ||
		    !read_later(r, &row_more, &row->skipped) || !read_later(r, &row_more, &row->passed) ||
		    !end_record(r, row_more))
			return false;
	}
	context->row_count = count;
	if (more < 2)
		return end_record(r, more);
	return read_calls(r, context) && end_record(r, more - 2);
}

static bool
read_contexts(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t count;
	if (!read_array(r, 3, &count))
		return false;
	snapshot->contexts = take(r, count, sizeof *snapshot->contexts);
	if (snapshot->contexts == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_context(r, &snapshot->contexts[i]))
			return false;
	snapshot->context_count = count;
	return true;
}

static bool
read_node(struct reader *r, size_t number, struct snapshot_node *node)
{
	size_t more = 0, meters = r->snapshot->meter_count;
	if (!begin_record(r, 4 + 2 * meters, &more) || !read_index(r, UINT32_MAX, &node->context) ||
	    !read_index(r, number + 1, &node->parent) || !read_index(r, UINT32_MAX, &node->name) ||
	    !read_uint(r, &node->count))
		return false;
	for (size_t i = 0; i < meters; i++)
		if (!read_uint(r, &node->sums[i].total) || !read_uint(r, &node->sums[i].inherent))
			return false;
	return end_record(r, more);
}

static bool
read_nodes(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t count, meters = snapshot->meter_count;
	if (!read_array(r, 5 + 2 * meters, &count))
		return false;
	snapshot->nodes = take(r, count, sizeof *snapshot->nodes);
	struct snapshot_node_sum *sums = take(r, count * meters, sizeof *sums);
	if (snapshot->nodes == NULL || sums == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		snapshot->nodes[i].sums = &sums[i * meters];
		if (!read_node(r, i, &snapshot->nodes[i]))
			return false;
	}
	snapshot->node_count = count;
	return true;
}

/* ---- the map ---- */

/* Reads a number that is neither negative nor NaN, so that what is computed from it is sound. */
static bool
read_real(struct reader *r, double *real)
{
	struct pack_value value = pack_read(&r->in);
	if (value.type != PACK_DOUBLE || !(value.real >= 0 && value.real < 1e12))
		return refuse(r, "a cost");
	*real = value.real;
	return true;
}

static bool
read_truth(struct reader *r, bool *truth)
{
	struct pack_value value = pack_read(&r->in);
	if (value.type != PACK_BOOLEAN)
		return refuse(r, "a yes or no was due");
	*truth = value.truth;
	return true;
}

static bool
read_value(struct reader *r, const struct snapshot_key *key)
{
	void *target = (unsigned char *)r->snapshot + key->offset;
	switch (key->kind) {
	case SNAPSHOT_TEXT:
	case SNAPSHOT_LINES:
		return read_text(r, target, key->kind == SNAPSHOT_LINES);
	case SNAPSHOT_NUMBER:
		return read_uint(r, target);
	case SNAPSHOT_REAL:
		return read_real(r, target);
	case SNAPSHOT_TRUTH:
		return read_truth(r, target);
	case SNAPSHOT_METERS:
		return read_meters(r);
	case SNAPSHOT_TROUBLES:
		return read_troubles(r);
	case SNAPSHOT_NODES:
		return read_nodes(r);
	case SNAPSHOT_CONTEXTS:
		return read_contexts(r);
	case SNAPSHOT_LABELS:
		return read_labels(r);
	case SNAPSHOT_NAMES:
		return read_names(r);
	}
	return refuse(r, "a key of no kind");
}

static const struct snapshot_key *
find_key(struct view text)
{
	for (size_t i = 0; i < SNAPSHOT_KEYS; i++)
		if (view_equal(view_of_text(snapshot_keys[i].key), text))
			return &snapshot_keys[i];
	return NULL;
}

static bool
read_map(struct reader *r)
{
	size_t count;
	bool seen[SNAPSHOT_KEYS] = {false};
	if (!read_map_head(r, &count))
		return false;
	for (; count > 0; count--) {
		struct view text;
		if (!take_text(r, &text))
			return refuse(r, "a key was due");
		const struct snapshot_key *key = find_key(text);
		if (key == NULL) {
			if (!pack_skip_within(&r->in, SKIP_DEPTH))
				return refuse(r, "the value of an unknown key");
			continue;
		}
		if (seen[key - snapshot_keys])
			return refuse(r, "a key comes twice");
		/* The meters say how long a row is. */
		if (key->kind > SNAPSHOT_METERS && r->snapshot->meter_count == 0)
			return refuse(r, "a table before the meters");
		seen[key - snapshot_keys] = true;
		if (!read_value(r, key))
			return false;
	}
	for (size_t i = 0; i < SNAPSHOT_KEYS; i++)
		if (!seen[i] && !snapshot_keys[i].later)
			return refuse(r, "a key is missing");
	return r->in.at == r->in.end || refuse(r, "something follows the end");
}

/* ---- what belongs together ---- */

static void
merge(struct snapshot_row *into, const struct snapshot_row *row, size_t meters)
{
	for (size_t i = 0; i < meters && row->count > 0; i++) {
		struct snapshot_sum *to = &into->sums[i];
		const struct snapshot_sum *from = &row->sums[i];
		bool first = into->count == 0;
		to->total += from->total;
		to->inherent_total += from->inherent_total;
		to->max = from->max > to->max ? from->max : to->max;
		to->inherent_max =
		    from->inherent_max > to->inherent_max ? from->inherent_max : to->inherent_max;
		to->min = first || from->min < to->min ? from->min : to->min;
		to->inherent_min =
		    first || from->inherent_min < to->inherent_min ? from->inherent_min : to->inherent_min;
	}
	into->count += row->count;
	into->skipped += row->skipped;
	into->passed += row->passed;
}

static bool
merge_rows(struct reader *r)
{
	struct snapshot *snapshot = r->snapshot;
	size_t meters = snapshot->meter_count;
	struct snapshot_sum *sums = take(r, snapshot->name_count * meters, sizeof *sums);
	if (sums == NULL)
		return false;
	for (size_t i = 0; i < snapshot->name_count; i++)
		snapshot->names[i].merged.sums = &sums[i * meters];
	for (size_t c = 0; c < snapshot->context_count; c++)
		for (size_t i = 0; i < snapshot->contexts[c].row_count; i++) {
			const struct snapshot_row *row = &snapshot->contexts[c].rows[i];
			if (row->name >= snapshot->name_count)
				return refuse(r, "a row of no name");
			merge(&snapshot->names[row->name].merged, row, meters);
		}
	return true;
}

static bool
check_references(struct reader *r)
{
	const struct snapshot *snapshot = r->snapshot;
	for (size_t i = 0; i < snapshot->name_count; i++)
		if (snapshot->label_count < SNAPSHOT_LABEL_LIMIT &&
		    snapshot->names[i].labels >> snapshot->label_count != 0)
			return refuse(r, "a label that has no name");
	for (size_t c = 0; c < snapshot->context_count; c++)
		for (size_t i = 0; i < snapshot->contexts[c].call_count; i++)
			if (snapshot->contexts[c].calls[i].name >= snapshot->name_count)
				return refuse(r, "a call of no name");
	for (size_t i = 0; i < snapshot->node_count; i++) {
		const struct snapshot_node *node = &snapshot->nodes[i];
		if (node->name >= snapshot->name_count || node->context >= snapshot->context_count)
			return refuse(r, "a node of no name or context");
		if (node->parent != 0 && snapshot->nodes[node->parent - 1].context != node->context)
			return refuse(r, "a node below another context's");
	}
	return true;
}

uint32_t
snapshot_checksum(struct view bytes)
{
	uint32_t table[256], crc = UINT32_MAX;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t entry = i;
		for (int bit = 0; bit < 8; bit++)
			entry = entry >> 1 ^ (entry & 1 ? 0xedb88320u : 0);
		table[i] = entry;
	}
	for (size_t i = 0; i < bytes.size; i++)
		crc = crc >> 8 ^ table[(crc ^ bytes.data[i]) & 0xff];
	return ~crc;
}

/* Whether the first 31 bytes are sound; leaves the second value in r->in. */
static bool
read_head(struct reader *r, struct view bytes)
{
	static const uint8_t start[12] = "\x94\xaanest-meter";
	struct pack_reader in = {bytes.data, bytes.data + bytes.size};
	struct pack_value version, size, checksum;
	size_t known = bytes.size < sizeof start ? bytes.size : sizeof start;
	if (bytes.size == 0)
		return nest_error_set(r->error, NEST_INVALID, "%s: the file is empty", r->path);
	if (memcmp(bytes.data, start, known) != 0)
		return nest_error_set(r->error, NEST_INVALID, "%s: not a snapshot of nest-meter", r->path);
	in.at += known;
	version = pack_read(&in);
	if (known == sizeof start && version.type == PACK_UNSIGNED && version.number != SNAPSHOT_VERSION)
		return nest_error_set(r->error, NEST_INVALID,
		    "%s: a snapshot of version %llu; this nest-meter reads version %d", r->path,
		    (unsigned long long)version.number, (int)SNAPSHOT_VERSION);
	if (bytes.size < SNAPSHOT_HEAD_BYTES)
		return nest_error_set(r->error, NEST_INVALID,
		    "%s: the snapshot is cut short: %zu bytes, not even its head", r->path, bytes.size);
	size = pack_read(&in);
	checksum = pack_read(&in);
	if (size.type != PACK_UNSIGNED || checksum.type != PACK_UNSIGNED ||
	    in.at != bytes.data + SNAPSHOT_HEAD_BYTES)
		return refuse(r, "its head");
	if (size.number > (size_t)(in.end - in.at))
		return nest_error_set(r->error, NEST_INVALID,
		    "%s: the snapshot is cut short: %zu of %llu bytes", r->path, (size_t)(in.end - in.at),
		    (unsigned long long)size.number);
	if (size.number < (size_t)(in.end - in.at))
		return refuse(r, "something follows its end");
	if (checksum.number != snapshot_checksum((struct view){in.at, (size_t)size.number}))
		return refuse(r, "the checksum differs");
	r->in = in;
	return true;
}

bool
snapshot_decode(struct snapshot *snapshot, struct view bytes, const char *path, struct nest_error *error)
{
	struct reader r = {.snapshot = snapshot, .error = error, .path = path};
	*snapshot = (struct snapshot){0};
	if (read_head(&r, bytes) && read_map(&r) && merge_rows(&r) && check_references(&r))
		return true;
	snapshot_free(snapshot);
	return false;
}

bool
snapshot_read(struct snapshot *snapshot, const char *path, struct nest_error *error)
{
	struct buffer bytes = {0};
	*snapshot = (struct snapshot){0};
	bool sound = meter_file_read(path, SNAPSHOT_BYTES_LIMIT, &bytes, error);
	if (sound && bytes.size > SNAPSHOT_BYTES_LIMIT)
		sound = nest_error_set(error, NEST_INVALID, "%s: larger than %llu bytes", path,
		    (unsigned long long)SNAPSHOT_BYTES_LIMIT);
	sound = sound && snapshot_decode(snapshot, (struct view){bytes.data, bytes.size}, path, error);
	buffer_free(&bytes);
	return sound;
}

void
snapshot_free(struct snapshot *snapshot)
{
	for (struct block *block = snapshot->memory, *next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	*snapshot = (struct snapshot){0};
}
