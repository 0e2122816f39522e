/*
 * intercept - the functions of other libraries that the agent stands before.
 *
 * Each passes through: what the agent has to do is done, then the true function runs with the caller's
 * arguments and, but for backtraces, with the caller's return address, since some of them (dlopen, dlsym)
 * look at it.
 *
 *	dlopen, dlsym           objects loaded since are taken up before dlsym answers
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

/* Finds what stands behind the agent, before any of it is called. */
void intercept_start(void);

#endif
