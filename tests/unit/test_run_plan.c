/* Plans of nest-run: their words, holes and directives, and what is refused and where. */
#include "run/command.h"
#include "run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct run_plan
parse(const char *text)
{
	struct run_plan plan;
	struct nest_error error;
	if (!run_plan_parse(&plan, "plan", view_of_text(text), &error))
		fail_msg("%s", error.text);
	return plan;
}

/* The words of a process, filled and joined by '|'. */
static void
check_words(const struct run_plan *plan, size_t index, const char *expected)
{
	struct folder folder = {"/run"};
	char *bound[] = {(char *)(uintptr_t) "tcp://a:1", (char *)(uintptr_t) "tcp://b:2", NULL};
	const struct plan_process *process = &plan->processes[index];
	struct command_context context = {plan, &folder, bound, process};
	struct command command = {0};
	struct nest_error error;
	char text[1024] = "";
	assert_true(command_lacks(&context, process->first, process->count) == PLAN_NONE);
	assert_true(command_fill(&command, &context, process->first, process->count, &error));
	for (char *const *word = command_words(&command); *word != NULL; word++) {
		strcat(text, *word);
		strcat(text, "|");
	}
	assert_string_equal(text, expected);
	command_free(&command);
}

static void
words(void **state)
{
	(void)state;
	struct run_plan plan = parse("# comment\n\n\t a: b 'c d' \"e\\\"f\" g\\ h ''\\\n i#j # k\n"
				     "b: {run}/x,{run}/y '{run}' \\{ \"{stats}\"\n"
				     "c.1: {bound a},{bound b}");
	assert_int_equal(plan.count, 3);
	check_words(&plan, 0, "b|c d|e\"f|g h||i#j|");
	check_words(&plan, 1, "/run/x,/run/y|{run}|{|/run/b.json|");
	check_words(&plan, 2, "tcp://a:1,tcp://b:2|");
	assert_true(plan.processes[1].accounts && !plan.processes[0].accounts);
	run_plan_free(&plan);
}

static void
stages_are_names_without_numbers(void **state)
{
	(void)state;
	struct run_plan plan = parse("a.1: x\na.b.22: x\na1: x\n1.1: x\n22: x\na.: x\n");
	static const size_t expected[] = {1, 3, 2, 1, 2, 2};
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(plan.processes[i].stage_bytes, expected[i]);
	run_plan_free(&plan);
}

static void
directives(void **state)
{
	(void)state;
	struct run_plan plan = parse("name job\nstdin b.0\nrate 'x y' b bytes_in\nskipped s\nnote n\n"
				     "keep k {run}/1 two\na: x\nwait a\nadvice ad\nb.0: y {stats}\n"
				     "dataset b.0 out\n");
	assert_string_equal(plan.name, "job");
	assert_int_equal(plan.reader, 1);
	assert_int_equal(plan.publisher, 1);
	assert_string_equal(plan.dataset, "out");
	assert_string_equal(plan.rate.title, "x y");
	assert_int_equal(plan.rate.figure, PLAN_BYTES_IN);
	assert_string_equal(plan.skipped, "s");
	assert_string_equal(plan.note, "n");
	assert_string_equal(plan.kept, "k");
	assert_int_equal(plan.keep_count, 2);
	assert_true(plan.processes[0].after == PLAN_NONE && plan.processes[0].advice == NULL);
	assert_int_equal(plan.processes[1].after, 0);
	assert_string_equal(plan.processes[1].advice, "ad");
	run_plan_free(&plan);
}

static void
a_plan_without_directives(void **state)
{
	(void)state;
	struct run_plan plan = parse("a: x");
	assert_string_equal(plan.name, "nest-run");
	assert_true(plan.reader == PLAN_NONE && plan.publisher == PLAN_NONE);
	assert_true(plan.rate.title == NULL && plan.kept == NULL && plan.note == NULL);
	run_plan_free(&plan);
}

static void
what_an_endpoint_lacks(void **state)
{
	(void)state;
	struct run_plan plan = parse("a: x\nb: y\nc: z {bound a} {bound b}");
	char *bound[] = {(char *)(uintptr_t) "x", NULL, NULL};
	struct command_context context = {&plan, NULL, bound, &plan.processes[2]};
	assert_int_equal(command_lacks(&context, plan.processes[2].first, plan.processes[2].count), 1);
	run_plan_free(&plan);
}

static void
faults_are_told_with_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} faults[] = {
	    {"a: b\n\n'c", "plan:3: a quote begins here and does not end"},
	    {"a: b \\\nc \"d\ne", "plan:2: a quote begins here and does not end"},
	    {"a: b \\\n  c\nx", "plan:3: 'x' is no directive, and without ':' no process"},
	    {"a: 'b\n\n'\na: c", "plan:4: there is a process a already"},
	    {"a: {stats\n}", "plan:1: '{' has no '}'; in single quotes it stands for itself"},
	    {"a: {bound}", "plan:1: {bound} is none of {run}, {stats} and {bound NAME}; in single quotes it "
			   "stands for itself"},
	    {"dataset b out\n\na: {stats}", "plan:1: dataset: there is no process 'b'"},
	    {"# nothing", "plan: there is no process in it"},
	};
	struct run_plan plan;
	struct nest_error error;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_false(run_plan_parse(&plan, "plan", view_of_text(faults[i].text), &error));
		assert_string_equal(error.text, faults[i].message);
		assert_int_equal(error.status, NEST_USAGE);
	}
}

static void
too_many_processes(void **state)
{
	(void)state;
	struct buffer text = {0};
	struct run_plan plan;
	struct nest_error error;
	char line[32];
	for (int i = 0; i < PLAN_PROCESSES_MOST + 1; i++) {
		int size = snprintf(line, sizeof line, "a%d: b\n", i);
		assert_true(buffer_append(&text, line, (size_t)size, &error));
	}
	assert_false(run_plan_parse(&plan, "plan", (struct view){text.data, text.size}, &error));
	assert_string_equal(error.text, "plan:4097: there are more than 4096 processes");
	buffer_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words),
	    cmocka_unit_test(stages_are_names_without_numbers),
	    cmocka_unit_test(directives),
	    cmocka_unit_test(a_plan_without_directives),
	    cmocka_unit_test(what_an_endpoint_lacks),
	    cmocka_unit_test(faults_are_told_with_their_line),
	    cmocka_unit_test(too_many_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
