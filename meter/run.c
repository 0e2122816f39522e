#include "lib/base/options.h"
#include "lib/base/program.h"
#include "lib/meter/set.h"
#include "meter/command.h"
#include "meter/folder.h"
#include "meter/gather.h"
#include "meter/launch.h"
#include "meter/settings.h"

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

/* A set is read before anything starts, so that what is wrong with it is said once. */
static bool
prepare(const struct settings *settings, struct folder *folder, struct nest_error *error)
{
	struct meter_config config;
	struct meter_set set = {0};
	bool fine = settings_read(&config, settings->config, error) &&
	            (settings->set == NULL || meter_set_read(&set, settings->set, error)) &&
	            folder_make(folder, settings->folder, &config, error);
	meter_set_free(&set);
	meter_config_free(&config);
	return fine;
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

/* What an earlier run left goes when this one has something in its place. */
static bool
conclude(const struct settings *settings, const struct folder *folder, struct nest_error *error)
{
	struct gathering gathering = {0};
	size_t failed;
	if (!gather_path(&gathering, settings->folder, true, error) ||
	    !folder_count_failed(folder, &failed, error))
		return false;
	size_t count = gathering.count;
	gather_free(&gathering);
	if (failed == 0)
		tell(settings, folder, count);
	return folder_settle(folder, count == 0, error) &&
	       (failed == 0 ||
		   nest_error_set(error, NEST_FAILED,
		       "%zu %s could not be written, and %zu %s: is the disk full?", failed,
		       failed == 1 ? "snapshot" : "snapshots", count, count == 1 ? "was" : "were"));
}

int
command_run(int argc, char **argv, struct nest_error *error)
{
	struct settings settings;
	struct folder folder;
	struct launch_result result;
	struct launch launch = {0};
	if (!parse(&settings, argc, argv, error) ||
	    (!settings.no_agent && !launch_find_agent(settings.agent, &launch.agent, error)) ||
	    !prepare(&settings, &folder, error))
		return COMMAND_FAILED;
	launch.command = settings.command;
	launch.folder = folder.path;
	launch.config = folder.config;
	launch.set = settings.set;
	if (!launch_run(&launch, &result, error)) {
		struct nest_error second;
		folder_settle(&folder, true, &second);
		return COMMAND_FAILED;
	}
	if (!conclude(&settings, &folder, error))
		return COMMAND_FAILED;
	return result.status;
}
