#include "run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
put_in_place(const char *path, int flags, int place)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	return fd >= 0 && dup2(fd, place) >= 0 && (fd == place || close(fd) == 0);
}

/* In the child: asks for TERM when the supervisor dies, as an order to clean up. */
static void
become(const struct process_command *command, pid_t supervisor)
{
	sigset_t none;
	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != supervisor)
		_exit(NEST_FAILED);
	signal(SIGPIPE, command->ignores_pipe ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(command->error, STDERR_FILENO) >= 0 &&
	    (command->reads_input || put_in_place("/dev/null", O_RDONLY, STDIN_FILENO)) &&
	    put_in_place(command->output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO) &&
	    setrlimit(RLIMIT_NOFILE, &command->files) == 0)
		execvp(command->words[0], command->words);
	dprintf(
	    STDERR_FILENO, "nest-run: fatal: unable to start %s: %s\n", command->words[0], strerror(errno));
	_exit(NEST_FAILED);
}

bool
process_start(struct process *process, const struct process_command *command, struct nest_error *error)
{
	pid_t supervisor = getpid(), pid = fork();
	if (pid < 0)
		return nest_error_system(error, "unable to start a process");
	if (pid == 0)
		become(command, supervisor);
	/* Parent or child makes the group, whichever comes first: it can be signalled from now on. */
	setpgid(pid, pid);
	process->pid = pid;
	process->state = PROCESS_RUNS;
	return true;
}

bool
process_collect(struct process *process)
{
	siginfo_t info = {0};
	/* Until the process is reaped, no other gets its number, and its group keeps it. */
	if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
		return false;
	kill(-process->pid, SIGKILL);
	while (wait4(process->pid, &process->status, 0, &process->used) < 0 && errno == EINTR)
		;
	process->state = PROCESS_ENDED;
	return true;
}

void
process_signal(const struct process *process, int number)
{
	kill(-process->pid, number);
	kill(-process->pid, SIGCONT);
}

void
process_pause(const struct process *process, bool pauses)
{
	kill(-process->pid, pauses ? SIGSTOP : SIGCONT);
}

void
process_free(struct process *process)
{
	if (process->log >= 0)
		close(process->log);
	process->log = -1;
}
