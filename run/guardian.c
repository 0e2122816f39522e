#include "run/guardian.h"

#include "lib/base/program.h"
#include "run/family.h"
#include "run/signals.h"
#include "run/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t clean_up_ns = 2000000000u; /* for the processes of a supervisor that has died */

struct guardian {
	const struct run *run;
	struct family family;
	pid_t supervisor;
	int status; /* the supervisor's, as from wait(2) */
	bool is_stopped, was_halted;
	uint64_t stopped_s; /* how many checks, a second apart, found it stopped */
	sigset_t watched;
};

static noreturn void
supervise(const struct run *run, pid_t guardian)
{
	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != guardian)
		_exit(NEST_FAILED);
	_exit(supervisor_run(run));
}

/* Collects the status of the supervisor; returns whether it has ended. */
static bool
collect(struct guardian *guardian)
{
	int status;
	while (waitpid(guardian->supervisor, &status, WNOHANG | WUNTRACED | WCONTINUED) > 0) {
		guardian->status = status;
		guardian->is_stopped = WIFSTOPPED(status);
		guardian->stopped_s = 0;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return true;
	}
	return false;
}

/* Control-Z: stops the run, and then this process, until it is continued. */
static void
pause_run(const struct guardian *guardian)
{
	sigset_t set;
	kill(guardian->supervisor, SIGTSTP);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(guardian->supervisor, SIGCONT);
}

static void
hand_on(struct guardian *guardian, int number)
{
	if (number == SIGTSTP) {
		pause_run(guardian);
	} else if (number == SIGCONT) {
		/* This process was stopped, too: the supervisor may be continued a little later. */
		guardian->stopped_s = 0;
	} else if (number != SIGCHLD && number != SIGTTIN && number != SIGTTOU) {
		kill(guardian->supervisor, number);
		/* It may be stopped. */
		kill(guardian->supervisor, SIGCONT);
	}
}

/* Only this process can help a supervisor that is stopped: it checks once a second. */
static void
look_for_halt(struct guardian *guardian)
{
	uint64_t most_s = guardian->run->options->stall_seconds;
	guardian->stopped_s++;
	if (most_s == 0 || guardian->stopped_s < most_s)
		return;
	guardian->was_halted = true;
	kill(guardian->supervisor, SIGKILL);
}

/* Returns when the supervisor has ended. */
static void
wait_for_supervisor(struct guardian *guardian)
{
	static const struct timespec second = {.tv_sec = 1};
	while (!collect(guardian)) {
		int number = guardian->is_stopped ? sigtimedwait(&guardian->watched, NULL, &second)
		                                  : sigwaitinfo(&guardian->watched, NULL);
		if (number > 0)
			hand_on(guardian, number);
		else if (guardian->is_stopped && errno == EAGAIN)
			look_for_halt(guardian);
	}
}

/* Cleans up in place of the supervisor, which could not. */
static int
clean_up(struct guardian *guardian)
{
	const struct run *run = guardian->run;
	struct nest_error error, ignored;
	char name[16];
	int number = WIFSIGNALED(guardian->status) ? WTERMSIG(guardian->status) : 0;
	family_end(&guardian->family, clean_up_ns);
	if (!folder_remove(&run->folder, &ignored))
		program_warn("%s", ignored.text);
	if (guardian->was_halted)
		nest_error_set(&error, NEST_FAILED, "the supervisor of the run was halted for %llu s",
		    (unsigned long long)run->options->stall_seconds);
	else
		nest_error_set(&error, NEST_FAILED, "the supervisor of the run was killed by signal %d (%s)",
		    number, signals_name(number, name));
	if (run->plan->publisher != PLAN_NONE && dataset_is_new(run->plan->dataset, run->before))
		dataset_tell(run->plan->dataset, &error);
	program_tell(&error);
	return NEST_FAILED;
}

int
guardian_run(const struct run *run, struct nest_error *error)
{
	struct guardian guardian = {.run = run};
	pid_t self = getpid();
	watch_block();
	if (!family_adopt(&guardian.family, error))
		return -1;
	guardian.supervisor = fork();
	if (guardian.supervisor < 0) {
		nest_error_system(error, "unable to start the supervisor");
		return -1;
	}
	if (guardian.supervisor == 0)
		supervise(run, self);
	watch_set(&guardian.watched);
	wait_for_supervisor(&guardian);
	/* A supervisor that exits by itself leaves no processes. */
	int status = WIFEXITED(guardian.status) ? WEXITSTATUS(guardian.status) : clean_up(&guardian);
	family_free(&guardian.family);
	if (status > RUN_SIGNALLED)
		signals_die(status - RUN_SIGNALLED);
	return status;
}
