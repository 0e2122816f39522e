#include "lib/wire/shared.h"

#include "lib/base/pack.h"
#include "lib/wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <msgpack.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A reference is an array: the version, and the four numbers. */
enum { REFERENCE_VALUES = 5, REFERENCE_HEAD = 0x90 | REFERENCE_VALUES };

/* Without these, a file could shrink under its reader. */
enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

/* The longest time that a dying process takes from losing its memory to closing its sockets. */
enum { DYING_MS = 1000 };

/* ---- references ---- */

static int
append(void *out, const char *bytes, size_t size)
{
	struct nest_error error;
	return buffer_append(out, bytes, size, &error) ? 0 : -1;
}

bool
shared_reference_pack(const struct shared_reference *reference, struct buffer *out, struct nest_error *error)
{
	const uint64_t numbers[REFERENCE_VALUES] = {
	    FRAME_VERSION, reference->fd, reference->slot, reference->at, reference->size};
	msgpack_packer packer;
	msgpack_packer_init(&packer, out, append);
	int failed = msgpack_pack_array(&packer, REFERENCE_VALUES);
	for (size_t i = 0; i < REFERENCE_VALUES; i++)
		failed |= msgpack_pack_uint64(&packer, numbers[i]);
	return failed == 0 || nest_error_memory(error, sizeof numbers, "a reference");
}

bool
shared_is_reference(struct view message)
{
	return message.size > 0 && message.data[0] == REFERENCE_HEAD;
}

bool
shared_reference_unpack(struct shared_reference *reference, struct view message, struct nest_error *error)
{
	uint64_t numbers[REFERENCE_VALUES];
	struct pack_reader reader = {message.data, message.data + message.size};
	bool fine = pack_read(&reader).type == PACK_ARRAY;
	for (size_t i = 0; i < REFERENCE_VALUES; i++) {
		struct pack_value value = pack_read(&reader);
		fine = fine && value.type == PACK_UNSIGNED;
		numbers[i] = value.number;
	}
	if (!fine || reader.at != reader.end || numbers[0] != FRAME_VERSION)
		return nest_error_set(error, NEST_INVALID,
		    "this is neither a frame nor a reference to shared memory, version %d", FRAME_VERSION);
	*reference = (struct shared_reference){numbers[1], numbers[2], numbers[3], numbers[4]};
	return true;
}

/* ---- the sender's side ---- */

bool
shared_memory_make(struct shared_memory *memory, size_t slot_count, struct nest_error *error)
{
	*memory = (struct shared_memory){.fd = -1};
	memory->size = SHARED_BOOK_BYTES + slot_count * SHARED_SLOT_BYTES;
	if (slot_count > SHARED_SLOTS_LIMIT)
		return nest_error_set(error, NEST_USAGE,
		    "%zu frames in shared memory are more than %d; use fewer endpoints", slot_count,
		    SHARED_SLOTS_LIMIT);
	memory->fd = memfd_create("nest-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory->fd < 0)
		return nest_error_system(error, "unable to make shared memory");
	void *bytes = MAP_FAILED;
	if (ftruncate(memory->fd, (off_t)memory->size) == 0 && fcntl(memory->fd, F_ADD_SEALS, SEALS) == 0)
		bytes = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	if (bytes == MAP_FAILED) {
		nest_error_system(error, "unable to set up shared memory of %zu bytes", memory->size);
		shared_memory_free(memory);
		return false;
	}
	memory->loans = bytes;
	return true;
}

void
shared_memory_free(struct shared_memory *memory)
{
	if (memory->loans != NULL)
		munmap(memory->loans, memory->size);
	if (memory->size > 0 && memory->fd >= 0)
		close(memory->fd);
	*memory = (struct shared_memory){0};
}

uint8_t *
shared_memory_slot(const struct shared_memory *memory, size_t slot)
{
	return (uint8_t *)memory->loans + SHARED_BOOK_BYTES + slot * SHARED_SLOT_BYTES;
}

struct shared_reference
shared_memory_reference(const struct shared_memory *memory, size_t slot, struct view frame)
{
	ptrdiff_t at = frame.data - (const uint8_t *)memory->loans;
	return (struct shared_reference){(uint64_t)memory->fd, slot, (uint64_t)at, frame.size};
}

/* ---- the receiver's side ---- */

/* Finds the process at the other end. */
static enum shared_result
find_process(int connection, pid_t *pid, struct nest_error *error)
{
	struct ucred peer = {0};
	socklen_t size = sizeof peer;
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return SHARED_GONE;
	*pid = peer.pid;
	if (peer.pid > 0)
		return SHARED_FRAME;
	nest_error_set(error, NEST_FAILED,
	    "a sender with shared memory is in another PID namespace or on another host; "
	    "run both without --wire-memory");
	return SHARED_ERROR;
}

/* Whether the file is one that our senders make: no other is worth mapping, or safe to map. */
static bool
is_memory_file(int file, struct stat *status)
{
	int seals = fcntl(file, F_GET_SEALS);
	return fstat(file, status) == 0 && seals >= 0 && (seals & SEALS) == SEALS &&
	       status->st_uid == geteuid() && status->st_size > SHARED_BOOK_BYTES;
}

static bool
map(struct shared_mapping *mapping, int file, struct nest_error *error)
{
	struct stat status;
	if (!is_memory_file(file, &status))
		return nest_error_set(
		    error, NEST_INVALID, "a reference leads to what is no shared memory of this user");
	mapping->inode = status.st_ino;
	mapping->size = (size_t)status.st_size;
	void *loans = mmap(NULL, SHARED_BOOK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	void *bytes = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, file, 0);
	mapping->loans = loans;
	mapping->bytes = bytes;
	if (loans != MAP_FAILED && bytes != MAP_FAILED)
		return true;
	nest_error_system(error, "unable to map shared memory of %zu bytes", mapping->size);
	if (loans != MAP_FAILED)
		munmap(loans, SHARED_BOOK_BYTES);
	if (bytes != MAP_FAILED)
		munmap(bytes, mapping->size);
	return false;
}

static void
unmap(const struct shared_mapping *mapping)
{
	if (mapping->loans == NULL)
		return;
	munmap(mapping->loans, SHARED_BOOK_BYTES);
	munmap((void *)(uintptr_t)mapping->bytes, mapping->size);
}

/* In the /proc of another PID namespace, the numbers belong to other processes. */
static bool
check_proc(struct nest_error *error)
{
	char self[32] = "";
	if (readlink("/proc/self", self, sizeof self - 1) > 0 && strtol(self, NULL, 10) == (long)getpid())
		return true;
	return nest_error_set(error, NEST_FAILED,
	    "a sender's memory is found by /proc, which is not there or another PID namespace's; "
	    "mount it, or run without --wire-memory");
}

/*
 * A dying process loses its files one after the other, and until its parent has
 * waited for it they belong to root: only its connection distinguishes it from one
 * that never had the file.
 */
static bool
is_gone(int connection)
{
	struct pollfd peer = {.fd = connection, .events = POLLRDHUP};
	return poll(&peer, 1, DYING_MS) > 0;
}

static enum shared_result
open_mapping(struct shared_mapping *mapping, int connection, const char *path, struct nest_error *error)
{
	if (!check_proc(error))
		return SHARED_ERROR;
	int file = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0) {
		nest_error_system(
		    error, "unable to open %s, the sender's memory, as --wire-memory asks", path);
		return is_gone(connection) ? SHARED_GONE : SHARED_ERROR;
	}
	bool mapped = map(mapping, file, error);
	close(file);
	return mapped ? SHARED_FRAME : SHARED_ERROR;
}

/* The place of a process's file among the mappings, empty if it has none yet; NULL on an error. */
static struct shared_mapping *
find_place(struct shared_mappings *mappings, pid_t pid, uint64_t fd, struct nest_error *error)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->all[i].pid == pid && mappings->all[i].fd == fd)
			return &mappings->all[i];
	struct shared_mapping *all = realloc(mappings->all, (mappings->count + 1) * sizeof *mappings->all);
	if (all == NULL) {
		nest_error_memory(error, sizeof *all, "shared memory");
		return NULL;
	}
	mappings->all = all;
	all[mappings->count] = (struct shared_mapping){.pid = pid, .fd = fd};
	return &all[mappings->count++];
}

/*
 * Whether PATH is still the file that is mapped: a number may by now mean another
 * one.  The frames of a process that has ended are in the one it had.
 */
static bool
is_current(const struct shared_mapping *mapping, const char *path)
{
	struct stat status;
	return mapping->loans != NULL && (stat(path, &status) != 0 || status.st_ino == mapping->inode);
}

/* The mapping of a sender's file, made if there is none yet. */
static enum shared_result
find_mapping(struct shared_mappings *mappings, int connection, uint64_t fd,
    const struct shared_mapping **mapping, struct nest_error *error)
{
	pid_t pid = 0;
	enum shared_result result = find_process(connection, &pid, error);
	if (result != SHARED_FRAME)
		return result;
	struct shared_mapping *place = find_place(mappings, pid, fd, error);
	if (place == NULL)
		return SHARED_ERROR;
	*mapping = place;
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/fd/%llu", (long)pid, (unsigned long long)fd);
	if (is_current(place, path))
		return SHARED_FRAME;
	struct shared_mapping made = {.pid = pid, .fd = fd};
	result = open_mapping(&made, connection, path, error);
	if (result != SHARED_FRAME)
		return result;
	unmap(place);
	*place = made;
	return SHARED_FRAME;
}

enum shared_result
shared_take(struct shared_mappings *mappings, int connection, struct view message, struct view *frame,
    struct nest_error *error)
{
	struct shared_reference reference;
	const struct shared_mapping *mapping;
	if (!shared_reference_unpack(&reference, message, error))
		return SHARED_ERROR;
	enum shared_result result = find_mapping(mappings, connection, reference.fd, &mapping, error);
	if (result != SHARED_FRAME)
		return result;
	if (reference.slot >= SHARED_SLOTS_LIMIT || reference.at < SHARED_BOOK_BYTES ||
	    reference.at > mapping->size || reference.size > mapping->size - reference.at) {
		nest_error_set(error, NEST_INVALID, "a reference leads out of the sender's shared memory");
		return SHARED_ERROR;
	}
	mappings->loans = mapping->loans;
	mappings->slot = (size_t)reference.slot;
	*frame = (struct view){mapping->bytes + reference.at, (size_t)reference.size};
	return SHARED_FRAME;
}

void
shared_return(struct shared_mappings *mappings)
{
	if (mappings->loans != NULL)
		loans_return(mappings->loans, mappings->slot);
	mappings->loans = NULL;
}

void
shared_mappings_free(struct shared_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		unmap(&mappings->all[i]);
	free(mappings->all);
	*mappings = (struct shared_mappings){0};
}
