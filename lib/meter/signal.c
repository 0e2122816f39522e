/*
 * signal - a snapshot when SIGUSR1 comes.
 *
 * The handler only posts a semaphore; a thread of the engine's own writes, so
 * that it happens at once even where no probe runs.  A child of a fork gets its
 * thread with its first probe: one that only executes another program never has
 * a second thread.
 */
#include "lib/meter/internal.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>

static sem_t wanted;
static bool has_handler;

static void
note(int signal_number)
{
	int saved = errno;
	(void)signal_number;
	sem_post(&wanted);
	errno = saved;
}

static void *
help(void *unused)
{
	(void)unused;
	meter_ignore_thread();
	for (;;) {
		struct nest_error error;
		if (sem_wait(&wanted) != 0)
			continue;
		if (!meter_write_snapshot(&error))
			fprintf(stderr, "nest-meter: warning: %s\n", error.text);
	}
	return NULL;
}

void
meter_signal_start_helper(void)
{
	bool needed = true;
	if (!__atomic_compare_exchange_n(
		&meter_engine.needs_helper, &needed, false, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	/* The program's signals are for the program's threads. */
	sigset_t all, before;
	pthread_attr_t attributes;
	pthread_t thread;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int problem = pthread_create(&thread, &attributes, help, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (problem != 0)
		fprintf(stderr,
		    "nest-meter: warning: no thread for SIGUSR1; a snapshot is written at the end only\n");
}

void
meter_signal_open(void)
{
	struct sigaction now;
	if (has_handler || sigaction(SIGUSR1, NULL, &now) != 0 || now.sa_handler != SIG_DFL ||
	    sem_init(&wanted, 0, 0) != 0)
		return;
	struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGUSR1, &action, NULL) != 0)
		return;
	has_handler = true;
	__atomic_store_n(&meter_engine.needs_helper, true, __ATOMIC_RELAXED);
	meter_signal_start_helper();
}

void
meter_signal_forked(void)
{
	if (!has_handler)
		return;
	sem_init(&wanted, 0, 0);
	__atomic_store_n(&meter_engine.needs_helper, true, __ATOMIC_RELAXED);
	/* The context is taken up again by the next probe, which starts the helper. */
	meter_context_set_aside();
}
