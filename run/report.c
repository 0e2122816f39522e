#include "run/report.h"

#include "lib/base/program.h"
#include "run/cause.h"
#include "run/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What nest-shred says about records that it skipped; the run reports their total. */
static const char skipped_words[] = " were skipped; ";

/* What a receiver says while it waits; dropped if the run ended well. */
static const char waited_words[] = "no frame has come for ";

enum { PIECE_BYTES = 1 << 16, WRITE_BYTES = 4096 /* PIPE_BUF: this many never block if poll() finds room */ };

/* ---- what is kept ---- */

static bool
append_file(int to, const char *path, const char *kept, struct nest_error *error)
{
	uint8_t piece[PIECE_BYTES];
	ssize_t got;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT || nest_error_system(error, "unable to open %s", path);
	while ((got = read(from, piece, sizeof piece)) > 0)
		for (ssize_t at = 0, done; at < got; at += done)
			if ((done = write(to, piece + at, (size_t)(got - at))) <= 0) {
				nest_error_system(error, "unable to write %s", kept);
				close(from);
				return false;
			}
	if (got < 0)
		nest_error_system(error, "unable to read %s", path);
	close(from);
	return got == 0;
}

bool
report_keep(struct crew *crew, struct nest_error *error)
{
	const struct run_plan *plan = crew->run->plan;
	struct command_context context = {plan, &crew->run->folder, crew->bound, NULL};
	if (plan->kept == NULL)
		return true;
	if (!command_fill(&crew->command, &context, plan->keep_first, plan->keep_count, error))
		return false;
	int to = open(plan->kept, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (to < 0)
		return nest_error_system(error, "unable to open %s", plan->kept);
	bool done = true;
	for (char *const *path = command_words(&crew->command); done && *path != NULL; path++)
		done = append_file(to, *path, plan->kept, error);
	if (close(to) != 0 && done)
		return nest_error_system(error, "unable to write %s", plan->kept);
	return done;
}

/* ---- reports ---- */

static void
show_logs(const struct crew *crew)
{
	const struct run_plan *plan = crew->run->plan;
	const char *const hidden[] = {waited_words, plan->skipped != NULL ? skipped_words : NULL, NULL};
	for (size_t i = 0; i < plan->count; i++)
		cause_show_log(&crew->processes[i], hidden, i == plan->publisher);
}

/* The usage of a process that writes no account, from the kernel. */
static struct account
usage_of(const struct process *process)
{
	struct timeval user = process->used.ru_utime, system = process->used.ru_stime;
	return (struct account){
	    .cpu_us = (uint64_t)(user.tv_sec + system.tv_sec) * 1000000u +
	              (uint64_t)(user.tv_usec + system.tv_usec),
	    .peak_bytes = (uint64_t)process->used.ru_maxrss * 1024u,
	};
}

static bool
read_accounts(const struct crew *crew, struct account *accounts, struct nest_error *error)
{
	const struct run_plan *plan = crew->run->plan;
	char path[PATH_MAX];
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_process *planned = &plan->processes[i];
		accounts[i] = usage_of(&crew->processes[i]);
		if (!folder_file(&crew->run->folder, planned->name, ".json", path, error))
			return false;
		if (planned->accounts && !account_read(path, &accounts[i]))
			return nest_error_set(
			    error, NEST_FAILED, "%s left no account of itself", planned->name);
	}
	return true;
}

/* Waits until output has room; an interrupt ends the wait. */
static bool
await_room(struct crew *crew, int fd, struct nest_error *error)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT}, {.fd = crew->watch.fd, .events = POLLIN}};
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return nest_error_system(error, "unable to wait for room");
		watch_take(&crew->watch);
		if (crew->watch.interrupt != 0)
			return watch_interrupted(&crew->watch, error);
		if (fds[0].revents != 0)
			return true;
	}
}

static bool
write_output(struct crew *crew, int fd, const char *name, struct view text, struct nest_error *error)
{
	while (text.size > 0) {
		size_t size = text.size < WRITE_BYTES ? text.size : WRITE_BYTES;
		if (!await_room(crew, fd, error))
			return false;
		ssize_t done = write(fd, text.data, size);
		if (done < 0 && errno != EINTR)
			return nest_error_system(error, "unable to write %s", name);
		text.data += done > 0 ? done : 0;
		text.size -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

static bool
tell_summary(struct crew *crew, const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	if (crew->run->options->quiet)
		return true;
	buffer_clear(text);
	return summary_print(summary, text, error) && write_output(crew, STDOUT_FILENO, "standard output",
							  (struct view){text->data, text->size}, error);
}

static bool
write_summary(struct crew *crew, const struct summary *summary, struct buffer *text, struct nest_error *error)
{
	const char *path = crew->run->options->summary;
	if (path == NULL)
		return true;
	buffer_clear(text);
	if (!summary_print_json(summary, text, error))
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return nest_error_system(error, "unable to open %s", path);
	bool done = write_output(crew, fd, path, (struct view){text->data, text->size}, error);
	if (close(fd) != 0 && done)
		return nest_error_system(error, "unable to write %s", path);
	return done;
}

static void
warn_of_skipped(const struct run_plan *plan, uint64_t skipped)
{
	if (skipped > 0 && plan->skipped != NULL)
		program_warn("%" PRIu64 " %s skipped%s", skipped,
		    skipped == 1 ? "record was" : "records were", plan->skipped);
}

static bool
tell(struct crew *crew, const struct account *accounts, uint64_t wall_us, struct nest_error *error)
{
	struct summary summary;
	struct buffer text = {0};
	bool done = summary_make(&summary, crew->run->plan, accounts, wall_us, error);
	if (done) {
		warn_of_skipped(crew->run->plan, summary.skipped);
		done =
		    tell_summary(crew, &summary, &text, error) && write_summary(crew, &summary, &text, error);
	}
	buffer_free(&text);
	summary_free(&summary);
	return done;
}

bool
report_run(struct crew *crew, uint64_t wall_us, struct nest_error *error)
{
	size_t bytes = crew->run->plan->count * sizeof(struct account);
	struct account *accounts = malloc(bytes);
	if (accounts == NULL)
		return nest_error_memory(error, bytes, "the accounts");
	show_logs(crew);
	bool done = report_keep(crew, error) && read_accounts(crew, accounts, error) &&
	            tell(crew, accounts, wall_us, error);
	free(accounts);
	return done;
}
