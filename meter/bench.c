/*
 * The loop: run, snapshot, refine, run again, until the set no longer changes.
 */
#include "lib/base/options.h"
#include "lib/base/program.h"
#include "lib/meter/set.h"
#include "meter/command.h"
#include "meter/folder.h"
#include "meter/iterations.h"
#include "meter/launch.h"
#include "meter/output.h"
#include "meter/select.h"
#include "meter/settings.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct bench {
	const char *config_name, *set_name, *folder_name, *html, *csv;
	bool no_agent, keep_undecided, all;
	uint64_t limit;
	struct meter_config config;
	struct launch launch;
	struct selection set, next;
	bool has_set; /* from the second iteration on, or if one was given */
	struct iterations iterations;
	uint64_t fixed; /* the iteration whose refined set was its own; 0: none yet */
};

static bool
parse(struct bench *bench, int argc, char **argv, struct nest_error *error)
{
	const struct option_spec options[] = {
	    {'n', "iterations", "N", "run this often at most (20)", OPTION_COUNT, &bench->limit, 1,
		ITERATIONS_LIMIT},
	    {0, "all", NULL, "run all iterations, also when the set does not change", OPTION_FLAG,
		&bench->all, 0, 0},
	    {0, "config", "FILE", "a properties file, or the name of a profile (native)", OPTION_TEXT,
		&bench->config_name, 0, 0},
	    {0, "set", "FILE", "begin with this set (with all probes)", OPTION_TEXT, &bench->set_name, 0, 0},
	    {0, "keep-undecided", NULL, "also keep what is neither a hotspot nor disabled", OPTION_FLAG,
		&bench->keep_undecided, 0, 0},
	    {0, "html", "FILE", "write a page with all iterations", OPTION_TEXT, &bench->html, 0, 0},
	    {0, "csv", "FILE", "write the iterations as comma-separated values too", OPTION_TEXT, &bench->csv,
		0, 0},
	    {'o', "output", "FOLDER", "keep each iteration's files here (nest-meter.bench)", OPTION_TEXT,
		&bench->folder_name, 0, 0},
	    {0, "agent", "FILE", "preload this library (that of this installation)", OPTION_TEXT,
		&bench->launch.agent, 0, 0},
	    {0, "no-agent", NULL, "preload none: the command's own probes alone", OPTION_FLAG,
		&bench->no_agent, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "bench [options] -- command...",
	    "Runs a command again and again, each time with the probes that the last run found worth their "
	    "cost.",
	    options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	bench->launch.command = argv + operands;
	return operands < argc ||
	       nest_error_set(error, NEST_USAGE, "say behind -- what to run; see nest-meter bench --help");
}

/* Runs the command once; one that fails says nothing about its probes. */
static bool
run_once(struct bench *bench, struct launch_result *result, const char *what, struct nest_error *error)
{
	if (!launch_run(&bench->launch, result, error))
		return false;
	if (result->interrupt != 0)
		program_die_of(result->interrupt);
	if (program_interrupted())
		return nest_error_set(error, NEST_FAILED, "interrupted in %s", what);
	return result->status == 0 || nest_error_set(error, NEST_FAILED,
					  "the command ended with status %d in %s", result->status, what);
}

static struct view
lines_of(const struct selection *set)
{
	return (struct view){set->text.data, set->text.size};
}

static void
summarize(struct iteration *iteration, const struct model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		const uint64_t labels = model->rows[i].labels;
		iteration->metered += model->rows[i].count > 0;
		iteration->hotspots += labels >> MODEL_HOTSPOT & 1u;
		iteration->disabled += labels >> MODEL_DISABLED & ~(labels >> MODEL_HOTSPOT) & 1u;
	}
	iteration->calls = model->overhead.calls;
	iteration->cost_ns = model->overhead.cost_ns;
	iteration->explained = model_explained_share(model);
}

/* What the snapshots of one iteration say, into a row of the table; and the next set. */
static bool
learn(struct bench *bench, const struct folder *folder, struct iteration *iteration, struct nest_error *error)
{
	struct gathering gathering = {0};
	struct model model = {0};
	struct meter_set set = {0};
	struct select_options options = {
	    .keep_undecided = bench->keep_undecided, .set = bench->has_set ? &set : NULL};
	bool fine = gather_path(&gathering, folder->path, true, error) && gather_whole(&gathering, error) &&
	            (bench->has_set || gathering.count > 0 || gather_none(folder->path, error)) &&
	            (!bench->has_set || meter_set_parse(&set, lines_of(&bench->set), error)) &&
	            model_make(&model, &gathering, MODEL_BY_NAME, error);
	/* A run that met no probe has no snapshot that says how often one may fail. */
	if (gathering.count == 0)
		model.failures = bench->config.failures;
	/* The sets of later runs are made here. */
	if (fine && bench->iterations.count == 0) {
		settings_check_groups(&gathering, &bench->config, false);
		settings_check_set(&model, &set);
	}
	iteration->instrumented = bench->has_set ? set.count : model.count;
	summarize(iteration, &model);
	fine = fine && select_names(&bench->next, &model, &gathering, &options, error);
	meter_set_free(&set);
	model_free(&model);
	gather_free(&gathering);
	return fine;
}

/*
 * Runs the next iteration in a folder of its own, right after an unmetered run, so that the machine is in
 * much the same state.
 */
static bool
iterate(struct bench *bench, struct nest_error *error)
{
	struct folder folder;
	struct launch_result unmetered, metered;
	uint64_t number = bench->iterations.count + 1;
	struct iteration *iteration = &bench->iterations.rows[number - 1];
	char path[PATH_MAX], what[64];
	snprintf(what, sizeof what, "iteration %llu", (unsigned long long)number);
	folder_run(path, bench->folder_name, number);
	bench->launch.folder = NULL;
	if (!run_once(bench, &unmetered, "an unmetered run", error) ||
	    !folder_make(&folder, path, &bench->config, error) ||
	    (bench->has_set && !output_save(folder.set, lines_of(&bench->set), error)))
		return false;
	bench->launch.folder = folder.path;
	bench->launch.config = folder.config;
	bench->launch.set = bench->has_set ? folder.set : NULL;
	if (!run_once(bench, &metered, what, error) || !learn(bench, &folder, iteration, error))
		return false;
	iteration->wall_ns = metered.wall_ns;
	iteration->cpu_ns = metered.cpu_ns;
	iteration->unmetered_wall_ns = unmetered.wall_ns;
	iteration->unmetered_cpu_ns = unmetered.cpu_ns;
	bench->iterations.count = number;
	return true;
}

static bool
is_fixed(const struct bench *bench)
{
	struct view set = {bench->set.names.data, bench->set.names.size};
	struct view next = {bench->next.names.data, bench->next.names.size};
	return bench->has_set && bench->next.failing == 0 && view_equal(set, next);
}

static void
swap_sets(struct bench *bench)
{
	struct selection used = bench->set;
	bench->set = bench->next;
	bench->next = used;
	bench->has_set = true;
}

/* Takes the given set as a refinement would have made it: its lines may be in any order. */
static bool
begin_with(struct bench *bench, struct nest_error *error)
{
	struct meter_set set = {0};
	bool fine = bench->set_name == NULL || meter_set_read(&set, bench->set_name, error);
	for (size_t i = 0; i < set.count && fine; i++)
		fine = select_add(&bench->set, &set.entries[i], error);
	bench->has_set = bench->set_name != NULL;
	meter_set_free(&set);
	return fine;
}

static bool
loop(struct bench *bench, struct nest_error *error)
{
	iterations_print_head();
	for (uint64_t i = 1; i <= bench->limit; i++) {
		if (!iterate(bench, error))
			return false;
		iterations_print_last(&bench->iterations);
		if (bench->fixed == 0 && is_fixed(bench))
			bench->fixed = i;
		if (bench->fixed != 0 && !bench->all)
			break;
		swap_sets(bench);
		if (bench->set.count == 0)
			break;
	}
	return true;
}

static bool
prepare(struct bench *bench, struct nest_error *error)
{
	if (!settings_read(&bench->config, bench->config_name, error) || !begin_with(bench, error) ||
	    !settings_find_agent(&bench->launch.agent, bench->no_agent, error))
		return false;
	if (!bench->config.hotspot)
		return nest_error_set(error, NEST_USAGE,
		    "%s does not say hotspot.enabled=true: no set would ever change", bench->config_name);
	if (mkdir(bench->folder_name, 0777) != 0 && errno != EEXIST)
		return nest_error_system(error, "unable to make the folder %s", bench->folder_name);
	/* The page would show one more that an earlier version left. */
	if (!folder_clear_runs(bench->folder_name, ITERATIONS_LIMIT + 1, error))
		return false;
	bench->launch.detached = true;
	return true;
}

/* Puts the last set where the next run finds it, and ends the table. */
static bool
conclude(struct bench *bench, struct nest_error *error)
{
	const struct selection *set = &bench->set;
	char path[2 * PATH_MAX];
	snprintf(path, sizeof path, "%s/set", bench->folder_name);
	iterations_print_end(&bench->iterations, bench->fixed);
	const struct iteration *last = &bench->iterations.rows[bench->iterations.count - 1];
	if (set->count > 0 && last->explained < MODEL_EXPLAINED_LITTLE)
		program_warn("the probes that are left explain %.1f %% of the run: most of its time is in "
			     "none of them",
		    100 * last->explained);
	return output_save(path, lines_of(set), error) &&
	       (bench->csv == NULL || iterations_csv(&bench->iterations, bench->csv, error)) &&
	       (bench->html == NULL ||
		   iterations_page(&bench->iterations, bench->folder_name, bench->html, error)) &&
	       (set->count > 0 ||
		   nest_error_set(error, NEST_INVALID,
		       "no probe is left after run %llu: none was found worth its cost; lower the "
		       "thresholds, take the profile pipeline, or give --keep-undecided",
		       (unsigned long long)bench->iterations.count));
}

int
command_bench(int argc, char **argv, struct nest_error *error)
{
	struct bench bench = {.config_name = "native", .folder_name = "nest-meter.bench", .limit = 20};
	meter_config_init(&bench.config);
	bool done = parse(&bench, argc, argv, error) && prepare(&bench, error) && loop(&bench, error) &&
	            conclude(&bench, error);
	select_free(&bench.set);
	select_free(&bench.next);
	meter_config_free(&bench.config);
	return done ? NEST_OK : COMMAND_FAILED;
}
