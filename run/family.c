#include "run/family.h"

#include "lib/base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t kill_ns = 2000000000u;

void
family_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Takes the children that have ended from the table; whether others are left. */
static bool
reap(void)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
		;
	return pid == 0;
}

/* A kernel without this list leaves them to the signal of their parents' death. */
static void
signal_children(int number)
{
	char path[64];
	long pid;
	snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fscanf(file, "%ld", &pid) == 1) {
		kill((pid_t)pid, number);
		kill((pid_t)pid, SIGCONT);
	}
	fclose(file);
}

bool
family_end(uint64_t patience_ns)
{
	uint64_t begin_ns = program_clock_ns();
	useconds_t pause_us = 1000;
	while (reap()) {
		uint64_t elapsed_ns = program_clock_ns() - begin_ns;
		if (elapsed_ns > patience_ns + kill_ns)
			return false;
		signal_children(elapsed_ns < patience_ns ? SIGTERM : SIGKILL);
		usleep(pause_us);
		pause_us = pause_us < 50000 ? pause_us * 2 : pause_us;
	}
	return true;
}
