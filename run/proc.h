/* proc - what the kernel says of processes (proc(5)). */
#ifndef NEST_RUN_PROC_H
#define NEST_RUN_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc {
	char state; /* R, S, D, T, t, Z, X */
	pid_t group;
	uint64_t ticks; /* of CPU time, of all its threads */
};

/* False if there is no such process. */
bool proc_read(pid_t pid, struct proc *proc);

/* How often its main thread was taken off a CPU; 0 if the kernel does not say. */
uint64_t proc_switches(pid_t pid);

/* Calls VISIT for every process on this host, with its number. */
void proc_each(void (*visit)(void *to, pid_t pid), void *to);

/* Whom a sleeping process waits for. */
enum proc_wait {
	PROC_WAITS_NEIGHBOUR, /* for another process's bytes, room or signal; or nothing is known */
	PROC_WAITS_CHILD,
	PROC_WAITS_NOBODY, /* a time, a lock, a disk */
};

enum proc_wait proc_waits_for(pid_t pid);

#endif
