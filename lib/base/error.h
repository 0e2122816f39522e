/*
 * error - how a failure travels.
 *
 * Libraries return, programs die: a function that can fail returns bool (true
 * is success) and fills the caller's struct nest_error, which carries the exit
 * status that the failure deserves and one sentence that reads after
 * "nest-shred: fatal: ".  Only program_die() turns it into an exit.
 */
#ifndef NEST_BASE_ERROR_H
#define NEST_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* The exit statuses of every program (nest(7), EXIT STATUS). */
enum nest_status {
	NEST_OK = 0,
	NEST_INVALID = 1, /* the data is invalid */
	NEST_USAGE = 2,   /* the program was used wrongly */
	NEST_FAILED = 3,  /* the environment failed: I/O, memory, a lost peer, an interrupt */
};

struct nest_error {
	enum nest_status status;
	char text[1024];
};

/* Fills ERROR; always returns false, so that a function can end in `return nest_error_set(...)`. */
bool nest_error_set(struct nest_error *error, enum nest_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: ": strerror(errno)" is appended; the status is NEST_FAILED. */
bool nest_error_system(struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts context before the sentence that ERROR holds; always returns false. */
bool nest_error_prefix(struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to the sentence that ERROR holds, as far as there is room; always returns false. */
bool nest_error_suffix(struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "unable to allocate SIZE bytes for WHAT". */
bool nest_error_memory(struct nest_error *error, size_t size_bytes, const char *what);

#endif
