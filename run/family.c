#include "run/family.h"

#include "lib/base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t kill_ns = 2000000000u;

/* Without this list in the kernel, children are left to the signal of their parents' death. */
static bool
read_children(struct buffer *children, struct nest_error *error)
{
	char path[64];
	long number;
	bool done = true;
	buffer_clear(children);
	snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return true;
	while (done && fscanf(file, "%ld", &number) == 1) {
		pid_t pid = (pid_t)number;
		done = buffer_append(children, &pid, sizeof pid, error);
	}
	fclose(file);
	return done;
}

bool
family_adopt(struct family *family, struct nest_error *error)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		return nest_error_system(error, "unable to adopt orphans");
	return read_children(&family->elders, error);
}

static size_t
count_of(const struct buffer *pids)
{
	return pids->size / sizeof(pid_t);
}

static bool
is_elder(const struct family *family, pid_t pid)
{
	const pid_t *elders = (const pid_t *)(const void *)family->elders.data;
	for (size_t i = 0; i < count_of(&family->elders); i++)
		if (elders[i] == pid)
			return true;
	return false;
}

/* Sends a signal, or none if it is 0, to all children except elders; returns how many there are. */
static size_t
signal_children(struct family *family, int number)
{
	struct nest_error ignored;
	size_t others = 0;
	read_children(&family->children, &ignored);
	const pid_t *children = (const pid_t *)(const void *)family->children.data;
	for (size_t i = 0; i < count_of(&family->children); i++) {
		if (is_elder(family, children[i]))
			continue;
		others++;
		if (number != 0) {
			kill(children[i], number);
			kill(children[i], SIGCONT);
		}
	}
	return others;
}

/* Takes the children that have ended from the table; whether others are left. */
static bool
reap(struct family *family)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
		;
	return pid == 0 && (family->elders.size == 0 || signal_children(family, 0) > 0);
}

bool
family_end(struct family *family, uint64_t patience_ns)
{
	uint64_t begin_ns = program_clock_ns();
	useconds_t pause_us = 1000;
	while (reap(family)) {
		uint64_t elapsed_ns = program_clock_ns() - begin_ns;
		if (elapsed_ns > patience_ns + kill_ns)
			return false;
		signal_children(family, elapsed_ns < patience_ns ? SIGTERM : SIGKILL);
		usleep(pause_us);
		pause_us = pause_us < 50000 ? pause_us * 2 : pause_us;
	}
	return true;
}

void
family_free(struct family *family)
{
	buffer_free(&family->elders);
	buffer_free(&family->children);
}
