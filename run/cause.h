/*
 * cause - which process failed first, as far as can be told, and what it says of that.
 *
 * The end of one process makes its neighbours fail a moment later, and they may be heard of
 * in any order.  A process that was killed is named rather than one with a reason of its own,
 * and that rather than one that has lost another.
 */
#ifndef NEST_RUN_CAUSE_H
#define NEST_RUN_CAUSE_H

#include "run/plan.h"
#include "run/process.h"

/* The index of the one to name among COUNT processes; FIRST was heard of first. */
size_t cause_choose(const struct process *processes, size_t count, size_t first);

/* Fills ERROR with why it failed: its own fatal sentence and status, or the signal that killed it. */
void cause_tell(const struct process *process, const struct plan_process *planned, struct nest_error *error);

/*
 * Adds to the sentence of ERROR how many parts are complete and how to go on with them, if
 * PROCESS, which publishes DATASET, spoke of that.  They are counted anew: other processes may
 * have completed more since.
 */
void cause_add_left(const struct process *process, const char *dataset, struct nest_error *error);

/* Whether PROCESS said nothing of its failure in the form that all programs have. */
bool cause_is_unsaid(const struct process *process);

/*
 * Prints what PROCESS said on standard error, but for lines that hold one of the texts HIDDEN, a
 * list that NULL ends; where ONLY_FORMAL, only lines of the form "...: warning: ..." or "...: fatal: ...".
 */
void cause_show_log(const struct process *process, const char *const *hidden, bool only_formal);

#endif
