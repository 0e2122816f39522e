#include "meter/runs.h"

#include "meter/folder.h"
#include "meter/select.h"

#include <stdio.h>
#include <stdlib.h>

static bool
add_run(struct runs *runs, const char *path, bool none_is_fine, struct nest_error *error)
{
	struct run *grown = reallocarray(runs->runs, runs->count + 1, sizeof *grown);
	if (grown == NULL)
		return nest_error_memory(error, (runs->count + 1) * sizeof *grown, "the runs");
	runs->runs = grown;
	struct run *run = &grown[runs->count++];
	*run = (struct run){0};
	snprintf(run->path, sizeof run->path, "%s", path);
	return gather_path(&run->gathering, path, none_is_fine, error) &&
	       model_make(&run->model, &run->gathering, MODEL_BY_NAME, error);
}

bool
runs_add(struct runs *runs, const char *path, struct nest_error *error)
{
	char run[PATH_MAX];
	uint64_t count = folder_count_runs(path);
	bool fine = count > 0 || add_run(runs, path, false, error);
	for (uint64_t i = 1; i <= count && fine; i++) {
		folder_run(run, path, i);
		fine = add_run(runs, run, true, error);
	}
	return fine;
}

void
runs_free(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		model_free(&runs->runs[i].model);
		gather_free(&runs->runs[i].gathering);
	}
	free(runs->runs);
	*runs = (struct runs){0};
}

bool
runs_stays(const struct model *model, const struct model_row *row)
{
	const struct select_options options = {0};
	return !model->adapting || select_stays(model, row, &options);
}

const char *
runs_outcome(char text[RUNS_OUTCOME_BYTES], const struct model *model, const struct model_row *row)
{
	const struct select_options options = {0};
	uint64_t failures = select_failures(model, row, &options);
	char labels[256], sampled[48] = "", failed[64] = "";
	model_labels(model, row->labels, labels, sizeof labels);
	const char *what = !model->adapting  ? "not scored"
	                   : *labels != '\0' ? labels
	                   : failures > 0    ? "undecided"
	                                     : "undecided, stays for its share of the time";
	if (row->passed > 0)
		snprintf(sampled, sizeof sampled, ", sampled 1 in %llu", (unsigned long long)row->sampled);
	if (model->adapting && failures > 0)
		snprintf(failed, sizeof failed, ", failed %llu of %u times%s", (unsigned long long)failures,
		    (unsigned)model->failures, runs_stays(model, row) ? "" : ", dropped");
	snprintf(text, RUNS_OUTCOME_BYTES, "%s%s%s", what, sampled, failed);
	return text;
}
