/* Detection of stalled processes: stopped or waiting at several looks in a row. */
#include "run/stall.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The first look of a process sees progress: it had none before. */
enum { LOOKS = 1 + 10, PROCESSES = 2 };

struct crowd {
	struct run_plan plan;
	struct process processes[PROCESSES];
	struct stall stall;
	struct nest_error error;
};

/* A process that waits for nobody, woken every millisecond or never. */
static struct process
sleeper(bool wakes)
{
	pid_t pid = fork();
	if (pid == 0) {
		/* It does not outlive a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (wakes)
			usleep(1000);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_int_equal(setpgid(pid, pid), 0);
	/* Until it has come to rest. */
	usleep(50000);
	return (struct process){.state = PROCESS_RUNS, .pid = pid, .log = -1};
}

static void
stop(const struct process *process)
{
	int status;
	assert_int_equal(kill(process->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(process->pid, &status, WUNTRACED), process->pid);
	assert_true(WIFSTOPPED(status));
}

static void
begin(struct crowd *crowd)
{
	const char text[] = "zero: a\none: b\n";
	*crowd = (struct crowd){0};
	assert_true(run_plan_parse(&crowd->plan, "plan", view_of_text(text), &crowd->error));
	assert_true(stall_open(&crowd->stall, 1, PROCESSES, &crowd->error));
}

static void
end(struct crowd *crowd)
{
	for (size_t i = 0; i < PROCESSES; i++) {
		if (crowd->processes[i].state != PROCESS_RUNS)
			continue;
		assert_int_equal(kill(crowd->processes[i].pid, SIGKILL), 0);
		assert_int_equal(waitpid(crowd->processes[i].pid, NULL, 0), crowd->processes[i].pid);
	}
	stall_free(&crowd->stall);
	run_plan_free(&crowd->plan);
}

/* Looks so many times, of which none may name anybody. */
static void
look_in_vain(struct crowd *crowd, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		usleep(5000);
		assert_true(
		    stall_look(&crowd->stall, &crowd->plan, crowd->processes, &crowd->error) == PLAN_NONE);
	}
}

static void
check_named(struct crowd *crowd, size_t index, const char *why)
{
	assert_int_equal(stall_look(&crowd->stall, &crowd->plan, crowd->processes, &crowd->error), index);
	assert_non_null(strstr(crowd->error.text, why));
}

static void
test_ten_looks_without_progress(void **state)
{
	struct crowd crowd;
	(void)state;
	begin(&crowd);
	crowd.processes[1] = sleeper(false);
	stop(&crowd.processes[1]);
	look_in_vain(&crowd, LOOKS - 1);
	check_named(&crowd, 1, "one was halted: no progress for 1 s, and it is stopped by a signal");
	end(&crowd);
}

static void
test_looks_begin_anew(void **state)
{
	struct crowd crowd;
	(void)state;
	begin(&crowd);
	crowd.processes[0] = sleeper(false);
	stop(&crowd.processes[0]);
	look_in_vain(&crowd, LOOKS - 1);
	stall_restart(&crowd.stall);
	look_in_vain(&crowd, 9);
	/* Late by more than a second: this process, too, was halted. */
	usleep(1300000);
	look_in_vain(&crowd, 9);
	check_named(&crowd, 0, "zero was halted");
	end(&crowd);
}

static void
test_one_that_is_stopped_is_named_before_one_that_waits(void **state)
{
	struct crowd crowd;
	(void)state;
	begin(&crowd);
	crowd.processes[0] = sleeper(false);
	crowd.processes[1] = sleeper(false);
	stop(&crowd.processes[1]);
	look_in_vain(&crowd, LOOKS - 1);
	check_named(&crowd, 1, "one was halted: no progress for 1 s, and it is stopped by a signal");
	end(&crowd);
}

static void
test_one_that_waits_is_not_named_while_another_may_be_stopped_for_too_long(void **state)
{
	struct crowd crowd;
	(void)state;
	begin(&crowd);
	crowd.processes[0] = sleeper(false);
	crowd.processes[1] = sleeper(true);
	look_in_vain(&crowd, 5);
	stop(&crowd.processes[1]);
	look_in_vain(&crowd, LOOKS - 1);
	check_named(&crowd, 1, "one was halted");
	/* It goes on: the other one does not. */
	assert_int_equal(kill(crowd.processes[1].pid, SIGCONT), 0);
	usleep(50000);
	check_named(&crowd, 0, "zero was halted: no progress for 1 s, and it sleeps");
	end(&crowd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ten_looks_without_progress),
	    cmocka_unit_test(test_looks_begin_anew),
	    cmocka_unit_test(test_one_that_is_stopped_is_named_before_one_that_waits),
	    cmocka_unit_test(test_one_that_waits_is_not_named_while_another_may_be_stopped_for_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
