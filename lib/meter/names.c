#include "lib/meter/internal.h"

#include "lib/base/utf8.h"

#include <string.h>
#include <unistd.h>

enum { SLOTS = METER_NAME_LIMIT * 2, TEXT_BYTES = 1 << 16 };

struct meter_names meter_names = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One mapping, of which pages are touched as it fills. */
static struct tables {
	struct meter_entry entries[METER_NAME_LIMIT];
	struct meter_places places[METER_NAME_LIMIT];
	uint32_t slots[SLOTS];
} * tables;

bool
meter_names_open(struct nest_error *error)
{
	struct meter_names *names = &meter_names;
	tables = meter_pages(sizeof *tables);
	if (tables == NULL)
		return nest_error_memory(error, sizeof *tables, "the names of probes");
	names->entries = tables->entries;
	names->places = tables->places;
	names->slots = tables->slots;
	strcpy(names->labels[METER_LABEL_HOTSPOT], "hotspot");
	strcpy(names->labels[METER_LABEL_DISABLED], "disabled");
	names->label_count = METER_LABEL_FIRST_OTHER;
	return true;
}

void
meter_names_close(void)
{
	meter_pages_free(tables, sizeof *tables);
	tables = NULL;
	meter_arena_free(&meter_names.arena);
	memset(&meter_names, 0, offsetof(struct meter_names, lock));
}

uint32_t
meter_label_bit(const char *label, size_t size)
{
	struct meter_names *names = &meter_names;
	if (size > METER_WORD_BYTES)
		size = METER_WORD_BYTES;
	for (uint32_t i = 0; i < names->label_count; i++)
		if (strlen(names->labels[i]) == size && memcmp(names->labels[i], label, size) == 0)
			return UINT32_C(1) << i;
	if (names->label_count == METER_LABELS)
		return 0;
	memcpy(names->labels[names->label_count], label, size);
	names->labels[names->label_count][size] = '\0';
	return UINT32_C(1) << names->label_count++;
}

/* Where TEXT is in the table, or would be, by FNV-1a. */
static uint32_t *
find_slot(const char *text)
{
	uint32_t hash = 2166136261u;
	for (const char *at = text; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	uint32_t at = (hash ^ hash >> 15) % SLOTS, *slots = meter_names.slots;
	while (slots[at] != 0 && strcmp(meter_names.entries[slots[at] - 1].text, text) != 0)
		at = (at + 1) % SLOTS;
	return &slots[at];
}

/* SIZE bytes for a text or for places. */
static void *
keep(size_t size)
{
	struct meter_names *names = &meter_names;
	size = (size + 7) & ~(size_t)7;
	if (size > names->room_bytes) {
		size_t more = size > TEXT_BYTES ? size : TEXT_BYTES;
		unsigned char *room = NULL;
		if (more <= METER_TEXT_LIMIT - names->kept_bytes)
			room = meter_arena_take(&names->arena, more);
		if (room == NULL)
			return NULL;
		names->kept_bytes += more;
		names->room = room;
		names->room_bytes = more;
	}
	names->room += size;
	names->room_bytes -= size;
	return names->room - size;
}

void
meter_make_plain(char *text, size_t size, bool lines)
{
	bool sound = utf8_valid((const uint8_t *)text, size);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < 0x20 && !(lines && c == '\n')) || c == 0x7f || (!sound && c >= 0x80))
			text[i] = '?';
	}
}

/* Cleans a name so that it may be shown anywhere; returns its size. */
static size_t
clean(char *to, const char *text, size_t size)
{
	if (size > METER_NAME_BYTES)
		size = METER_NAME_BYTES;
	memcpy(to, text, size);
	meter_make_plain(to, size, false);
	/* In a set, an empty line or one with a '#' in front is not a name. */
	if (size == 0 || to[0] == '#')
		to[0] = '?';
	size = size > 0 ? size : 1;
	to[size] = '\0';
	return size;
}

/* ---- places ---- */

const char *
meter_program_path(void)
{
	static char path[METER_NAME_BYTES + 1];
	ssize_t length = path[0] == '\0' ? readlink("/proc/self/exe", path, sizeof path - 1) : 0;
	if (length < 0)
		path[0] = '\0';
	return path;
}

bool
meter_asks_files(void)
{
	return meter_hot.running && meter_config_asks_files(&meter_engine.config);
}

/* TEXT as it may be shown, which is often the one that was kept LAST. */
static const char *
keep_path(const char **last, const char *text)
{
	if (*text == '\0')
		return "";
	if (*last != NULL && strcmp(*last, text) == 0)
		return *last;
	size_t size = strlen(text);
	char *kept = keep(size + 1);
	if (kept == NULL)
		return "";
	clean(kept, text, size);
	return *last = kept;
}

struct meter_places
meter_entry_places(const struct meter_entry *entry)
{
	const struct meter_places *places = &meter_names.places[entry->index];
	size_t count = __atomic_load_n(&places->count, __ATOMIC_ACQUIRE);
	return (struct meter_places){__atomic_load_n(&places->places, __ATOMIC_RELAXED), count};
}

int
meter_entry_find_group(const struct meter_entry *entry, const struct meter_groups *list, size_t count)
{
	return meter_groups_find(list, count, entry->text, meter_entry_places(entry));
}

/* Adds PLACE to those of the entry; false if it is there, or there is no room. */
static bool
add_place(uint32_t index, const struct meter_place *place)
{
	struct meter_places *places = &meter_names.places[index];
	struct meter_place added = {keep_path(&meter_names.last.object, place->object),
	    keep_path(&meter_names.last.file, place->file)};
	size_t count = places->count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(places->places[i].object, added.object) == 0 &&
		    strcmp(places->places[i].file, added.file) == 0)
			return false;
	/* There is room up to the next power of two. */
	struct meter_place *room = places->places;
	if ((count & (count - 1)) == 0) {
		room = keep((count > 0 ? 2 * count : 1) * sizeof *room);
		if (room == NULL)
			return false;
		for (size_t i = 0; i < count; i++)
			room[i] = places->places[i];
	}
	room[count] = added;
	__atomic_store_n(&places->places, room, __ATOMIC_RELAXED);
	__atomic_store_n(&places->count, count + 1, __ATOMIC_RELEASE);
	return true;
}

/* ---- entries ---- */

static const struct meter_set_entry *
find_in_set(const struct meter_entry *entry)
{
	return meter_engine.has_set ? meter_set_find(&meter_engine.set, entry->text) : NULL;
}

const struct meter_set_entry *
meter_entry_carried(const struct meter_entry *entry)
{
	const uint32_t decided = 1u << METER_LABEL_HOTSPOT | 1u << METER_LABEL_DISABLED;
	const struct meter_config *config = &meter_engine.config;
	const struct meter_set_entry *found =
	    config->hotspot && config->failures > 1 && !(entry->labels & decided) ? find_in_set(entry) : NULL;
	return found != NULL && found->score > 0 ? found : NULL;
}

void
meter_entry_open_card(struct meter_entry *entry)
{
	const struct meter_config *config = &meter_engine.config;
	const struct meter_set_entry *carried = meter_entry_carried(entry);
	const struct meter_set_entry *found = find_in_set(entry);
	int64_t score = carried != NULL ? carried->score : config->initial;
	uint8_t rate = 0;
	while (found != NULL && found->sampled >> (rate + 1) > 0 && rate < METER_RATE_LIMIT)
		rate++;
	uint8_t flags = entry->flags & (uint8_t)~METER_SETTLED;
	if (entry->labels & 1u << METER_LABEL_HOTSPOT)
		flags |= METER_PINNED | METER_SETTLED;
	if (entry->labels & 1u << METER_LABEL_DISABLED)
		flags |= METER_OFF;
	if (config->hotspot && score <= 0 && !(flags & METER_PINNED))
		flags |= METER_OFF;
	if ((flags & METER_OFF) || rate > 0 || (config->hotspot && score >= config->upper))
		flags |= METER_SETTLED;
	__atomic_store_n(&entry->rate, entry->index < METER_SLOTS - 1 ? rate : 0, __ATOMIC_RELAXED);
	entry->hotspot_call = entry->hotspot_ns = entry->disabled_call = entry->disabled_ns = 0;
	__atomic_store_n(&entry->card, (uint64_t)(score + METER_CARD_BIAS), __ATOMIC_RELAXED);
	__atomic_store_n(&entry->flags, flags, __ATOMIC_RELAXED);
}

/* Gives a new entry the labels that the set has for it. */
static void
label_from_set(struct meter_entry *entry)
{
	const struct meter_set_entry *found = find_in_set(entry);
	for (const char *at = found != NULL ? found->labels : ""; *at != '\0'; at += *at == ' ') {
		size_t size = strcspn(at, " ");
		entry->labels |= meter_label_bit(at, size);
		at += size;
	}
}

static void
open_entry(struct meter_entry *entry)
{
	entry->labels = 0;
	entry->flags = 0;
	meter_engine.classify(entry);
	label_from_set(entry);
	meter_entry_open_card(entry);
}

/* Adds an entry, whose index + 1 goes into SLOT; NULL if there is no room. */
static struct meter_entry *
add_entry(uint32_t *slot, const char *text, size_t size, const struct meter_place *place)
{
	struct meter_names *names = &meter_names;
	char *kept = names->count < METER_NAME_LIMIT ? keep(size + 1) : NULL;
	if (kept == NULL) {
		__atomic_fetch_add(&meter_lost.names_refused, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	struct meter_entry *entry = &names->entries[names->count];
	*entry = (struct meter_entry){.text = memcpy(kept, text, size + 1), .index = names->count};
	if (place != NULL)
		add_place(entry->index, place);
	open_entry(entry);
	*slot = entry->index + 1;
	__atomic_store_n(&names->count, *slot, __ATOMIC_RELEASE);
	return entry;
}

uint32_t
meter_name_enter(const char *text, size_t size_bytes, const struct meter_place *place)
{
	char cleaned[METER_NAME_BYTES + 1];
	size_t size = clean(cleaned, text, size_bytes);
	struct meter_entry *entry = NULL;
	pthread_mutex_lock(&meter_names.lock);
	if (meter_names.entries != NULL) {
		uint32_t *slot = find_slot(cleaned);
		entry = *slot != 0 ? &meter_names.entries[*slot - 1] : add_entry(slot, cleaned, size, place);
		/* A second function of the same name counts as long as none of that name was scored. */
		if (entry != NULL && place != NULL && add_place(entry->index, place) &&
		    meter_get(&entry->card) >> 32 == 0)
			open_entry(entry);
	}
	pthread_mutex_unlock(&meter_names.lock);
	return entry != NULL ? entry->index : METER_NO_NAME;
}

uint32_t
meter_name(const char *text, size_t size_bytes)
{
	return meter_name_at(text, size_bytes, NULL);
}

uint32_t
meter_name_at(const char *text, size_t size_bytes, const struct meter_place *place)
{
	if (!meter_hot.running)
		return METER_NO_NAME;
	if (meter_engine.has_set) {
		char cleaned[METER_NAME_BYTES + 1];
		clean(cleaned, text, size_bytes);
		if (meter_set_find(&meter_engine.set, cleaned) == NULL) {
			__atomic_fetch_add(&meter_names.left_out, 1, __ATOMIC_RELAXED);
			return METER_NO_NAME;
		}
	}
	/* A signal handler that comes now must find the thread busy: it cannot take the lock again. */
	uintptr_t before = meter_self.busy;
	meter_self.busy = (uintptr_t)__builtin_frame_address(0);
	uint32_t index = meter_name_enter(text, size_bytes, place);
	meter_self.busy = before;
	return index;
}

uint32_t
meter_name_count(void)
{
	return __atomic_load_n(&meter_names.count, __ATOMIC_ACQUIRE);
}

static struct meter_entry *
entry_of(uint32_t name)
{
	return name < meter_name_count() ? &meter_names.entries[name] : NULL;
}

const char *
meter_name_text(uint32_t name)
{
	const struct meter_entry *entry = entry_of(name);
	return entry != NULL ? entry->text : "";
}

bool
meter_name_wanted(uint32_t name)
{
	const struct meter_entry *entry = entry_of(name);
	return entry != NULL &&
	       !(__atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & (METER_OFF | METER_USELESS));
}

int64_t
meter_entry_score(const struct meter_entry *entry)
{
	return (int64_t)(meter_get(&entry->card) & UINT32_MAX) - METER_CARD_BIAS;
}

uint32_t
meter_entry_labels(const struct meter_entry *entry)
{
	const uint32_t hotspot = 1u << METER_LABEL_HOTSPOT, disabled = 1u << METER_LABEL_DISABLED;
	const struct meter_config *config = &meter_engine.config;
	uint8_t flags = __atomic_load_n(&entry->flags, __ATOMIC_RELAXED);
	uint32_t others = entry->labels & ~(hotspot | disabled);
	if (flags & METER_OFF)
		return others | disabled;
	if ((flags & METER_PINNED) || (config->hotspot && meter_entry_score(entry) >= config->lower))
		return others | hotspot;
	return others;
}

bool
meter_name_has_label(uint32_t name, const char *label)
{
	const struct meter_entry *entry = entry_of(name);
	for (uint32_t i = 0; entry != NULL && i < meter_names.label_count; i++)
		if (strcmp(meter_names.labels[i], label) == 0)
			return meter_entry_labels(entry) >> i & 1;
	return false;
}

void
meter_entry_disable(struct meter_entry *entry, uint64_t call, uint64_t when_ns)
{
	uint8_t before = __atomic_fetch_or(&entry->flags, METER_OFF | METER_SETTLED, __ATOMIC_RELAXED);
	if (before & METER_OFF)
		return;
	meter_put(&entry->disabled_call, call);
	meter_put(&entry->disabled_ns, when_ns);
	void (*hook)(uint32_t) = __atomic_load_n(&meter_engine.on_disabled, __ATOMIC_RELAXED);
	if (hook != NULL)
		hook(entry->index);
}

void
meter_on_disabled(void (*hook)(uint32_t name))
{
	__atomic_store_n(&meter_engine.on_disabled, hook, __ATOMIC_RELAXED);
}
