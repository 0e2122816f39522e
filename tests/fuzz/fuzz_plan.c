/*
 * fuzz_plan - any bytes as a plan of nest-run, and as an account of a process.
 *
 * The commands of what is taken are filled, and must be as many words as the plan says.
 */
#include "run/account.h"
#include "run/command.h"
#include "run/plan.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fill(
    const struct run_plan *plan, char **bound, const struct plan_process *process, size_t first, size_t count)
{
	static const struct folder folder = {"/run"};
	struct command_context context = {plan, &folder, bound, process};
	struct command command = {0};
	struct nest_error error;
	size_t words = 0;
	must(command_lacks(&context, first, count) == PLAN_NONE);
	must(command_fill(&command, &context, first, count, &error));
	while (command_words(&command)[words] != NULL)
		words++;
	must(words == count);
	command_free(&command);
}

static void
check(const struct run_plan *plan)
{
	static char endpoint[] = "tcp://127.0.0.1:1";
	char **bound = calloc(plan->count, sizeof *bound);
	must(plan->count > 0 && plan->name != NULL && bound != NULL);
	for (size_t i = 0; i < plan->count; i++)
		bound[i] = endpoint;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_process *process = &plan->processes[i];
		must(process->count > 0 && process->stage_bytes > 0);
		must(process->after == PLAN_NONE || process->after < i);
		must(run_plan_find(plan, view_of_text(process->name), i) == i);
		fill(plan, bound, process, process->first, process->count);
	}
	if (plan->kept != NULL)
		fill(plan, bound, NULL, plan->keep_first, plan->keep_count);
	must(plan->reader == PLAN_NONE || plan->reader < plan->count);
	must(plan->publisher == PLAN_NONE || plan->dataset[0] != '\0');
	free(bound);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	struct run_plan plan;
	struct account account;
	if (run_plan_parse(&plan, "plan", (struct view){data, size}, &error)) {
		check(&plan);
		run_plan_free(&plan);
	} else {
		must(error.status == NEST_USAGE && error.text[0] != '\0');
	}
	account_parse((struct view){data, size}, &account);
	return 0;
}
