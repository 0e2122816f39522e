#include "meter/agent/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	JUMP = 0xe9,
	COMPARE = 0x3d, /* cmp eax, imm32 */
	NOP = 0x90,
	WAIT_MS = 200,
};

/*
 * The length of the no-operation at AT, 0 if there is another instruction.
 * *FREE_FROM is the first of its bytes that may have any value.
 */
static size_t
nop_length(const unsigned char *at, size_t bytes, size_t *free_from)
{
	size_t prefixes = 0;
	while (prefixes < bytes && prefixes < 6 && (at[prefixes] == 0x66 || at[prefixes] == 0x2e))
		prefixes++;
	const unsigned char *code = at + prefixes;
	size_t left = bytes - prefixes;
	*free_from = prefixes + 1;
	if (left >= 1 && code[0] == NOP)
		return prefixes + 1;
	if (left < 3 || code[0] != 0x0f || code[1] != 0x1f || (code[2] & 0x38) != 0)
		return 0;
	*free_from = prefixes + 3;
	unsigned char mode = code[2] >> 6;
	bool has_index = mode != 3 && (code[2] & 7) == 4;
	if (mode == 0 && ((code[2] & 7) == 5 || has_index))
		return has_index && left >= 4 && (code[3] & 7) != 5 ? prefixes + 4 : 0;
	size_t length = 3u + has_index + (mode == 1 ? 1u : mode == 2 ? 4u : 0u);
	return length <= left ? prefixes + length : 0;
}

bool
agent_is_nops(const unsigned char *at, size_t bytes)
{
	for (size_t free_from, next; bytes > 0; at += next, bytes -= next)
		if ((next = nop_length(at, bytes, &free_from)) == 0)
			return false;
	return true;
}

bool
agent_sled_measure(struct agent_sled *sled, unsigned char *at, size_t bytes)
{
	size_t length = 0;
	while (length < AGENT_SLED_BYTES) {
		size_t free_from, next = nop_length(at + length, bytes - length, &free_from);
		if (next == 0)
			return false;
		if (length + next > AGENT_SLED_BYTES && length + free_from > AGENT_SLED_BYTES)
			return false;
		if (length == 0)
			sled->whole = next >= AGENT_SLED_BYTES;
		length += next;
	}
	sled->at = at;
	sled->body = at + length;
	return true;
}

/* ---- other threads ---- */

/* A folder has two links, and one more for each folder in it. */
static bool
has_threads(void)
{
	struct stat tasks;
	return stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink != 3;
}

enum { TEXT_BYTES = 512 };

/* What FILE in /proc says of a thread; false if that has ended. */
static bool
read_task(char text[TEXT_BYTES], const char *thread, const char *name)
{
	char path[300];
	snprintf(path, sizeof path, "/proc/self/task/%s/%s", thread, name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	text[fread(text, 1, TEXT_BYTES - 1, file)] = '\0';
	fclose(file);
	return true;
}

/* How long a thread has run; 0 if it has not, is asleep or has ended. */
static unsigned long long
run_time_ns(const char *thread)
{
	char text[TEXT_BYTES];
	if (!read_task(text, thread, "stat"))
		return 0;
	const char *state = strrchr(text, ')');
	bool sleeps = state != NULL && strncmp(state, ") S", 3) == 0;
	return !sleeps && read_task(text, thread, "schedstat") ? strtoull(text, NULL, 10) : 0;
}

/*
 * Waits until a thread has left the instructions it is at; false if that does not happen.  A sleeping thread
 * is in the kernel, in a system call; one that has run for 100 us more is elsewhere.
 */
static bool
wait_for_thread(const char *thread)
{
	unsigned long long begin_ns = run_time_ns(thread), now_ns = begin_ns;
	for (int ms = 0; now_ns != 0 && now_ns - begin_ns <= 100000; ms++) {
		if (ms == WAIT_MS)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		now_ns = run_time_ns(thread);
	}
	return true;
}

static bool
wait_for_threads(void)
{
	char own[24];
	snprintf(own, sizeof own, "%ld", syscall(SYS_gettid));
	DIR *tasks = opendir("/proc/self/task");
	if (tasks == NULL)
		return false;
	bool fine = true;
	for (struct dirent *entry; fine && (entry = readdir(tasks)) != NULL;)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, own) != 0)
			fine = wait_for_thread(entry->d_name);
	closedir(tasks);
	return fine;
}

/* ---- patching ---- */

static int
open_memory(void)
{
	return (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static bool
write_code(int memory, unsigned char *at, const void *bytes, size_t count)
{
	return syscall(SYS_pwrite64, memory, bytes, count, (long)(uintptr_t)at) == (long)count;
}

/* Opens it for each use: after a fork, a descriptor that was kept would be the parent's memory. */
void
agent_unpatch(unsigned char *sled)
{
	static const unsigned char compare = COMPARE;
	int number = errno, memory = open_memory();
	write_code(memory, sled, &compare, 1);
	if (memory >= 0)
		syscall(SYS_close, memory);
	errno = number;
}

/*
 * The code is correct after every step: first the five bytes become one
 * instruction that does nothing, by its first byte; then, once no thread is within
 * them, the last four change; then the first byte makes it a jump.
 */
static bool
open_sleds(int memory, const struct agent_sled *sleds, size_t count)
{
	unsigned char nops[16], compare = COMPARE;
	memset(nops, NOP, sizeof nops);
	for (size_t i = 0; i < count; i++) {
		const struct agent_sled *sled = &sleds[i];
		size_t behind = (size_t)(sled->body - sled->at) - AGENT_SLED_BYTES;
		if ((behind > 0 && !write_code(memory, sled->at + AGENT_SLED_BYTES, nops, behind)) ||
		    !write_code(memory, sled->at, &compare, 1))
			return false;
	}
	return true;
}

static bool
fill_sleds(int memory, const struct agent_sled *sleds, size_t count)
{
	unsigned char jump = JUMP;
	for (size_t i = 0; i < count; i++) {
		const struct agent_sled *sled = &sleds[i];
		int32_t distance = (int32_t)(sled->stub - (uintptr_t)(sled->at + AGENT_SLED_BYTES));
		sled->function->sled = sled->at;
		if (!write_code(memory, sled->at + 1, &distance, sizeof distance) ||
		    !write_code(memory, sled->at, &jump, 1))
			return false;
	}
	return true;
}

static const char *
patch_through(int memory, const struct agent_sled *sleds, size_t count)
{
	static const char refused[] = "the kernel does not let /proc/self/mem be written";
	if (!open_sleds(memory, sleds, count))
		return refused;
	bool whole = true;
	for (size_t i = 0; i < count; i++)
		whole = whole && sleds[i].whole;
	if (has_threads()) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
		if (!whole && !wait_for_threads())
			return "another thread could not be seen to be elsewhere";
	}
	return fill_sleds(memory, sleds, count) ? NULL : refused;
}

void
agent_patch(struct agent_sled *sleds, size_t count, const char *object)
{
	if (count == 0)
		return;
	const char *trouble = "there is no memory near its code";
	if (agent_stubs_make(sleds, count)) {
		int memory = open_memory();
		trouble = "/proc/self/mem cannot be opened";
		if (memory >= 0) {
			trouble = patch_through(memory, sleds, count);
			syscall(SYS_close, memory);
		}
	}
	if (trouble != NULL)
		agent_say("the functions of %s are not metered: %s", object, trouble);
}
