#include "lib/base/options.h"
#include "lib/base/program.h"
#include "lib/meter/set.h"
#include "meter/command.h"
#include "meter/folder.h"
#include "meter/launch.h"
#include "meter/settings.h"
#include "meter/unmatched.h"

#include <stdio.h>
#include <unistd.h>

struct settings {
	const char *config, *set, *folder, *agent;
	bool no_agent;
	int quiet;
	char **command;
};

static bool
parse(struct settings *settings, int argc, char **argv, struct nest_error *error)
{
	*settings = (struct settings){.folder = "nest-meter.out"};
	const struct option_spec options[] = {
	    {0, "config", "FILE", "a properties file, or the name of a profile (nothing adapts)", OPTION_TEXT,
		&settings->config, 0, 0},
	    {0, "set", "FILE", "instrument the probes of this set alone", OPTION_TEXT, &settings->set, 0, 0},
	    {'o', "output", "FOLDER", "where the snapshots go (nest-meter.out)", OPTION_TEXT,
		&settings->folder, 0, 0},
	    {0, "agent", "FILE", "preload this library (that of this installation)", OPTION_TEXT,
		&settings->agent, 0, 0},
	    {0, "no-agent", NULL, "preload none: the command's own probes alone", OPTION_FLAG,
		&settings->no_agent, 0, 0},
	    {'q', "quiet", NULL, "do not say what was written", OPTION_STEP, &settings->quiet, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "run [options] -- command...",
	    "Runs a command metered, with all processes that it starts.", options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	settings->command = argv + operands;
	if (operands == argc)
		return nest_error_set(
		    error, NEST_USAGE, "say behind -- what to run; see nest-meter run --help");
	return true;
}

struct run {
	struct settings settings;
	struct meter_config config;
	struct meter_set set;
	struct folder folder;
	struct launch launch;
};

/* A set is read before anything starts, so that what is wrong with it is said once. */
static bool
prepare(struct run *run, struct nest_error *error)
{
	const struct settings *settings = &run->settings;
	struct launch *launch = &run->launch;
	if ((!settings->no_agent && !launch_find_agent(settings->agent, &launch->agent, error)) ||
	    !settings_read(&run->config, settings->config, error) ||
	    (settings->set != NULL && !meter_set_read(&run->set, settings->set, error)) ||
	    !folder_make(&run->folder, settings->folder, &run->config, error))
		return false;
	launch->command = settings->command;
	launch->folder = run->folder.path;
	launch->config = run->folder.config;
	launch->set = settings->set;
	return true;
}

static void
tell(const struct settings *settings, const struct folder *folder, size_t count)
{
	if (count == 0)
		program_warn("no snapshot was written: the command met no probe, or did not end by itself%s",
		    access(folder->aside, F_OK) == 0 ? "; those of an earlier run stay" : "");
	else if (settings->quiet == 0)
		fprintf(stderr, "nest-meter: %zu %s in %s\n", count, count == 1 ? "snapshot" : "snapshots",
		    settings->folder);
}

/* Removes what an earlier run left once this one has something in its place. */
static bool
conclude(const struct run *run, struct nest_error *error)
{
	const struct folder *folder = &run->folder;
	struct gathering gathering = {0};
	struct model model = {0};
	bool fine = gather_path(&gathering, folder->path, true, error) &&
	            model_make(&model, &gathering, MODEL_BY_NAME, error);
	if (fine && gathering.failed == 0)
		tell(&run->settings, folder, gathering.count);
	if (fine && gathering.count > 0) {
		unmatched_groups(&gathering, &run->config, false);
		unmatched_set(&model, &run->set);
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
	struct run run = {0};
	if (!parse(&run.settings, argc, argv, error))
		return COMMAND_FAILED;
	int status = run_metered(&run, error);
	meter_set_free(&run.set);
	meter_config_free(&run.config);
	return status;
}
