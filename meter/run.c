#include "lib/base/options.h"
#include "lib/base/program.h"
#include "lib/meter/set.h"
#include "meter/command.h"
#include "meter/folder.h"
#include "meter/launch.h"
#include "meter/settings.h"

#include <stdio.h>
#include <unistd.h>

struct run {
	const char *config_name, *folder_name;
	bool no_agent;
	int quiet;
	struct meter_config config;
	struct meter_set set;
	struct folder folder;
	struct launch launch;
};

static bool
parse(struct run *run, int argc, char **argv, struct nest_error *error)
{
	const struct option_spec options[] = {
	    {0, "config", "FILE", "a properties file, or the name of a profile (nothing adapts)", OPTION_TEXT,
		&run->config_name, 0, 0},
	    {0, "set", "FILE", "instrument the probes of this set alone", OPTION_TEXT, &run->launch.set, 0,
		0},
	    {'o', "output", "FOLDER", "where the snapshots go (nest-meter.out)", OPTION_TEXT,
		&run->folder_name, 0, 0},
	    {0, "agent", "FILE", "preload this library (that of this installation)", OPTION_TEXT,
		&run->launch.agent, 0, 0},
	    {0, "no-agent", NULL, "preload none: the command's own probes alone", OPTION_FLAG, &run->no_agent,
		0, 0},
	    {'q', "quiet", NULL, "do not say what was written", OPTION_STEP, &run->quiet, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "run [options] -- command...",
	    "Runs a command metered, with all processes that it starts.", options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	run->launch.command = argv + operands;
	return operands < argc ||
	       nest_error_set(error, NEST_USAGE, "say behind -- what to run; see nest-meter run --help");
}

/* A set is read before anything starts, so that what is wrong with it is said once. */
static bool
prepare(struct run *run, struct nest_error *error)
{
	struct launch *launch = &run->launch;
	launch->folder = run->folder.path;
	launch->config = run->folder.config;
	return settings_find_agent(&launch->agent, run->no_agent, error) &&
	       settings_read(&run->config, run->config_name, error) &&
	       (launch->set == NULL || meter_set_read(&run->set, launch->set, error)) &&
	       folder_make(&run->folder, run->folder_name, &run->config, error);
}

static void
tell(const struct run *run, size_t count)
{
	if (count == 0)
		program_warn("no snapshot was written: the command met no probe, or did not end by itself%s",
		    access(run->folder.aside, F_OK) == 0 ? "; those of an earlier run stay" : "");
	else if (run->quiet == 0)
		fprintf(stderr, "nest-meter: %zu %s in %s\n", count, count == 1 ? "snapshot" : "snapshots",
		    run->folder_name);
}

/* Removes what an earlier run left once this one has something in its place. */
static bool
conclude(const struct run *run, struct nest_error *error)
{
	const struct folder *folder = &run->folder;
	struct gathering gathering = {0};
	struct model model = {0};
	bool fine = gather_path(&gathering, folder->path, true, error) &&
	            (run->set.count == 0 || model_make(&model, &gathering, MODEL_BY_NAME, error));
	if (fine && gathering.failed == 0)
		tell(run, gathering.count);
	if (fine && gathering.count > 0) {
		settings_check_groups(&gathering, &run->config, false);
		settings_check_set(&model, &run->set);
	}
	fine = fine && folder_settle(folder, gathering.count == 0, error) && gather_whole(&gathering, error);
	model_free(&model);
	gather_free(&gathering);
	return fine;
}

static int
run_metered(struct run *run, struct nest_error *error)
{
	struct launch_result result;
	struct nest_error second;
	if (!prepare(run, error))
		return COMMAND_FAILED;
	if (!launch_run(&run->launch, &result, error)) {
		folder_settle(&run->folder, true, &second);
		return COMMAND_FAILED;
	}
	if (result.interrupt != 0 && result.status == 128 + result.interrupt)
		program_die_of(result.interrupt);
	return conclude(run, error) ? result.status : COMMAND_FAILED;
}

int
command_run(int argc, char **argv, struct nest_error *error)
{
	struct run run = {.folder_name = "nest-meter.out"};
	if (!parse(&run, argc, argv, error))
		return COMMAND_FAILED;
	int status = run_metered(&run, error);
	meter_set_free(&run.set);
	meter_config_free(&run.config);
	return status;
}
