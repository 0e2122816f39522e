/*
 * signal - writes a snapshot when SIGUSR1 comes or a signal ends the process, even from a place where nothing
 * can be relied on.
 *
 * The handler only posts a semaphore; a thread of the engine writes, so that it
 * happens at once even if no probe runs.  The same thread writes when the process
 * ends in a signal handler, which may have interrupted malloc.  A child of a fork
 * gets its thread with its first probe, so that one that only executes another
 * program never has a second thread.
 */
#include "lib/meter/internal.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>

static sem_t wanted;
static bool is_open;
static bool has_helper;          /* atomic: the thread runs in this process */
static uint32_t asked, answered; /* atomic: rounds of the thread */

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
		uint32_t round = __atomic_load_n(&asked, __ATOMIC_ACQUIRE);
		if (!meter_write_snapshot(&error))
			fprintf(stderr, "nest-meter: warning: %s\n", error.text);
		__atomic_store_n(&answered, round, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void
start_helper(void)
{
	if (__atomic_exchange_n(&meter_engine.start_helper, NULL, __ATOMIC_RELAXED) == NULL)
		return;
	/* The program's signals must go to the program's threads. */
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool made = pthread_create(&thread, NULL, help, NULL) == 0 && pthread_detach(thread) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	__atomic_store_n(&has_helper, made, __ATOMIC_RELEASE);
	if (!made)
		fprintf(stderr,
		    "nest-meter: warning: no thread for SIGUSR1; a snapshot is written at the end only\n");
}

/* Has the helper write, and waits a limited time for it; false if there is none. */
static bool
ask_helper(void)
{
	const struct timespec nap = {.tv_nsec = 100000};
	const uint64_t limit_ns = UINT64_C(5000000000);
	if (!__atomic_load_n(&has_helper, __ATOMIC_ACQUIRE))
		return false;
	int saved = errno;
	uint32_t round = __atomic_add_fetch(&asked, 1, __ATOMIC_ACQ_REL);
	uint64_t start_ns = meter_system_ns(CLOCK_MONOTONIC);
	sem_post(&wanted);
	while ((int32_t)(__atomic_load_n(&answered, __ATOMIC_ACQUIRE) - round) < 0 &&
	       meter_system_ns(CLOCK_MONOTONIC) - start_ns < limit_ns)
		nanosleep(&nap, NULL);
	errno = saved;
	return true;
}

bool
meter_write_last_snapshot(struct nest_error *error)
{
	return !meter_has_snapshot() || ask_helper() || meter_write_snapshot(error);
}

/*
 * The signal ends the process; this thread's open frames are counted unless the
 * engine was at work on it.  The signal is raised again, so that the parent sees it.
 */
static void
end(int signal_number)
{
	meter_close_open_frames();
	if (meter_has_snapshot())
		ask_helper();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Takes the signal unless the program, or its parent, handles or ignores it. */
static void
take(int signal_number, void (*handler)(int))
{
	struct sigaction now, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	if (sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(signal_number, &action, NULL);
}

void
meter_signal_open(void)
{
	if (is_open || sem_init(&wanted, 0, 0) != 0)
		return;
	is_open = true;
	take(SIGUSR1, note);
	take(SIGTERM, end);
	take(SIGINT, end);
	__atomic_store_n(&meter_engine.start_helper, start_helper, __ATOMIC_RELAXED);
	start_helper();
}

void
meter_signal_forked(void)
{
	if (!is_open)
		return;
	has_helper = false;
	asked = answered = 0;
	sem_init(&wanted, 0, 0);
	__atomic_store_n(&meter_engine.start_helper, start_helper, __ATOMIC_RELAXED);
	/* The next probe calls meter_context_here, which starts the helper. */
	meter_self.context = NULL;
}
