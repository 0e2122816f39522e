/*
 * faults - breaks of a contract, reported one after the other.
 *
 * A check that takes a struct faults hands every NEST_INVALID to faults_pass(), and goes on
 * if that is true.  With NULL, nobody listens: the first break is an error like any other.
 */
#ifndef NEST_BASE_FAULTS_H
#define NEST_BASE_FAULTS_H

#include "lib/base/error.h"

struct faults {
	void (*tell)(void *context, const struct nest_error *fault);
	void *context;
};

/* Reports ERROR; true if the work may go on. */
static inline bool
faults_pass(const struct faults *faults, const struct nest_error *error)
{
	if (faults == NULL || error->status != NEST_INVALID)
		return false;
	faults->tell(faults->context, error);
	return true;
}

#endif
