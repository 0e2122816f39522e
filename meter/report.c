#include "meter/report.h"
#include "lib/base/options.h"
#include "meter/command.h"
#include "meter/folder.h"
#include "meter/output.h"

#include <stdlib.h>

struct settings {
	bool json, all;
	unsigned format, by, sort;
	uint64_t top;
	const char *meter, *output;
};

/* In the order of --format. */
static report_format *const formats[] = {
    report_table, report_json, report_csv, report_html, report_folded, report_chrome, report_callgrind};
enum { FORMAT_JSON = 1, FORMAT_HTML = 3 };

static bool
parse(struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error)
{
	*settings = (struct settings){.output = "-", .top = UINT64_MAX};
	const struct option_spec options[] = {
	    {0, "format", "table|json|csv|html|folded|chrome|callgrind",
		"a table, data, a page for a browser, or calls for other tools (table)", OPTION_CHOICE,
		&settings->format, 0, 0},
	    {0, "json", NULL, "as --format json", OPTION_FLAG, &settings->json, 0, 0},
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
	return *operands < argc || nest_error_set(error, NEST_USAGE,
				       "name a snapshot or a folder of them; see nest-meter report --help");
}

bool
report_write(struct report *report, report_format *format, const char *path, struct nest_error *error)
{
	const struct model *model = report->model;
	struct output output;
	report->rows = calloc(model->count + 1, sizeof(void *));
	report->row_count = 0;
	if (report->rows == NULL)
		return nest_error_memory(error, model->count * sizeof(void *), "the rows");
	for (size_t i = 0; i < model->count && report->row_count < report->top; i++)
		if (report->all || model->rows[i].count > 0)
			report->rows[report->row_count++] = &model->rows[i];
	bool fine = output_open(&output, path, error);
	if (fine) {
		report->file = output.file;
		fine = output_close(&output, format(report, error), error);
	}
	free(report->rows);
	return fine;
}

/* The folder of nest-meter bench stands for its last run; the page shows all of them. */
static bool
gather(const struct settings *settings, struct gathering *gathering, struct runs *runs, const char *path,
    struct nest_error *error)
{
	char last[PATH_MAX];
	uint64_t count = folder_count_runs(path);
	if (count == 0)
		return gather_path(gathering, path, false, error);
	folder_run(last, path, count);
	bool page = settings->format == FORMAT_HTML;
	return gather_path(gathering, last, page, error) && (!page || runs_add(runs, path, error));
}

static bool
show(const struct settings *settings, const struct gathering *gathering, const struct runs *runs,
    struct model *model, struct nest_error *error)
{
	struct report report = {.gathering = gathering,
	    .runs = runs,
	    .model = model,
	    .by = settings->by,
	    .top = settings->top,
	    .all = settings->all};
	if (!model_make(model, gathering, report.by, error) ||
	    !model_find_meter(model, settings->meter, &report.meter, error))
		return false;
	model_sort(model, settings->sort, report.meter);
	report_format *format = formats[settings->json ? FORMAT_JSON : settings->format];
	return report_write(&report, format, settings->output, error);
}

int
command_report(int argc, char **argv, struct nest_error *error)
{
	struct settings settings;
	struct gathering gathering = {0};
	struct runs runs = {0};
	struct model model = {0};
	int operands = argc;
	bool done = parse(&settings, argc, argv, &operands, error);
	for (int i = operands; done && i < argc; i++)
		done = gather(&settings, &gathering, &runs, argv[i], error);
	done = done && show(&settings, &gathering, &runs, &model, error);
	model_free(&model);
	runs_free(&runs);
	gather_free(&gathering);
	return done ? NEST_OK : COMMAND_FAILED;
}
