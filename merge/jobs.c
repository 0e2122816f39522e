#include "merge/jobs.h"

#include "lib/base/program.h"
#include "merge/check.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a worker ended. */
struct outcome {
	size_t file; /* that has a fault */
	struct nest_error error;
	pid_t pid; /* for the parent: 0 if it has ended */
	bool has_ended, has_fault;
};

/* Memory that all processes share. */
struct crew {
	_Atomic size_t next;   /* the next file to check */
	_Atomic size_t behind; /* no file after it need be checked: the first with a fault so far */
	struct outcome outcomes[];
};

static void
mark_fault(struct crew *crew, size_t file)
{
	size_t known = atomic_load(&crew->behind);
	while (file < known && !atomic_compare_exchange_weak(&crew->behind, &known, file))
		;
}

/* Files are taken in order, so that all before one with a fault are being checked. */
static void
work(struct crew *crew, const struct file_list *files, struct outcome *outcome)
{
	for (;;) {
		size_t file = atomic_fetch_add(&crew->next, 1);
		if (file >= files->count || file > atomic_load(&crew->behind))
			break;
		if (check_file(file_list_path(files, file), &outcome->error))
			continue;
		outcome->file = file;
		outcome->has_fault = true;
		mark_fault(crew, file);
		break;
	}
	outcome->has_ended = true;
}

static bool
start(struct crew *crew, const struct file_list *files, struct outcome *outcome, struct nest_error *error)
{
	pid_t parent = getpid();
	outcome->pid = fork();
	if (outcome->pid < 0) {
		outcome->pid = 0;
		return nest_error_system(error, "unable to start a process");
	}
	if (outcome->pid > 0)
		return true;
	/* The parent may have died in between; then nothing needs this process. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		work(crew, files, outcome);
	_exit(0);
}

static void
interrupt_all(const struct outcome *outcomes, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (outcomes[i].pid > 0)
			kill(outcomes[i].pid, SIGTERM);
}

/* Waits for all.  Passes an interrupt on; if one is lost, the others may stop. */
static void
wait_for(struct crew *crew, uint64_t count)
{
	struct outcome *outcomes = crew->outcomes;
	for (uint64_t left = count; left > 0;) {
		pid_t pid = waitpid(-1, NULL, 0);
		if (pid < 0 && errno != EINTR)
			return;
		if (program_interrupted())
			interrupt_all(outcomes, count);
		for (uint64_t i = 0; pid > 0 && i < count; i++) {
			if (outcomes[i].pid != pid)
				continue;
			outcomes[i].pid = 0;
			left--;
			if (!outcomes[i].has_ended)
				mark_fault(crew, 0);
		}
	}
}

static bool
judge(const struct outcome *outcomes, uint64_t count, struct nest_error *error)
{
	const struct outcome *first = NULL;
	if (program_interrupted())
		return program_interrupt_error(error);
	for (uint64_t i = 0; i < count; i++) {
		if (!outcomes[i].has_ended)
			return nest_error_set(
			    error, NEST_FAILED, "a process that checks files was lost: killed, perhaps");
		if (outcomes[i].has_fault && (first == NULL || outcomes[i].file < first->file))
			first = &outcomes[i];
	}
	if (first != NULL)
		*error = first->error;
	return first == NULL;
}

static bool
check_alone(const struct file_list *files, struct nest_error *error)
{
	for (size_t i = 0; i < files->count; i++)
		if (!check_file(file_list_path(files, i), error))
			return false;
	return true;
}

bool
jobs_check(const struct file_list *files, uint64_t jobs, struct nest_error *error)
{
	uint64_t count = jobs < files->count ? jobs : files->count, started = 0;
	if (count < 2)
		return check_alone(files, error);
	size_t size = sizeof(struct crew) + count * sizeof(struct outcome);
	struct crew *crew = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crew == MAP_FAILED)
		return nest_error_memory(error, size, "what processes have found");
	atomic_init(&crew->behind, files->count);
	bool fine = true;
	for (; fine && started < count; started += fine)
		fine = start(crew, files, &crew->outcomes[started], error);
	/* Files that were begun are finished. */
	if (!fine)
		mark_fault(crew, 0);
	wait_for(crew, started);
	fine = fine && judge(crew->outcomes, started, error);
	munmap(crew, size);
	return fine;
}
