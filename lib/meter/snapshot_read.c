#include "lib/meter/file.h"
#include "lib/meter/snapshot_fields.h"

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
};

static bool
refuse(struct reader *r, const char *what)
{
	return nest_error_set(r->error, NEST_INVALID, "the snapshot is damaged: %s", what);
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
	size = size > 0 ? (size + 15) & ~(size_t)15 : 16;
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
read_text(struct reader *r, const char **text, bool lines)
{
	struct pack_value value = pack_read(&r->in);
	struct view found = {r->in.at, value.size};
	if (value.type != PACK_TEXT || !is_plain(found, lines))
		return refuse(r, "a text was due");
	r->in.at += found.size;
	char *copy = take(r, found.size + 1, 1);
	if (copy == NULL)
		return false;
	memcpy(copy, found.data, found.size);
	*text = copy;
	return true;
}

/* The meters say how many there are, so they come first. */
static bool
read_sums(struct reader *r, size_t numbers, void *target)
{
	size_t count = numbers * r->snapshot->meter_count;
	uint64_t *sums = take(r, count, sizeof *sums);
	if (count == 0)
		return refuse(r, "a table before the meters");
	memcpy(target, &sums, sizeof sums);
	for (size_t i = 0; sums != NULL && i < count; i++) {
		struct pack_value value = pack_read(&r->in);
		sums[i] = value.number;
		if (value.type != PACK_UNSIGNED)
			return refuse(r, "a number was due");
	}
	return sums != NULL;
}

static bool
read_scalar(struct reader *r, enum snapshot_kind kind, void *target)
{
	struct pack_value value = pack_read(&r->in);
	bool is_number = value.type == PACK_UNSIGNED;
	switch (kind) {
	case SNAPSHOT_NUMBER:
		*(uint64_t *)target = value.number;
		return is_number || refuse(r, "a number was due");
	case SNAPSHOT_INDEX:
		*(uint32_t *)target = (uint32_t)value.number;
		return (is_number && value.number <= UINT32_MAX) || refuse(r, "a number points nowhere");
	case SNAPSHOT_SCORE:
		*(int64_t *)target = value.negative;
		return value.type == PACK_NEGATIVE || (is_number && value.number <= INT64_MAX) ||
		       refuse(r, "a scorecard");
	case SNAPSHOT_REAL:
		/* Neither negative nor NaN, so that what is computed from it is sound. */
		*(double *)target = value.real;
		return (value.type == PACK_DOUBLE && value.real >= 0 && value.real < 1e12) ||
		       refuse(r, "a cost");
	default:
		*(bool *)target = value.type == PACK_BOOLEAN && value.truth;
		return value.type == PACK_BOOLEAN || refuse(r, "a yes or no was due");
	}
}

/* ---- records and tables ---- */

static bool read_table(struct reader *r, const struct snapshot_record *record, void *target);

static bool
read_field(struct reader *r, const struct snapshot_field *field, void *owner)
{
	void *target = (unsigned char *)owner + field->offset;
	if (field->kind == SNAPSHOT_TEXT || field->kind == SNAPSHOT_LINES)
		return read_text(r, target, field->kind == SNAPSHOT_LINES);
	if (field->kind == SNAPSHOT_SUMS)
		return read_sums(r, field->numbers, target);
	return field->record != NULL ? read_table(r, field->record, target)
	                             : read_scalar(r, field->kind, target);
}

/* Skips what a later minor version adds at the end of an array. */
static bool
read_record(struct reader *r, const struct snapshot_record *record, void *owner)
{
	size_t least = snapshot_values(record, r->snapshot->meter_count, false), more = 0;
	if (record->form == SNAPSHOT_ARRAY) {
		struct pack_value head = pack_read(&r->in);
		if (head.type != PACK_ARRAY || head.size < least)
			return refuse(r, "a record is too short");
		more = head.size - least;
	}
	for (const struct snapshot_field *field = record->fields; field->kind != SNAPSHOT_END; field++) {
		if (field->later && more-- == 0)
			return true;
		if (!read_field(r, field, owner))
			return false;
	}
	for (; more > 0; more--)
		if (!pack_skip_within(&r->in, SKIP_DEPTH))
			return refuse(r, "a record's end");
	return true;
}

static bool
read_table(struct reader *r, const struct snapshot_record *record, void *target)
{
	struct pack_value head = pack_read(&r->in);
	size_t values = snapshot_values(record, 1, false), most = (size_t)(r->in.end - r->in.at) / values;
	size_t count = record->form == SNAPSHOT_BARE ? head.size / values : head.size;
	if (head.type != (record->form == SNAPSHOT_PAIR ? PACK_MAP : PACK_ARRAY) || count > most ||
	    (record->form == SNAPSHOT_BARE && head.size % values != 0))
		return refuse(r, "a table was due");
	unsigned char *records = take(r, count, record->bytes);
	if (records == NULL)
		return false;
	memcpy(target, &records, sizeof records);
	memcpy((unsigned char *)target + sizeof records, &count, sizeof count);
	for (size_t i = 0; i < count; i++)
		if (!read_record(r, record, records + i * record->bytes))
			return false;
	return true;
}

static const struct snapshot_field *
find_key(struct view text)
{
	const struct snapshot_field *field = snapshot_map.fields;
	while (field->kind != SNAPSHOT_END && !view_equal(view_of_text(field->key), text))
		field++;
	return field;
}

static bool
read_map(struct reader *r)
{
	struct pack_value head = pack_read(&r->in);
	bool seen[sizeof snapshot_map.fields / sizeof *snapshot_map.fields] = {false};
	if (head.type != PACK_MAP)
		return refuse(r, "a map was due");
	for (; head.size > 0; head.size--) {
		struct pack_value key = pack_read(&r->in);
		if (key.type != PACK_TEXT)
			return refuse(r, "a key was due");
		const struct snapshot_field *field = find_key((struct view){r->in.at, key.size});
		r->in.at += key.size;
		if (field->kind == SNAPSHOT_END) {
			if (!pack_skip_within(&r->in, SKIP_DEPTH))
				return refuse(r, "the value of an unknown key");
			continue;
		}
		if (seen[field - snapshot_map.fields])
			return refuse(r, "a key comes twice");
		seen[field - snapshot_map.fields] = true;
		if (!read_field(r, field, r->snapshot))
			return false;
	}
	for (const struct snapshot_field *field = snapshot_map.fields; field->kind != SNAPSHOT_END; field++)
		if (!field->later && !seen[field - snapshot_map.fields])
			return refuse(r, "a key is missing");
	return r->in.at == r->in.end || refuse(r, "something follows the end");
}

/* ---- what belongs together ---- */

static void
merge(struct snapshot_row *into, const struct snapshot_row *row, size_t meters)
{
	for (size_t i = 0; i < meters; i++)
		snapshot_sum_add(&into->sums[i], into->count, &row->sums[i], row->count);
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
		snapshot->names[i].merged =
		    (struct snapshot_row){.name = (uint32_t)i, .sums = &sums[i * meters]};
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
	if (snapshot->meter_count == 0 || snapshot->meter_count > SNAPSHOT_METER_LIMIT)
		return refuse(r, "the number of meters");
	if (snapshot->label_count < 2 || snapshot->label_count > SNAPSHOT_LABEL_LIMIT)
		return refuse(r, "the number of labels");
	for (size_t i = 0; i < snapshot->name_count; i++)
		if ((uint64_t)snapshot->names[i].labels >> snapshot->label_count != 0)
			return refuse(r, "a label that has no name");
	for (size_t c = 0; c < snapshot->context_count; c++) {
		const struct snapshot_context *context = &snapshot->contexts[c];
		if (context->call_count > context->calls_made)
			return refuse(r, "more calls than were made");
		for (size_t i = 0; i < context->call_count; i++)
			if (context->calls[i].name >= snapshot->name_count)
				return refuse(r, "a call of no name");
	}
	for (size_t i = 0; i < snapshot->node_count; i++) {
		const struct snapshot_node *node = &snapshot->nodes[i];
		if (node->name >= snapshot->name_count || node->context >= snapshot->context_count)
			return refuse(r, "a node of no name or context");
		if (node->parent > i)
			return refuse(r, "a node below a later one");
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
	size_t known = bytes.size < sizeof start ? bytes.size : sizeof start;
	if (bytes.size == 0)
		return nest_error_set(r->error, NEST_INVALID, "the file is empty");
	if (memcmp(bytes.data, start, known) != 0)
		return nest_error_set(r->error, NEST_INVALID, "not a snapshot of nest-meter");
	in.at += known;
	struct pack_value version = pack_read(&in), size = pack_read(&in), checksum = pack_read(&in);
	if (version.type == PACK_UNSIGNED && version.number != SNAPSHOT_VERSION)
		return nest_error_set(r->error, NEST_INVALID,
		    "a snapshot of version %llu; this nest-meter reads version %d",
		    (unsigned long long)version.number, (int)SNAPSHOT_VERSION);
	if (bytes.size < SNAPSHOT_HEAD_BYTES)
		return nest_error_set(r->error, NEST_INVALID,
		    "the snapshot is cut short: %zu bytes, not even its head", bytes.size);
	if (size.type != PACK_UNSIGNED || checksum.type != PACK_UNSIGNED ||
	    in.at != bytes.data + SNAPSHOT_HEAD_BYTES)
		return refuse(r, "its head");
	size_t left = (size_t)(in.end - in.at);
	if (size.number > left)
		return nest_error_set(r->error, NEST_INVALID, "the snapshot is cut short: %zu of %llu bytes",
		    left, (unsigned long long)size.number);
	if (size.number < left)
		return refuse(r, "something follows its end");
	if (checksum.number != snapshot_checksum((struct view){in.at, left}))
		return refuse(r, "the checksum differs");
	r->in = in;
	return true;
}

bool
snapshot_decode(struct snapshot *snapshot, struct view bytes, const char *path, struct nest_error *error)
{
	struct reader r = {.snapshot = snapshot, .error = error};
	*snapshot = (struct snapshot){0};
	if (read_head(&r, bytes) && read_map(&r) && merge_rows(&r) && check_references(&r))
		return true;
	snapshot_free(snapshot);
	return nest_error_prefix(error, "%s: ", path);
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
