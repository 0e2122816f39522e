#include "run/supervisor.h"

#include "lib/base/program.h"
#include "run/cause.h"
#include "run/crew.h"
#include "run/family.h"
#include "run/report.h"

#include <signal.h>
#include <sys/wait.h>

static const uint64_t settle_ns = 300000000u; /* for a cause that is reported after its effect */
static const uint64_t kill_ns = 4000000000u;  /* after a failure or an interrupt, until KILL */

static bool
somebody_was_killed(const struct crew *crew)
{
	for (size_t i = 0; i < crew->run->plan->count; i++)
		if (process_failed(&crew->processes[i]) && WIFSIGNALED(crew->processes[i].status))
			return true;
	return false;
}

/* Waits a moment for others that failed at the same time, unless the cause is clear already. */
static void
settle(struct crew *crew, uint64_t deadline_ns)
{
	struct nest_error ignored;
	while (crew->running > 0 && crew->watch.interrupt == 0 && !somebody_was_killed(crew) &&
	       program_clock_ns() < deadline_ns)
		if (!crew_wait(crew, deadline_ns, &ignored))
			return;
}

/* Names the process that failed first, once none runs any more. */
static void
fail(struct crew *crew, struct nest_error *error)
{
	const char *nothing = NULL;
	uint64_t failed_ns = program_clock_ns();
	settle(crew, failed_ns + settle_ns);
	size_t cause = cause_choose(crew->processes, crew->run->plan->count, crew->first_failed);
	crew_stop(crew, failed_ns + settle_ns, failed_ns + kill_ns);
	relay_close(&crew->relay);
	if (cause_is_unsaid(&crew->processes[cause]))
		cause_show_log(&crew->processes[cause], &nothing, false);
	cause_tell(&crew->processes[cause], &crew->run->plan->processes[cause], error);
}

/* Ends all that runs, and sets ERROR to the cause. */
static void
give_up(struct crew *crew, struct nest_error *error)
{
	uint64_t now_ns = program_clock_ns();
	struct nest_error ignored;
	if (crew->watch.interrupt == 0 && crew->first_failed != PLAN_NONE) {
		fail(crew, error);
	} else {
		crew_stop(crew, now_ns, now_ns + kill_ns);
		if (crew->watch.interrupt == 0 && crew->halted != PLAN_NONE)
			*error = crew->halt;
	}
	if (crew->watch.interrupt != 0)
		watch_interrupted(&crew->watch, error);
	else
		report_keep(crew, &ignored);
}

/* Whether the dataset was published although the run has failed. */
static bool
is_published(const struct crew *crew)
{
	const struct run *run = crew->run;
	const struct process *publisher = &crew->processes[run->plan->publisher];
	if (publisher->state != PROCESS_ENDED)
		return false;
	/* Killed, it had no time to say so.  What it says counts otherwise: the dataset may be another run's.
	 */
	return publisher->status == 0 || crew->relay.published ||
	       (WIFSIGNALED(publisher->status) && dataset_is_new(run->plan->dataset, run->before));
}

/* Adds to the message of ERROR what there is of the dataset nevertheless. */
static void
tell_of_dataset(const struct crew *crew, struct nest_error *error)
{
	const struct run_plan *plan = crew->run->plan;
	if (plan->publisher == PLAN_NONE)
		return;
	if (is_published(crew))
		dataset_tell(plan->dataset, error);
	else
		cause_add_left(&crew->processes[plan->publisher], plan->dataset, error);
}

static bool
run_crew(struct crew *crew, struct nest_error *error)
{
	uint64_t begin_ns = program_clock_ns();
	bool done = folder_create(&crew->run->folder, error) && crew_start(crew, error);
	while (done && crew->running > 0 && !crew_is_troubled(crew))
		done = crew_wait(crew, UINT64_MAX, error);
	if (!done || crew_is_troubled(crew)) {
		give_up(crew, error);
		done = false;
	} else {
		uint64_t wall_us = (program_clock_ns() - begin_ns) / 1000;
		relay_close(&crew->relay);
		done = report_run(crew, wall_us, error);
	}
	relay_close(&crew->relay);
	if (!done)
		tell_of_dataset(crew, error);
	return done;
}

/* Any process still alive is not in the plan, or hangs. */
static void
clean_up(const struct run *run, struct family *family)
{
	struct nest_error error;
	if (!family_end(family, 0))
		program_warn("a process of this run hangs in the kernel, and could not be ended");
	if (!folder_remove(&run->folder, &error))
		program_warn("%s", error.text);
}

int
supervisor_run(const struct run *run)
{
	struct crew crew;
	struct family family = {0};
	struct nest_error error;
	bool done = crew_open(&crew, run, &error) && family_adopt(&family, &error) && run_crew(&crew, &error);
	int interrupt = done ? 0 : crew.watch.interrupt;
	/* First, so that there are descriptors left to clean up with. */
	crew_free(&crew);
	clean_up(run, &family);
	family_free(&family);
	if (done)
		return NEST_OK;
	program_tell(&error);
	return interrupt != 0 ? RUN_SIGNALLED + interrupt : (int)error.status;
}
