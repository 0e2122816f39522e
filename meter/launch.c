#include "meter/launch.h"

#include "lib/base/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* That of this program; the linker defines it. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* Finds COMMAND as execvp does; false if it is not there. */
static bool
find(char path[PATH_MAX], const char *command)
{
	const char *folders = getenv("PATH");
	if (strchr(command, '/') != NULL || folders == NULL) {
		snprintf(path, PATH_MAX, "%s", command);
		return true;
	}
	for (const char *at = folders;; at++) {
		size_t length = strcspn(at, ":");
		int written =
		    snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "", command);
		if (written > 0 && written < PATH_MAX && access(path, X_OK) == 0)
			return true;
		at += length;
		if (*at == '\0')
			return false;
	}
}

/* Whether the program asks for a loader; true if the file cannot be understood. */
static bool
has_loader(int file, const Elf64_Ehdr *header)
{
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return true;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;
		off_t at = (off_t)(header->e_phoff + i * sizeof segment);
		if (pread(file, &segment, sizeof segment, at) != (ssize_t)sizeof segment ||
		    segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* Rights that the user has not: of capabilities, root has all. */
static bool
has_own_rights(int file)
{
	struct stat status;
	if (getuid() != 0 && fgetxattr(file, "security.capability", NULL, 0) > 0)
		return true;
	return fstat(file, &status) == 0 &&
	       (((status.st_mode & S_ISUID) != 0 && getuid() != status.st_uid) ||
		   ((status.st_mode & S_ISGID) != 0 && getgid() != status.st_gid));
}

static const char *
reason_against(int file)
{
	Elf64_Ehdr header;
	if (pread(file, &header, sizeof header, 0) != (ssize_t)sizeof header ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != __ehdr_start.e_machine)
		return "it is a program for another machine";
	if (!has_loader(file, &header))
		return "it is linked statically";
	if (has_own_rights(file))
		return "it runs with rights of its own";
	return NULL;
}

/*
 * The loader silently ignores a preloaded library if the program is linked statically or runs with rights of
 * its own; one for another machine or word size cannot load it.  Scripts, and programs that are not found,
 * pass: running them will tell.
 */
static bool
takes_agent(const char *command, struct nest_error *error)
{
	char path[PATH_MAX];
	int file = find(path, command) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0)
		return true;
	const char *reason = reason_against(file);
	close(file);
	if (reason == NULL)
		return true;
	return nest_error_set(error, NEST_USAGE,
	    "unable to load the agent into %s: %s; --no-agent meters what probes it has of its own", path,
	    reason);
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
detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
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
	             preload(metered ? launch->agent : NULL) && (!launch->detached || detach());
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

/* What ends this process, and then is for the command, too, unless it was ignored or blocked by MASK; and the
 * end of a child. */
static sigset_t
watched_signals(const sigset_t *mask)
{
	static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof interrupts / sizeof *interrupts; i++)
		if (sigaction(interrupts[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
		    sigismember(mask, interrupts[i]) == 0)
			sigaddset(&set, interrupts[i]);
	return set;
}

/* Whether the child has become the command; what came through PIPE otherwise is an errno. */
static bool
has_become(int pipe, const char *name, struct nest_error *error)
{
	int number = 0;
	ssize_t size;
	while ((size = read(pipe, &number, sizeof number)) < 0 && errno == EINTR)
		;
	if (size != (ssize_t)sizeof number)
		return true;
	errno = number;
	nest_error_system(error, "unable to run %s", name);
	if (number == ENOENT || number == EACCES)
		error->status = NEST_USAGE;
	return false;
}

/* Waits for the end of the child, and fills RESULT.  The WATCHED signals are blocked. */
static bool
wait_for(pid_t pid, const sigset_t *watched, struct launch_result *result)
{
	int status;
	pid_t ended;
	siginfo_t info;
	struct rusage used;
	do {
		if (sigwaitinfo(watched, &info) < 0 || info.si_signo == SIGCHLD)
			continue;
		result->interrupt = info.si_signo;
		/* A signal from the terminal reaches the whole foreground, and so the command. */
		if (info.si_code != SI_KERNEL)
			kill(pid, info.si_signo);
	} while ((ended = wait4(pid, &status, WNOHANG, &used)) == 0);
	/* An interrupt that came before the end, of which the command may have died: these are taken before
	 * SIGCHLD. */
	const struct timespec now = {0};
	int last = sigtimedwait(watched, &info, &now);
	if (last > 0 && last != SIGCHLD)
		result->interrupt = last;
	if (ended < 0)
		return false;
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	result->cpu_ns = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
	return true;
}

static bool
start(const struct launch *launch, const sigset_t *watched, const sigset_t *mask,
    struct launch_result *result, struct nest_error *error)
{
	const char *name = launch->command[0];
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return nest_error_system(error, "unable to make a pipe");
	uint64_t started_ns = program_clock_ns();
	pid_t pid = fork();
	if (pid == 0)
		become(launch, ends[1], mask);
	bool done = pid > 0 || nest_error_system(error, "unable to start a process");
	close(ends[1]);
	if (done) {
		done = has_become(ends[0], name, error);
		if (!wait_for(pid, watched, result))
			done = nest_error_system(error, "unable to wait for %s", name);
	}
	result->wall_ns = program_clock_ns() - started_ns;
	close(ends[0]);
	return done;
}

bool
launch_run(const struct launch *launch, struct launch_result *result, struct nest_error *error)
{
	*result = (struct launch_result){0};
	if (launch->agent != NULL && launch->folder != NULL && !takes_agent(launch->command[0], error))
		return false;
	sigset_t mask, watched;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	watched = watched_signals(&mask);
	signal(SIGCHLD, SIG_DFL); /* if it is ignored, a child leaves nothing to wait for */
	sigprocmask(SIG_BLOCK, &watched, NULL);
	bool done = start(launch, &watched, &mask, result, error);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return done;
}
