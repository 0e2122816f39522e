/*
 * lock - who is there.
 *
 * Locks are those of flock(2): they end with the process, however it ends.  A
 * file system that knows no such locks (some NFS) is worked on without.
 *
 * The place itself is locked by the one that publishes or removes; the run's
 * file by everybody who has joined, together; an attempt by its writer.  Who
 * wants to take something away must hold what others would hold while they use
 * it.
 */
#ifndef NEST_DATASET_LOCK_H
#define NEST_DATASET_LOCK_H

#include <stdbool.h>

enum lock_kind { LOCK_ALONE, LOCK_TOGETHER };

/* Locks FD until it is closed or lock_release().  False if somebody holds it in another way. */
bool lock_take(int fd, enum lock_kind kind);

/* The same, for as long as PATIENCE_MS; an interrupt ends it. */
bool lock_wait(int fd, enum lock_kind kind, unsigned patience_ms);

void lock_release(int fd);

/* Whether NAME in PARENT_FD still is what FD has open: what is locked may have been moved or removed. */
bool lock_is_named(int fd, int parent_fd, const char *name);

/*
 * What others come between is tried again so many times.  lock_nap() stands before each turn but the first
 * few and takes longer each time, lest all keep step: half a second, all of them together.
 */
enum { LOCK_TURNS = 100 };
void lock_nap(int turn);

#endif
