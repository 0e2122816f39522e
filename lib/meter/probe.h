/*
 * probe - names what a program does, so that it can be metered on request.
 *
 *	static void
 *	write_page(struct page *page)
 *	{
 *		NEST_SCOPE("my_program.page.write");
 *		...
 *	}
 *
 * or, if one function has several,
 *
 *	NEST_PROBE(sort_probe, "my_program.sort");
 *	...
 *	nest_frame frame = nest_probe_begin(&sort_probe);
 *	...
 *	nest_probe_end(frame);
 *
 * A probe is metered if NEST_METER_SNAPSHOT is in the environment (nest-meter run
 * puts it there).  Otherwise, and once a probe has been found not worth its cost,
 * begin is a load and a branch, and so is end.  An end goes by what its begin
 * returned: a probe that is disabled while it is open still completes, and one
 * that is enabled later never ends what it did not begin.  A begin without an end
 * is closed with the frame around it; an end whose frame is gone, or was begun by
 * another thread, does nothing; both are counted and reported.
 *
 * For C11 and C++11, with gcc or clang; link with -lnest-probe -lm -pthread.
 * Safe in any thread and in signal handlers.  Nothing here fails, and the program
 * cannot notice what is allocated.  nest_probe(3) is the manual.
 */
#ifndef NEST_METER_PROBE_H
#define NEST_METER_PROBE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returned by a begin and passed to its end; 0 if nothing is metered.  Unique in the process. */
typedef uint64_t nest_frame;

/*
 * A place in a program.  It is static, and the program itself never writes to it.
 * Several probes may have the same name; they share its row.
 */
struct nest_probe {
	const char *name; /* words separated by dots, "a.b.c"; at most 4095 bytes */
	uint32_t live;    /* 0: not metered, 1: metered, 2: not yet known */
	uint32_t index;   /* of the name, if live is 1 */
	const char *file; /* the source file that it is in */
};

/* clang-format off */
#define NEST_PROBE_INIT(name) {name, 2, 0, __FILE__}
/* clang-format on */
#define NEST_PROBE(identifier, name) static struct nest_probe identifier = NEST_PROBE_INIT(name)

/* Private to nest_probe_begin: opens a frame of a live probe. */
nest_frame nest_probe_enter(struct nest_probe *probe);
/* Private to nest_probe_end: closes it. */
void nest_probe_leave(nest_frame frame);

/* Opens a frame of PROBE on this thread. */
static inline nest_frame
nest_probe_begin(struct nest_probe *probe)
{
	if (__builtin_expect(__atomic_load_n(&probe->live, __ATOMIC_RELAXED) == 0, 1))
		return 0;
	return nest_probe_enter(probe);
}

/* Closes FRAME, and all frames opened after it on this thread and not closed. */
static inline void
nest_probe_end(nest_frame frame)
{
	if (__builtin_expect(frame != 0, 0))
		nest_probe_leave(frame);
}

/* For NEST_SCOPE. */
static inline void
nest_probe_end_scope(const nest_frame *frame)
{
	nest_probe_end(*frame);
}

/* Meters from here to the end of the enclosing block, however it is left (longjmp excepted). */
#define NEST_SCOPE(name) NEST_SCOPE_AT(name, __LINE__)
#define NEST_SCOPE_AT(name, line) NEST_SCOPE_IN(name, line)
#define NEST_SCOPE_IN(name, line)                                                                   \
	NEST_PROBE(nest_probe_##line, name);                                                        \
	__attribute__((cleanup(nest_probe_end_scope), unused)) const nest_frame nest_frame_##line = \
	    nest_probe_begin(&nest_probe_##line)

/* Names this process in its snapshot; the default is PROGRAM.HOST.PID.  The text is copied. */
void nest_probe_process(const char *name);

#ifdef __cplusplus
}
#endif

#endif
