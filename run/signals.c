#include "run/signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>

static const char *const names[] = {
    [SIGHUP] = "HUP",
    [SIGINT] = "INT",
    [SIGQUIT] = "QUIT",
    [SIGILL] = "ILL",
    [SIGTRAP] = "TRAP",
    [SIGABRT] = "ABRT",
    [SIGBUS] = "BUS",
    [SIGFPE] = "FPE",
    [SIGKILL] = "KILL",
    [SIGUSR1] = "USR1",
    [SIGSEGV] = "SEGV",
    [SIGUSR2] = "USR2",
    [SIGPIPE] = "PIPE",
    [SIGALRM] = "ALRM",
    [SIGTERM] = "TERM",
#ifdef SIGSTKFLT
    [SIGSTKFLT] = "STKFLT",
#endif
    [SIGCHLD] = "CHLD",
    [SIGCONT] = "CONT",
    [SIGSTOP] = "STOP",
    [SIGTSTP] = "TSTP",
    [SIGTTIN] = "TTIN",
    [SIGTTOU] = "TTOU",
    [SIGURG] = "URG",
    [SIGXCPU] = "XCPU",
    [SIGXFSZ] = "XFSZ",
    [SIGVTALRM] = "VTALRM",
    [SIGPROF] = "PROF",
    [SIGWINCH] = "WINCH",
    [SIGIO] = "IO",
    [SIGPWR] = "PWR",
    [SIGSYS] = "SYS",
};

static bool
ends(int number)
{
	static const int others[] = {
	    SIGKILL, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
	struct sigaction action;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (number == others[i])
			return false;
	return sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN;
}

void
signals_ending(sigset_t *set)
{
	sigemptyset(set);
	for (int number = 1; number <= SIGRTMAX; number++)
		if (ends(number))
			sigaddset(set, number);
}

const char *
signals_name(int number, char text[16])
{
	if (number > 0 && (size_t)number < sizeof names / sizeof *names && names[number] != NULL)
		return names[number];
	if (number >= SIGRTMIN && number <= SIGRTMAX)
		snprintf(text, 16, "RTMIN+%d", number - SIGRTMIN);
	else
		snprintf(text, 16, "%d", number);
	return text;
}

void
signals_die(int number)
{
	struct rlimit none = {0};
	sigset_t set;
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
