#include "meter/report.h"

#include "lib/base/options.h"
#include "lib/base/program.h"
#include "meter/command.h"
#include "meter/output.h"

struct settings {
	bool json, csv, folded, speedscope, chrome, callgrind, all;
	unsigned by, sort;
	uint64_t top;
	const char *meter, *output;
};

static bool
parse(struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error)
{
	*settings = (struct settings){.output = "-", .top = UINT64_MAX};
	const struct option_spec options[] = {
	    {0, "json", NULL, "everything, as one JSON object", OPTION_FLAG, &settings->json, 0, 0},
	    {0, "csv", NULL, "the rows, as comma-separated values", OPTION_FLAG, &settings->csv, 0, 0},
	    {0, "folded", NULL, "the call tree as folded stacks, for a flame graph", OPTION_FLAG,
		&settings->folded, 0, 0},
	    {0, "speedscope", NULL, "the call tree for speedscope", OPTION_FLAG, &settings->speedscope, 0, 0},
	    {0, "chrome-trace", NULL, "the call tree in Chrome's trace format", OPTION_FLAG,
		&settings->chrome, 0, 0},
	    {0, "callgrind", NULL, "the call tree for callgrind_annotate and KCachegrind", OPTION_FLAG,
		&settings->callgrind, 0, 0},
	    {0, "by", "name|stage|process", "a row for each name, or for each of a stage or process (name)",
		OPTION_CHOICE, &settings->by, 0, 0},
	    {0, "sort", "inherent|total|count|name", "largest first by this (inherent)", OPTION_CHOICE,
		&settings->sort, 0, 0},
	    {0, "meter", "NAME", "show this meter (clock.time)", OPTION_TEXT, &settings->meter, 0, 0},
	    {0, "top", "N", "show the first N rows alone", OPTION_COUNT, &settings->top, 1, UINT64_MAX},
	    {0, "all", NULL, "also show names that were never metered", OPTION_FLAG, &settings->all, 0, 0},
	    {'o', "output", "FILE", "write to FILE", OPTION_TEXT, &settings->output, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "report [options] snapshot...",
	    "Merges snapshots, or folders of them, and shows what was metered.", options};
	if (!options_parse(&usage, argc, argv, operands, error))
		return false;
	if (settings->json + settings->csv + settings->folded + settings->speedscope + settings->chrome +
		settings->callgrind >
	    1)
		return nest_error_set(
		    error, NEST_USAGE, "one format at a time; see nest-meter report --help");
	return *operands < argc || nest_error_set(error, NEST_USAGE,
				       "name a snapshot or a folder of them; see nest-meter report --help");
}

static report_format *
choose(const struct settings *settings)
{
	if (settings->json)
		return report_json;
	if (settings->csv)
		return report_csv;
	if (settings->folded)
		return report_folded;
	if (settings->speedscope)
		return report_speedscope;
	if (settings->chrome)
		return report_chrome;
	return settings->callgrind ? report_callgrind : report_table;
}

static bool
write_report(const struct settings *settings, struct report *report, struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, settings->output, error))
		return false;
	report->file = output.file;
	if (!choose(settings)(report, error)) {
		output_abandon(&output);
		return false;
	}
	return output_close(&output, error);
}

static bool
show(const struct settings *settings, const struct gathering *gathering, struct model *model,
    struct nest_error *error)
{
	struct report report = {.gathering = gathering,
	    .model = model,
	    .by = settings->by,
	    .top = settings->top,
	    .all = settings->all};
	if (!model_make(model, gathering, report.by, error) ||
	    !model_find_meter(model, settings->meter, &report.meter, error))
		return false;
	model_sort(model, settings->sort, report.meter);
	return write_report(settings, &report, error);
}

int
command_report(int argc, char **argv, struct nest_error *error)
{
	struct settings settings;
	struct gathering gathering = {0};
	struct model model = {0};
	int operands = argc;
	bool done = parse(&settings, argc, argv, &operands, error);
	for (int i = operands; done && i < argc; i++)
		done = gather_path(&gathering, argv[i], false, error);
	done = done && show(&settings, &gathering, &model, error);
	model_free(&model);
	gather_free(&gathering);
	return done ? NEST_OK : COMMAND_FAILED;
}
