/* signals - which signals end a run, and their names. */
#ifndef NEST_RUN_SIGNALS_H
#define NEST_RUN_SIGNALS_H

#include <signal.h>

/*
 * All signals that would end a process, except KILL and those that were ignored when
 * nest-run started, as INT is in the background of a shell.
 */
void signals_ending(sigset_t *set);

/* "INT"; a signal without a name is "RTMIN+1", "64" or the like, in TEXT. */
const char *signals_name(int number, char text[16]);

/* Ends this process by signal NUMBER, without a core file. */
void signals_die(int number);

#endif
