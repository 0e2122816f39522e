#include "meter/agent/elf.h"
#include "meter/agent/function.h"
#include "meter/agent/name.h"
#include "meter/agent/sources.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OBJECT_LIMIT = 4096, SEGMENTS = 16 };

struct segment {
	uintptr_t low, high;
	bool executable;
};

/* An object that is loaded. */
struct object {
	uintptr_t bias;
	struct segment segments[SEGMENTS];
	size_t segment_count;
	struct segment unwinding;
	struct elf_object elf;  /* kept for the functions that call hooks */
	struct sources sources; /* likewise */
	char word[NAME_OBJECT_BYTES];
	char name[PATH_MAX]; /* as the loader has it; none for the program */
	const char *path;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object *objects[OBJECT_LIMIT];
static size_t object_count;
static unsigned long long seen_adds;
static bool any_handlers, any_cancels;

void
object_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
object_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static bool
lies_in(const struct object *object, uintptr_t address, uintptr_t bytes, bool executable)
{
	for (size_t i = 0; i < object->segment_count; i++) {
		const struct segment *segment = &object->segments[i];
		if (address >= segment->low && address < segment->high && bytes <= segment->high - address)
			return !executable || segment->executable;
	}
	return false;
}

/* The path of the object's file in this and in other processes. */
static const char *
file_of(const struct object *object)
{
	return object == objects[0] ? meter_program_path() : object->path;
}

/* The function of SYMBOL, which may be NULL, at ADDRESS; NULL for lack of memory. */
static struct agent_function *
make_function(const struct object *object, const struct elf_symbol *symbol, uintptr_t address)
{
	char name[NAME_BYTES + NAME_MAX + 2];
	uint64_t linked = address - object->bias;
	const char *file = sources_find(&object->sources, linked);
	name_function(name, object->word, symbol != NULL ? symbol->name : NULL, linked);
	if (symbol != NULL && symbol->has_namesake)
		snprintf(name + strlen(name), NAME_MAX + 2, "@%.255s", basename(file));
	return agent_function_new(name, address, &(struct meter_place){file_of(object), file});
}

/* ---- functions that call the hooks ---- */

/* The newest object comes first: an older one at the same place is gone. */
static struct agent_function *
meet(uintptr_t address)
{
	size_t count = object_count;
	while (count > 0 && !lies_in(objects[count - 1], address, 1, true))
		count--;
	if (count == 0)
		return NULL;
	const struct object *object = objects[count - 1];
	const struct elf_symbol *symbol = elf_find(&object->elf, address - object->bias, true);
	struct agent_function *function = make_function(object, symbol, address);
	return function != NULL && function_add(function) ? function : NULL;
}

/*
 * A function that is met for the first time gets its name here.  If another thread
 * is doing that, too, this one waits for a limited time, since the function may be
 * part of the program's malloc; after that, the call is not metered.
 */
static struct agent_function *
meet_at(uintptr_t address)
{
	enum { TRIES = 10000 };
	for (int i = 0; pthread_mutex_trylock(&lock) != 0; i++)
		if (i == TRIES || sched_yield() != 0)
			return NULL;
	struct agent_function *function = function_at(address);
	if (function == NULL && meter_running())
		function = meet(address);
	pthread_mutex_unlock(&lock);
	return function;
}

/* ---- functions that can be patched ---- */

/* Why OBJECT's functions can't be patched; NULL if they can. */
static const char *
refusal(const struct object *object)
{
#ifndef __x86_64__
	(void)object;
	return "patching works on x86-64 only; compile with -finstrument-functions";
#else
	unsigned long features = 0;
	if (syscall(SYS_arch_prctl, 0x5005 /* ARCH_SHSTK_STATUS */, &features) == 0 && (features & 1) != 0)
		return "this process has a shadow stack, which patched returns would violate";
	if (object->elf.has_handlers && !object->elf.unwinds_dynamically)
		return "it was linked with an exception library of its own (-static-libgcc), "
		       "whose unwinding would meet patched returns";
	if (any_handlers && any_cancels)
		return "the program cancels threads, and has frames that are to be unwound then; "
		       "compile with -finstrument-functions";
	return NULL;
#endif
}

/* The place after the landing at AT, which marks the target of a jump, if there is one. */
static uintptr_t
behind_landing(const struct object *object, uintptr_t at)
{
	static const unsigned char landing[4] = {0xf3, 0x0f, 0x1e, 0xfa}; /* endbr64 */
	bool lands = lies_in(object, at, sizeof landing, true) &&
	             memcmp((const void *)at, landing, sizeof landing) == 0;
	return lands ? at + sizeof landing : at;
}

/* Whether the function at BEGIN has only no-operations in front of it from AT on. */
static bool
follows(const struct object *object, uintptr_t at, uintptr_t begin)
{
	enum { MOST_BYTES = 256 };
	return begin > at && begin - at <= MOST_BYTES && lies_in(object, at, begin - at, true) &&
	       agent_is_nops((const unsigned char *)at, begin - at);
}

/*
 * Where the function begins for which the compiler noted AT, and where its sled
 * may be; 0 if that is unclear.  AT is its beginning, or after its landing, or
 * before it (-fpatchable-function-entry=N,M): without a symbol only the table for
 * unwinding says which.
 */
static uintptr_t
begin_of(const struct object *object, uintptr_t at, uintptr_t *sled)
{
	const struct elf_symbol *symbol = elf_find(&object->elf, at - object->bias, false);
	*sled = behind_landing(object, at);
	if (symbol != NULL)
		return object->bias + symbol->address;
	uintptr_t begin = object->bias + elf_first_from(&object->elf, at - 4 - object->bias);
	if (begin == at || (begin == at - 4 && behind_landing(object, begin) == at))
		return begin;
	begin = object->bias + elf_first_from(&object->elf, at - object->bias);
	if (!follows(object, at, begin))
		return 0;
	*sled = behind_landing(object, begin);
	return begin;
}

/* The functions of an object, while they are collected. */
struct collection {
	const struct object *object;
	struct agent_sled *sleds;
	size_t taken;
	size_t small, unknown; /* functions that are not metered */
};

/* Enters the function at AT, unless it was met before. */
static void
take_function(struct collection *collection, uintptr_t at)
{
	const struct object *object = collection->object;
	struct agent_sled *sled = &collection->sleds[collection->taken];
	uintptr_t place;
	if (!lies_in(object, at, 1, true))
		return;
	uintptr_t begin = begin_of(object, at, &place);
	if (begin == 0) {
		collection->unknown++;
		return;
	}
	struct elf_symbol *symbol = elf_find(&object->elf, begin - object->bias, true);
	if (symbol != NULL && symbol->is_met)
		return;
	if (symbol != NULL)
		symbol->is_met = true;
	size_t room = 32;
	while (room > 0 && !lies_in(object, place, room, true))
		room--;
	if (!agent_sled_measure(sled, (unsigned char *)place, room)) {
		collection->small++;
		return;
	}
	sled->function = make_function(object, symbol, begin);
	collection->taken += sled->function != NULL;
}

/* Whether the function at BEGIN has room as gcc makes it. */
static bool
has_sled(const struct object *object, uintptr_t begin)
{
	static const unsigned char sled[] = {0x90, 0x90, 0x90, 0x90, 0x90};
	uintptr_t at = behind_landing(object, begin);
	return lies_in(object, at, sizeof sled, true) && memcmp((const void *)at, sled, sizeof sled) == 0;
}

/*
 * Enters what the list of sleds lacks.  Before version 13, gcc ties all of a file's list to
 * the first function in it, and the linker drops the list together with that function: where another
 * file has the same template, or nobody calls it.
 */
static void
take_unlisted(struct collection *collection)
{
	const struct object *object = collection->object;
	for (size_t i = 0; i < object->elf.symbol_count; i++) {
		uintptr_t begin = object->bias + object->elf.symbols[i].address;
		if (!object->elf.symbols[i].is_met && has_sled(object, begin))
			take_function(collection, begin);
	}
}

/* Once all are there: functions that share a name are metered all or none. */
static void
drop_unwanted(struct collection *collection)
{
	size_t kept = 0;
	for (size_t i = 0; i < collection->taken; i++) {
		struct agent_function *function = collection->sleds[i].function;
		function->live = meter_name_wanted(function->name);
		if (function->live)
			collection->sleds[kept++] = collection->sleds[i];
	}
	collection->taken = kept;
}

static void
tell_left(const struct collection *left)
{
	const struct object *object = left->object;
	if (left->small > 0)
		agent_say(
		    "%zu functions of %s are not metered: they have no room for a jump at their beginning; "
		    "compile with -fpatchable-function-entry=5 or more",
		    left->small, object->path);
	if (left->unknown > 0)
		agent_say(
		    "%zu functions of %s are not metered: neither a symbol nor a table for unwinding says "
		    "where they begin",
		    left->unknown, object->path);
}

static void
patch_object(struct object *object)
{
	const char *reason = refusal(object);
	if (reason != NULL) {
		agent_say("the functions of %s are not metered: %s", object->path, reason);
		return;
	}
	size_t count = object->elf.sleds_bytes / sizeof(uintptr_t);
	const uintptr_t *places = (const uintptr_t *)(object->bias + object->elf.sleds);
	if (!lies_in(object, (uintptr_t)places, object->elf.sleds_bytes, false))
		return;
	uintptr_t table = object->unwinding.low;
	size_t bytes = object->unwinding.high - table;
	if (lies_in(object, table, bytes, false))
		elf_take_unwinding(&object->elf, table - object->bias, (const unsigned char *)table, bytes);
	bytes = (count + object->elf.symbol_count + 1) * sizeof(struct agent_sled);
	struct collection collection = {.object = object, .sleds = meter_pages(bytes)};
	if (collection.sleds == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		take_function(&collection, places[i]);
	take_unlisted(&collection);
	drop_unwanted(&collection);
	tell_left(&collection);
	agent_patch(collection.sleds, collection.taken, object->path);
	meter_pages_free(collection.sleds, bytes);
}

/* ---- loaded objects ---- */

static bool
is_known(const struct dl_phdr_info *info)
{
	for (size_t i = 0; i < object_count; i++)
		if (objects[i]->bias == info->dlpi_addr && strcmp(objects[i]->name, info->dlpi_name) == 0)
			return true;
	return false;
}

/* Only notes new objects, since the loader is locked here.  The first of all is the program. */
static int
note_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	if (is_known(info) || object_count == OBJECT_LIMIT)
		return 0;
	struct object *object = meter_pages(sizeof *object);
	if (object == NULL)
		return 0;
	object->bias = info->dlpi_addr;
	for (size_t i = 0; i < info->dlpi_phnum && object->segment_count < SEGMENTS; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t low = object->bias + header->p_vaddr;
		struct segment segment = {low, low + header->p_memsz, (header->p_flags & PF_X) != 0};
		if (header->p_type == PT_GNU_EH_FRAME)
			object->unwinding = segment;
		else if (header->p_type == PT_LOAD)
			object->segments[object->segment_count++] = segment;
	}
	bool is_program = object_count == 0;
	snprintf(object->name, sizeof object->name, "%s", info->dlpi_name);
	object->path = is_program ? "/proc/self/exe" : object->name;
	name_object(object->word, is_program ? NULL : object->name);
	objects[object_count++] = object;
	return 0;
}

static int
count_adds(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	*(unsigned long long *)data = info->dlpi_adds;
	return 1;
}

/* Reads what there is of OBJECT; returns whether it has functions to meter. */
static bool
read_object(struct object *object)
{
	/* Without a slash it is the kernel's, and not in a file. */
	if (strchr(object->path, '/') == NULL || lies_in(object, (uintptr_t)agent_objects_scan, 1, true) ||
	    !elf_read(&object->elf, object->path))
		return false;
	any_handlers = any_handlers || object->elf.has_handlers;
	any_cancels = any_cancels || object->elf.cancels;
	return true;
}

static void
meter_object(struct object *object)
{
	/* It stays loaded, since its functions are in tables. */
	if (object != objects[0] && dlopen(object->path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == NULL)
		return;
	object->sources = sources_read(file_of(object));
	sources_mark_namesakes(&object->sources, &object->elf);
	if (object->elf.sleds_bytes > 0)
		patch_object(object);
	if (!object->elf.calls_hooks)
		sources_free(&object->sources);
}

static void
scan(void)
{
	bool wanted = false, patched = false;
	size_t begin = object_count;
	function_meet = meet_at;
	dl_iterate_phdr(note_object, NULL);
	for (size_t i = begin; i < object_count; i++)
		if (read_object(objects[i])) {
			wanted = true;
			patched = patched || objects[i]->elf.sleds_bytes > 0;
		}
	if (!wanted || !agent_engine_start(patched))
		return;
	for (size_t i = begin; i < object_count; i++)
		if (elf_is_metered(&objects[i]->elf))
			meter_object(objects[i]);
}

/* Quick if nothing was loaded.  The thread is busy meanwhile, so that the agent's calls are not metered. */
void
agent_objects_scan(void)
{
	unsigned long long adds = 0;
	dl_iterate_phdr(count_adds, &adds);
	if (adds == __atomic_load_n(&seen_adds, __ATOMIC_RELAXED))
		return;
	struct agent_thread *thread = agent_this_thread;
	uintptr_t before = thread != NULL ? thread->busy : 0;
	if (thread != NULL)
		thread->busy = UINTPTR_MAX;
	if (pthread_mutex_trylock(&lock) == 0) {
		__atomic_store_n(&seen_adds, adds, __ATOMIC_RELAXED);
		scan();
		pthread_mutex_unlock(&lock);
	}
	if (thread != NULL)
		thread->busy = before;
}
