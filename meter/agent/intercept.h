/*
 * intercept - the functions of other libraries that the agent wraps.
 *
 * Each passes its call on: the agent does its part, then the true function runs with the caller's
 * arguments and, except for backtraces, with the caller's return address, since some of them (dlopen, dlsym)
 * look at it.
 *
 *	dlopen, dlsym           functions of objects loaded since are found before dlsym answers
 *	_Unwind_RaiseException, _Unwind_Resume, _Unwind_Resume_or_Rethrow, _Unwind_ForcedUnwind, pthread_exit
 *	                        the stack gets its true return addresses
 *	__cxa_begin_catch       and the stubs' again
 *	_Unwind_Backtrace, backtrace
 *	                        both, around the call
 *	exec*, _exit, _Exit     a snapshot is written
 *	makecontext, sigaltstack
 *	                        a stack within a thread's stack ends the metering of that
 *	                        thread's patched functions
 */
#ifndef METER_AGENT_INTERCEPT_H
#define METER_AGENT_INTERCEPT_H

/* Finds the true functions, before any of them is called. */
void intercept_start(void);

#endif
