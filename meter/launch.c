#include "meter/launch.h"
#include "meter/target.h"

#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child_pid;
static volatile sig_atomic_t passed_on;

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};

enum { INTERRUPTS = sizeof interrupts / sizeof *interrupts };

/* A signal from the terminal reaches the whole foreground, and so the command. */
static void
pass_on(int number, siginfo_t *info, void *context)
{
	(void)context;
	passed_on = number;
	if (info->si_code != SI_KERNEL && child_pid > 0)
		kill((pid_t)child_pid, number);
}

static bool
set_path(const char *variable, const char *path)
{
	char whole[PATH_MAX];
	if (path == NULL)
		return unsetenv(variable) == 0;
	return realpath(path, whole) != NULL && setenv(variable, whole, 1) == 0;
}

/*
 * Sets the pattern of the snapshots' paths in FOLDER; a '%' in the folder's name is not part
 * of the pattern.
 */
static bool
set_pattern(const char *folder)
{
	char whole[PATH_MAX], text[2 * PATH_MAX + 32];
	size_t used = 0;
	if (folder == NULL)
		return unsetenv("NEST_METER_SNAPSHOT") == 0;
	if (realpath(folder, whole) == NULL)
		return false;
	for (const char *p = whole; *p != '\0'; p++) {
		if (*p == '%')
			text[used++] = '%';
		text[used++] = *p;
	}
	snprintf(text + used, sizeof text - used, "/%%n.%%p.snapshot");
	return setenv("NEST_METER_SNAPSHOT", text, 1) == 0;
}

static bool
preload(const char *agent)
{
	char text[4 * PATH_MAX];
	const char *others = getenv("LD_PRELOAD");
	if (agent == NULL)
		return true;
	int length = snprintf(text, sizeof text, "%s%s%s", agent,
	    others != NULL && *others != '\0' ? ":" : "", others != NULL ? others : "");
	return length > 0 && (size_t)length < sizeof text && setenv("LD_PRELOAD", text, 1) == 0;
}

static bool
detach(bool shown)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	       dup2(shown ? STDERR_FILENO : null, STDOUT_FILENO) >= 0;
}

/* In the child: a failure goes through PIPE as an errno. */
static void
become(const struct launch *launch, int pipe, const sigset_t *mask)
{
	bool metered = launch->folder != NULL;
	bool ready = set_pattern(launch->folder) &&
	             set_path("NEST_METER_CONFIG", metered ? launch->config : NULL) &&
	             set_path("NEST_METER_SET", metered ? launch->set : NULL) &&
	             set_path("NEST_METER_TOOL", metered ? "/proc/self/exe" : NULL) &&
	             preload(metered ? launch->agent : NULL) && (!launch->detached || detach(launch->shown));
	if (ready) {
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(launch->command[0], launch->command);
	}
	int number = errno;
	ssize_t ignored = write(pipe, &number, sizeof number);
	(void)ignored;
	_exit(127);
}

static uint64_t
nanoseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

/* Waits for the end of the child, and fills RESULT. */
static bool
wait_for(pid_t pid, int pipe, const char *name, struct launch_result *result, struct nest_error *error)
{
	int status, number = 0;
	ssize_t got;
	struct rusage used;
	while ((got = read(pipe, &number, sizeof number)) < 0 && errno == EINTR)
		continue;
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return nest_error_system(error, "unable to wait for %s", name);
	child_pid = 0;
	if (got == (ssize_t)sizeof number) {
		errno = number;
		nest_error_system(error, "unable to run %s", name);
		if (number == ENOENT || number == EACCES)
			error->status = NEST_USAGE;
		return false;
	}
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	result->cpu_ns = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
	return true;
}

/* With the interrupts blocked, so that none comes between the fork and knowing the child. */
static bool
start(
    const struct launch *launch, struct launch_result *result, const sigset_t *mask, struct nest_error *error)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return nest_error_system(error, "unable to make a pipe");
	uint64_t started_ns = program_clock_ns();
	pid_t pid = fork();
	if (pid < 0) {
		nest_error_system(error, "unable to start a process");
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	if (pid == 0)
		become(launch, ends[1], mask);
	close(ends[1]);
	child_pid = pid;
	sigprocmask(SIG_SETMASK, mask, NULL);
	bool done = wait_for(pid, ends[0], launch->command[0], result, error);
	result->wall_ns = program_clock_ns() - started_ns;
	close(ends[0]);
	return done;
}

/* What is ignored stays so, for the command, too. */
static void
take_over(int number, const struct sigaction *action, struct sigaction *before)
{
	sigaction(number, NULL, before);
	if (before->sa_handler != SIG_IGN)
		sigaction(number, action, NULL);
}

bool
launch_run(const struct launch *launch, struct launch_result *result, struct nest_error *error)
{
	struct sigaction before[INTERRUPTS], action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO};
	sigset_t mask, blocked;
	*result = (struct launch_result){0};
	if (launch->agent != NULL && launch->folder != NULL && !target_takes_agent(launch->command[0], error))
		return false;
	passed_on = 0;
	sigemptyset(&blocked);
	for (size_t i = 0; i < INTERRUPTS; i++)
		sigaddset(&blocked, interrupts[i]);
	action.sa_mask = blocked;
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (size_t i = 0; i < INTERRUPTS; i++)
		take_over(interrupts[i], &action, &before[i]);
	bool done = start(launch, result, &mask, error);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (size_t i = 0; i < INTERRUPTS; i++)
		sigaction(interrupts[i], &before[i], NULL);
	result->interrupt = passed_on;
	return done;
}
