/*
 * program - what every program does at its edges: its name in messages, its
 * signals, its exit, the account of what it used.
 *
 * State here is the process's own and there is one of it; nothing is owned by
 * the caller.
 */
#ifndef NEST_BASE_PROGRAM_H
#define NEST_BASE_PROGRAM_H

#include "lib/base/error.h"

#include <stdint.h>
#include <stdnoreturn.h>

/*
 * Names the program in messages and takes over the signals: INT, TERM and HUP,
 * unless they were ignored, raise a flag that program_interrupted() returns and
 * every wait checks (system calls are not restarted); PIPE and XFSZ are ignored, so that a lost
 * reader and a file that may not grow are errors of write().
 */
void program_start(const char *name);
bool program_interrupted(void);

/* Names the program in messages and leaves the signals alone, for a program that handles them itself. */
void program_call(const char *name);

/* Once it exits, the program dies of SIGNAL_NUMBER, an interrupt that it took over by itself. */
void program_die_of(int signal_number);

/* Fills ERROR with the interrupt's own sentence; always returns false. */
bool program_interrupt_error(struct nest_error *error);

/*
 * Prints "NAME: fatal: TEXT" on standard error, as one line: control characters, which names
 * that others chose may contain, are shown as '?'.  So does program_warn().
 */
void program_tell(const struct nest_error *error);

/* Tells it, and exits with the error's status; once interrupted, dies of that signal. */
noreturn void program_die(const struct nest_error *error);
void program_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Replaces control characters in TEXT, which others may have chosen, by '?', for a terminal: those of
 * ASCII, and the second 32, which UTF-8 writes as two bytes.
 */
void program_make_plain(char *text);

/* Flushes and closes standard output; dies if that fails. */
void program_finish_output(void);

/* Asks the kernel for room for a megabyte in FD, if it is a pipe: its ends then take turns less often. */
void program_widen_pipe(int fd);

/* Monotonic nanoseconds. */
uint64_t program_clock_ns(void);

/* What a stage did, written as one JSON line. */
struct program_account {
	const char *stage; /* nest-gen */
	const char *name;  /* this process's name in the run */
	uint64_t rows, frames_in, frames_out, bytes_in, bytes_out;
	bool has_skipped; /* records can be skipped here, and .skipped of them were */
	uint64_t skipped;
};

/* Where a program is asked to say what it did. */
struct program_report {
	const char *stats; /* a file that gets ACCOUNT as one JSON line, "-" for standard output, or NULL */
	bool verbose;      /* the same for a reader, on standard error */
};

/* The rows of an option table that fill a struct program_report. */
#define PROGRAM_STATS_OPTION(report)                                                              \
	{                                                                                         \
		0, "stats", "FILE", "write what was done and used to FILE, as JSON", OPTION_TEXT, \
		    &(report).stats, 0, 0                                                         \
	}
#define PROGRAM_VERBOSE_OPTION(report)                                                      \
	{                                                                                   \
		'v', "verbose", NULL, "say at the end what was done and used", OPTION_FLAG, \
		    &(report).verbose, 0, 0                                                 \
	}

/* NEST_USAGE if the report would go to standard output and that is taken. */
bool program_report_settle(
    const struct program_report *report, bool output_is_taken, struct nest_error *error);

/* Prints ACCOUNT, with the process's wall, user and system seconds and its peak memory. */
bool program_report(
    const struct program_report *report, const struct program_account *account, struct nest_error *error);

#endif
