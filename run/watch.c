#include "run/watch.h"

#include "run/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

void
watch_set(sigset_t *set)
{
	static const int others[] = {SIGCHLD, SIGTSTP, SIGCONT, SIGTTIN, SIGTTOU};
	signals_ending(set);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		sigaddset(set, others[i]);
}

void
watch_block(void)
{
	sigset_t set;
	watch_set(&set);
	/* If it were ignored, the status of a child could not be collected. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
watch_open(struct watch *watch, struct nest_error *error)
{
	sigset_t set;
	watch_set(&set);
	*watch = (struct watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
	return watch->fd >= 0 || nest_error_system(error, "unable to wait for signals");
}

/* Whether this process caused the signal: write() also reports a lost reader or a limit. */
static bool
is_own(const struct signalfd_siginfo *info)
{
	return (info->ssi_signo == SIGPIPE || info->ssi_signo == SIGXFSZ) &&
	       info->ssi_pid == (uint32_t)getpid();
}

void
watch_take(struct watch *watch)
{
	struct signalfd_siginfo info;
	while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch ((int)info.ssi_signo) {
		case SIGCHLD:
			watch->has_ended = true;
			break;
		case SIGTSTP:
			watch->is_paused = true;
			break;
		case SIGCONT:
			watch->is_paused = false;
			watch->goes_on = true;
			break;
		case SIGTTIN:
		case SIGTTOU:
			break;
		default:
			if (watch->interrupt == 0 && !is_own(&info))
				watch->interrupt = (int)info.ssi_signo;
		}
	}
}

bool
watch_interrupted(const struct watch *watch, struct nest_error *error)
{
	char name[16];
	return nest_error_set(error, NEST_FAILED, "interrupted by %s", signals_name(watch->interrupt, name));
}

void
watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
