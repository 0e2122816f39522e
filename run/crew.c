#include "run/crew.h"

#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t ms_ns = 1000000u;
static const uint64_t bind_patience_ns = 30000000000u;

enum {
	BOUND_LOOK_MS = 1, /* between two checks for an endpoint */
	AGAIN_MS = 100,    /* between two signals TERM or KILL */
	GIVE_UP_MS = 2000, /* after the first KILL */
	WAIT_MOST_MS = 1 << 30,
};

bool
crew_open(struct crew *crew, const struct run *run, struct nest_error *error)
{
	size_t count = run->plan->count;
	*crew = (struct crew){.run = run, .first_failed = PLAN_NONE, .halted = PLAN_NONE};
	crew->relay.fd = crew->watch.fd = -1;
	crew->processes = calloc(count, sizeof *crew->processes);
	crew->bound = calloc(count, sizeof *crew->bound);
	if (crew->processes == NULL || crew->bound == NULL)
		return nest_error_memory(error, count * sizeof *crew->processes, "the processes");
	for (size_t i = 0; i < count; i++)
		crew->processes[i].log = -1;
	return watch_open(&crew->watch, error) &&
	       stall_open(&crew->stall, run->options->stall_seconds, count, error);
}

bool
crew_is_troubled(const struct crew *crew)
{
	return crew->first_failed != PLAN_NONE || crew->halted != PLAN_NONE || crew->watch.interrupt != 0;
}

/* ---- events ---- */

static void
note_end(struct crew *crew, size_t index)
{
	crew->running--;
	if (crew->first_failed == PLAN_NONE && process_failed(&crew->processes[index]))
		crew->first_failed = index;
}

/* The index of the running process PID; PLAN_NONE for an orphan that was inherited. */
static size_t
find_running(const struct crew *crew, pid_t pid)
{
	for (size_t i = 0; i < crew->run->plan->count; i++)
		if (crew->processes[i].state == PROCESS_RUNS && crew->processes[i].pid == pid)
			return i;
	return PLAN_NONE;
}

static void
collect(struct crew *crew)
{
	for (;;) {
		siginfo_t info = {0};
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
			return;
		size_t index = find_running(crew, info.si_pid);
		if (index == PLAN_NONE)
			waitpid(info.si_pid, NULL, 0);
		else if (process_collect(&crew->processes[index]))
			note_end(crew, index);
	}
}

static void
signal_all(const struct crew *crew, int number)
{
	for (size_t i = 0; i < crew->run->plan->count; i++)
		if (crew->processes[i].state == PROCESS_RUNS)
			process_signal(&crew->processes[i], number);
}

static void
take_signals(struct crew *crew)
{
	bool was_paused = crew->watch.is_paused;
	watch_take(&crew->watch);
	if (crew->watch.has_ended)
		collect(crew);
	crew->watch.has_ended = false;
	if (crew->watch.goes_on)
		stall_restart(&crew->stall);
	crew->watch.goes_on = false;
	if (crew->watch.is_paused == was_paused)
		return;
	/* Control-Z and fg reach nest-run alone. */
	for (size_t i = 0; i < crew->run->plan->count; i++)
		if (crew->processes[i].state == PROCESS_RUNS)
			process_pause(&crew->processes[i], crew->watch.is_paused);
}

static void
look_for_halts(struct crew *crew)
{
	if (program_clock_ns() < crew->stall.next_ns)
		return;
	size_t halted = stall_look(&crew->stall, crew->run->plan, crew->processes, &crew->halt);
	if (!crew->watch.is_paused && crew->halted == PLAN_NONE)
		crew->halted = halted;
}

static int
milliseconds_until(uint64_t deadline_ns)
{
	uint64_t now_ns = program_clock_ns();
	if (deadline_ns <= now_ns)
		return 0;
	uint64_t ms = (deadline_ns - now_ns + ms_ns - 1) / ms_ns;
	return ms < WAIT_MOST_MS ? (int)ms : WAIT_MOST_MS;
}

bool
crew_wait(struct crew *crew, uint64_t deadline_ns, struct nest_error *error)
{
	struct pollfd fds[] = {
	    {.fd = crew->watch.fd, .events = POLLIN}, {.fd = crew->relay.fd, .events = POLLIN}};
	uint64_t until_ns = deadline_ns < crew->stall.next_ns ? deadline_ns : crew->stall.next_ns;
	if (poll(fds, 2, milliseconds_until(until_ns)) < 0 && errno != EINTR)
		return nest_error_system(error, "unable to wait for the processes");
	if (fds[0].revents != 0)
		take_signals(crew);
	look_for_halts(crew);
	return fds[1].revents == 0 || relay_read(&crew->relay, error);
}

/* ---- starting ---- */

/* Takes the endpoint of a process from where it writes it, if it is there already. */
static bool
take_bound(struct crew *crew, size_t index, struct nest_error *error)
{
	char path[PATH_MAX], line[512];
	if (!folder_file(&crew->run->folder, crew->run->plan->processes[index].name, ".bound", path, error))
		return false;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return true;
	bool whole = fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL;
	fclose(file);
	if (!whole)
		return true;
	line[strcspn(line, "\n")] = '\0';
	crew->bound[index] = strdup(line);
	return crew->bound[index] != NULL || nest_error_memory(error, strlen(line) + 1, "an endpoint");
}

static bool
await_bound(struct crew *crew, size_t index, struct nest_error *error)
{
	const char *name = crew->run->plan->processes[index].name;
	uint64_t deadline_ns = program_clock_ns() + bind_patience_ns;
	while (!crew_is_troubled(crew)) {
		if (!take_bound(crew, index, error))
			return false;
		if (crew->bound[index] != NULL)
			return true;
		uint64_t now_ns = program_clock_ns();
		if (crew->processes[index].state == PROCESS_ENDED)
			return nest_error_set(error, NEST_FAILED,
			    "%s has ended and said of no endpoint in {run}/%s.bound", name, name);
		if (now_ns > deadline_ns)
			return nest_error_set(error, NEST_FAILED,
			    "nothing was bound within %u s: %s said of no endpoint in {run}/%s.bound",
			    (unsigned)(bind_patience_ns / (1000 * ms_ns)), name, name);
		if (!crew_wait(crew, now_ns + BOUND_LOOK_MS * ms_ns, error))
			return false;
	}
	return true;
}

/* Waits for all that a process needs to start. */
static bool
await_needs(struct crew *crew, const struct command_context *context, struct nest_error *error)
{
	const struct plan_process *planned = context->owner;
	size_t lacks;
	while (!crew_is_troubled(crew) && planned->after != PLAN_NONE &&
	       crew->processes[planned->after].state != PROCESS_ENDED)
		if (!crew_wait(crew, UINT64_MAX, error))
			return false;
	while (!crew_is_troubled(crew) &&
	       (lacks = command_lacks(context, planned->first, planned->count)) != PLAN_NONE)
		if (!await_bound(crew, lacks, error))
			return false;
	return true;
}

/* Opens the log of a process; *FD is what it gets as its standard error, and the caller's if it is a PIPE. */
static bool
open_log(struct crew *crew, size_t index, bool pipe, int *fd, struct nest_error *error)
{
	struct process *process = &crew->processes[index];
	process->log = memfd_create("nest-run-log", MFD_CLOEXEC);
	if (process->log < 0)
		return nest_error_system(error, "unable to make a log in memory");
	*fd = process->log;
	bool shows = !crew->run->options->quiet && isatty(STDERR_FILENO);
	return !pipe || relay_open(&crew->relay, process->log, shows, fd, error);
}

static bool
start(struct crew *crew, size_t index, struct nest_error *error)
{
	const struct run *run = crew->run;
	const struct plan_process *planned = &run->plan->processes[index];
	struct process *process = &crew->processes[index];
	bool is_pipe = index == run->plan->publisher;
	char output[PATH_MAX];
	int fd;
	if (!folder_file(&run->folder, planned->name, ".out", output, error) ||
	    !open_log(crew, index, is_pipe, &fd, error))
		return false;
	struct process_command command = {.words = command_words(&crew->command),
	    .output = output,
	    .error = fd,
	    .reads_input = index == run->plan->reader,
	    .ignores_pipe = run->ignores_pipe,
	    .files = run->files};
	bool started = process_start(process, &command, error);
	if (is_pipe)
		close(fd);
	crew->running += started;
	return started || nest_error_prefix(error, "%s: ", planned->name);
}

bool
crew_start(struct crew *crew, struct nest_error *error)
{
	const struct run_plan *plan = crew->run->plan;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_process *planned = &plan->processes[i];
		struct command_context context = {plan, &crew->run->folder, crew->bound, planned};
		if (!await_needs(crew, &context, error) || !crew_wait(crew, 0, error))
			return false;
		if (crew_is_troubled(crew))
			return true;
		if (!command_fill(&crew->command, &context, planned->first, planned->count, error) ||
		    !start(crew, i, error))
			return false;
	}
	return true;
}

/* ---- stopping ---- */

/* Errors in waiting are ignored: they were reported already, or follow a failure. */
static void
wait_until(struct crew *crew, uint64_t deadline_ns)
{
	struct nest_error ignored;
	while (crew->running > 0 && program_clock_ns() < deadline_ns)
		if (!crew_wait(crew, deadline_ns, &ignored))
			return;
}

void
crew_stop(struct crew *crew, uint64_t term_ns, uint64_t kill_ns)
{
	wait_until(crew, term_ns);
	while (crew->running > 0) {
		uint64_t now_ns = program_clock_ns();
		if (now_ns > kill_ns + GIVE_UP_MS * ms_ns)
			return;
		/* A program may have only just begun to handle signals, so they are sent more than once. */
		signal_all(crew, now_ns < kill_ns ? SIGTERM : SIGKILL);
		wait_until(crew, program_clock_ns() + AGAIN_MS * ms_ns);
	}
}

void
crew_free(struct crew *crew)
{
	for (size_t i = 0; i < crew->run->plan->count; i++) {
		if (crew->processes != NULL)
			process_free(&crew->processes[i]);
		if (crew->bound != NULL)
			free(crew->bound[i]);
	}
	free(crew->processes);
	free(crew->bound);
	relay_close(&crew->relay);
	stall_free(&crew->stall);
	watch_close(&crew->watch);
	command_free(&crew->command);
}
