#include "meter/agent/agent.h"

#include <dirent.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool
agent_has_threads(void)
{
	size_t threads = 0;
	DIR *tasks = opendir("/proc/self/task");
	if (tasks == NULL)
		return true;
	for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		threads += entry->d_name[0] != '.';
	closedir(tasks);
	return threads > 1;
}

/* How long a thread has run, in ns, and whether it is asleep; false if it has ended. */
static bool
thread_time(const char *thread, unsigned long long *ran_ns, bool *sleeping)
{
	char path[300], text[512];
	snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", thread);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	bool fine = fscanf(file, "%llu", ran_ns) == 1;
	fclose(file);
	snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	size_t got = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[got] = '\0';
	const char *state = strrchr(text, ')');
	*sleeping = state != NULL && state[1] == ' ' && state[2] == 'S';
	return fine;
}

/* A sleeping thread is in the kernel, in a system call; one that has run for 100 us more is elsewhere. */
static bool
wait_for_thread(const char *thread)
{
	unsigned long long before_ns, ran_ns;
	bool sleeping;
	if (!thread_time(thread, &before_ns, &sleeping) || sleeping)
		return true;
	for (int ms = 0; ms < WAIT_MS; ms++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		if (!thread_time(thread, &ran_ns, &sleeping) || sleeping || ran_ns - before_ns > 100000)
			return true;
	}
	return false;
}

bool
agent_wait_for_threads(void)
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
		if ((behind > 0 && !agent_code_write(memory, sled->at + AGENT_SLED_BYTES, nops, behind)) ||
		    !agent_code_write(memory, sled->at, &compare, 1))
			return false;
	}
	return true;
}

static bool
fill_sleds(int memory, const struct agent_sled *sleds, size_t count, const uintptr_t *starts)
{
	unsigned char jump = JUMP;
	for (size_t i = 0; i < count; i++) {
		const struct agent_sled *sled = &sleds[i];
		int32_t distance = (int32_t)(starts[i] - (uintptr_t)(sled->at + AGENT_SLED_BYTES));
		sled->function->sled = sled->at;
		if (!agent_code_write(memory, sled->at + 1, &distance, sizeof distance) ||
		    !agent_code_write(memory, sled->at, &jump, 1))
			return false;
	}
	return true;
}

static const char *
patch_through(int memory, const struct agent_sled *sleds, size_t count, const uintptr_t *starts)
{
	static const char refused[] = "the kernel does not let /proc/self/mem be written";
	if (!open_sleds(memory, sleds, count))
		return refused;
	bool whole = true;
	for (size_t i = 0; i < count; i++)
		whole = whole && sleds[i].whole;
	if (agent_has_threads()) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
		if (!whole && !agent_wait_for_threads())
			return "another thread could not be seen to be elsewhere";
	}
	return fill_sleds(memory, sleds, count, starts) ? NULL : refused;
}

void
agent_patch(struct agent_sled *sleds, size_t count, const char *object)
{
	if (count == 0)
		return;
	uintptr_t *starts = meter_pages(count * sizeof *starts);
	const char *trouble = "there is no memory near its code";
	if (starts != NULL && agent_stubs_make(sleds, count, starts)) {
		int memory = agent_code_open();
		trouble = "/proc/self/mem cannot be opened";
		if (memory >= 0) {
			trouble = patch_through(memory, sleds, count, starts);
			syscall(SYS_close, memory);
		}
	}
	meter_pages_free(starts, count * sizeof *starts);
	if (trouble != NULL)
		agent_say("the functions of %s are not metered: %s", object, trouble);
}
