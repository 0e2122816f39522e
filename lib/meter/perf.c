/*
 * perf - the meters besides clock.time.
 *
 * Each thread has its own counters, user mode only, read by rdpmc if the kernel
 * allows it and by read() otherwise (perf_event_open(2)).
 */
#include "lib/meter/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	uint32_t type;
	uint64_t config;
} events[METER_KINDS] = {
    [METER_CYCLES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    [METER_INSTRUCTIONS] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    [METER_CACHE_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    [METER_CACHE_REFERENCES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
    [METER_BRANCHES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    [METER_BRANCH_MISSES] = {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
    [METER_PAGE_FAULTS] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    [METER_CONTEXT_SWITCHES] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
};

static const char *reasons[METER_METER_LIMIT]; /* "": available */

static bool
is_event(enum meter_kind kind)
{
	return kind >= METER_CYCLES;
}

static int
event_open(enum meter_kind kind)
{
	struct perf_event_attr attributes = {
	    .type = events[kind].type,
	    .size = sizeof attributes,
	    .config = events[kind].config,
	    .exclude_hv = 1,
	    .exclude_kernel = events[kind].type == PERF_TYPE_HARDWARE,
	};
	int file = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (file < 0 && (errno == EACCES || errno == EPERM)) {
		/* Switches and faults happen in the kernel, and are counted there if that is allowed. */
		attributes.exclude_kernel = 1;
		file = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	}
	return file;
}

static const char *
explain(int problem)
{
	if (problem == EACCES || problem == EPERM)
		return "not permitted; see /proc/sys/kernel/perf_event_paranoid, or the container's limits";
	if (problem == ENOENT || problem == ENODEV || problem == EOPNOTSUPP)
		return "this machine, or the virtual one, has no such counter";
	return problem == ENOSYS ? "the kernel has no perf_event_open" : strerror(problem);
}

void
meter_perf_open(const struct meter_config *config)
{
	for (size_t i = 0; i < config->meter_count; i++) {
		int file = is_event(config->meters[i]) ? event_open(config->meters[i]) : -1;
		reasons[i] = file < 0 && is_event(config->meters[i]) ? explain(errno) : "";
		if (file >= 0)
			close(file);
	}
}

const char *
meter_perf_reason(size_t meter)
{
	return reasons[meter];
}

/*
 * Moves FILE to a number that the program is unlikely to use: it may close all
 * descriptors that it does not know, and what it then opens must not be read as FILE.
 */
static int
out_of_the_way(int file)
{
	enum { FIRST = 768 };
	int moved = file >= 0 ? fcntl(file, F_DUPFD_CLOEXEC, FIRST) : -1;
	if (moved < 0)
		return file;
	close(file);
	return moved;
}

void
meter_perf_context_open(struct meter_context *context)
{
	/* Those of a thread that had the context before count that thread alone. */
	meter_perf_context_close(context);
	for (uint32_t i = 1; i < meter_hot.meters; i++) {
		enum meter_kind kind = meter_engine.config.meters[i];
		if (!is_event(kind) || reasons[i][0] != '\0')
			continue;
		context->files[i] = out_of_the_way(event_open(kind));
		if (context->files[i] < 0)
			continue;
		void *page =
		    mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, context->files[i], 0);
		context->pages[i] = page != MAP_FAILED ? page : NULL;
	}
}

void
meter_perf_context_close(struct meter_context *context)
{
	for (size_t i = 0; i < METER_METER_LIMIT; i++) {
		if (context->pages[i] != NULL)
			munmap(context->pages[i], (size_t)sysconf(_SC_PAGESIZE));
		if (context->files[i] >= 0)
			close(context->files[i]);
		context->pages[i] = NULL;
		context->files[i] = -1;
	}
}

/*
 * The counter as the kernel's page describes it, without a system call; false if it is
 * not on the processor.
 */
static inline bool
read_page(const struct perf_event_mmap_page *page, uint64_t *value)
{
#if defined(__x86_64__)
	uint32_t sequence;
	uint64_t count;
	do {
		sequence = __atomic_load_n(&page->lock, __ATOMIC_ACQUIRE);
		uint32_t index = page->index;
		if (!page->cap_user_rdpmc || index == 0)
			return false;
		unsigned shift = 64u - page->pmc_width;
		count =
		    (uint64_t)((int64_t)(__rdpmc((int)index - 1) << shift) >> shift) + (uint64_t)page->offset;
		atomic_signal_fence(memory_order_seq_cst);
	} while (__atomic_load_n(&page->lock, __ATOMIC_ACQUIRE) != sequence);
	*value = count;
	return true;
#else
	(void)page;
	(void)value;
	return false;
#endif
}

static uint64_t
read_event(struct meter_context *context, uint32_t meter)
{
	uint64_t value = 0;
	if (context->pages[meter] != NULL && read_page(context->pages[meter], &value))
		return value;
	if (context->files[meter] < 0)
		return 0;
	if (read(context->files[meter], &value, sizeof value) == sizeof value)
		return value;
	/* The program has closed it: the number belongs to the program now. */
	context->files[meter] = -1;
	return 0;
}

void
meter_perf_read(struct meter_context *context, uint64_t *values)
{
	int saved = errno;
	for (uint32_t i = 1; i < meter_hot.meters; i++) {
		bool is_cpu = meter_engine.config.meters[i] == METER_CLOCK_CPU;
		values[i - 1] = is_cpu ? meter_system_ns(CLOCK_THREAD_CPUTIME_ID) : read_event(context, i);
	}
	errno = saved;
}
