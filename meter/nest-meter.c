/*
 * nest-meter - meters programs, and reports what it found.
 *
 * Each subcommand is one file beside this one; what they share is how
 * snapshots are gathered and merged.
 */
#include "lib/base/nearest.h"
#include "lib/base/options.h"
#include "lib/base/program.h"
#include "meter/command.h"

#include <string.h>

static const struct {
	const char *name;
	command *run;
} commands[] = {
    {"run", command_run},
    {"report", command_report},
    {"refine", command_refine},
    {"bench", command_bench},
    {"diff", command_diff},
    {"explain", command_explain},
    {"sources", command_sources},
};

static const char summary[] =
    "Finds out where the time of programs goes, and which probes are worth their cost.\n"
    "\n"
    "  run      run a command, or a pipeline, metered\n"
    "  report   show what was metered, as a table or for other tools\n"
    "  refine   make the next run's set of probes\n"
    "  bench    run and refine until the set does not change\n"
    "  diff     compare two runs\n"
    "  explain  say why one probe is metered, or is not\n"
    "  sources  say which source file each function of a program is in\n"
    "\n"
    "nest-meter COMMAND --help tells more.";

static bool
refuse_command(const char *typed, struct nest_error *error)
{
	struct nearest nearest = nearest_to(typed, strlen(typed));
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		nearest_try(&nearest, commands[i].name);
	nest_error_set(error, NEST_USAGE, "'%s' is no command of nest-meter", typed);
	if (nearest.best != NULL)
		nest_error_suffix(error, "; did you mean %s?", nearest.best);
	else
		nest_error_suffix(error, "; see nest-meter --help");
	return false;
}

/* Answers --help and --version; anything else is an error. */
static bool
refuse(int argc, char **argv, struct nest_error *error)
{
	const struct option_spec options[] = {{0}};
	const struct program_usage usage = {"nest-meter", "command [options] ...", summary, options};
	int operands;
	if (argc > 1 && argv[1][0] != '-')
		return refuse_command(argv[1], error);
	return options_parse(&usage, argc, argv, &operands, error) &&
	       nest_error_set(error, NEST_USAGE, "name a command; see nest-meter --help");
}

int
main(int argc, char **argv)
{
	struct nest_error error;
	program_start("nest-meter");
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		int status = commands[i].run(argc - 1, argv + 1, &error);
		if (status == COMMAND_FAILED)
			program_die(&error);
		program_finish_output();
		return status;
	}
	refuse(argc, argv, &error);
	program_die(&error);
}
