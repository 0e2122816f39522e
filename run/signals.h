/* signals - which of them end a run, and what they are called. */
#ifndef NEST_RUN_SIGNALS_H
#define NEST_RUN_SIGNALS_H

#include <signal.h>

/*
 * All that would end a process, but KILL, and are not ignored where nest-run was started,
 * as INT is in the background of a shell.
 */
void signals_ending(sigset_t *set);

/* "INT"; "RTMIN+1", "64" and the like in TEXT for one without a name. */
const char *signals_name(int number, char text[16]);

/* Ends this process by signal NUMBER, without a core file. */
void signals_die(int number);

#endif
