#include "lib/base/options.h"
#include "lib/base/program.h"
#include "meter/command.h"
#include "meter/output.h"
#include "meter/select.h"
#include "meter/settings.h"

struct settings {
	bool keep_undecided, tiers;
	const char *config, *set, *output;
};

static bool
parse(struct settings *settings, int argc, char **argv, int *operands, struct nest_error *error)
{
	*settings = (struct settings){.output = "-"};
	const struct option_spec options[] = {
	    {0, "keep-undecided", NULL, "also keep what is neither a hotspot nor disabled", OPTION_FLAG,
		&settings->keep_undecided, 0, 0},
	    {0, "tiers", NULL, "keep what crosses into a tier of the configuration alone", OPTION_FLAG,
		&settings->tiers, 0, 0},
	    {0, "config", "FILE", "where the tiers are (the configuration of the snapshots)", OPTION_TEXT,
		&settings->config, 0, 0},
	    {0, "set", "FILE", "the set that the run had, from which what was not met is taken over",
		OPTION_TEXT, &settings->set, 0, 0},
	    {'o', "output", "FILE", "write the set to FILE", OPTION_TEXT, &settings->output, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-meter", "refine [options] snapshot... > set",
	    "Makes the set of probes for the next run: the hotspots of the last.", options};
	return options_parse(&usage, argc, argv, operands, error) &&
	       (*operands < argc || nest_error_set(error, NEST_USAGE,
					"name a snapshot or a folder of them; see nest-meter refine --help"));
}

static bool
read_tiers(const struct settings *settings, const struct gathering *gathering, struct meter_config *config,
    struct nest_error *error)
{
	if (settings->config != NULL) {
		if (!settings_read(config, settings->config, error))
			return false;
	} else {
		meter_config_init(config);
		struct view text = view_of_text(gathering->snapshots[0].config);
		if (!meter_config_parse(config, text, NULL, NULL, error))
			return nest_error_prefix(error, "%s: its configuration: ", gathering->paths[0]);
	}
	return config->tier_count > 0 ||
	       nest_error_set(
		   error, NEST_USAGE, "--tiers: the configuration names no tiers; see nest-meter.conf(5)");
}

static bool
write_set(const struct settings *settings, const struct selection *selection, const struct model *model,
    struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, settings->output, error))
		return false;
	fprintf(output.file,
	    "# %zu of %zu probes: %zu hotspots, %zu with a label from the start, %zu undecided; %zu failed "
	    "in this run\n",
	    selection->count, model->count, selection->hotspots, selection->labelled, selection->undecided,
	    selection->failing);
	if (selection->text.size > 0)
		fwrite(selection->text.data, 1, selection->text.size, output.file);
	return output_close(&output, true, error);
}

static bool
refine(const struct settings *settings, const struct gathering *gathering, struct nest_error *error)
{
	struct model model = {0};
	struct selection selection = {0};
	struct meter_set set = {0};
	struct meter_config config;
	meter_config_init(&config);
	struct select_options options = {.keep_undecided = settings->keep_undecided,
	    .set = settings->set != NULL ? &set : NULL,
	    .tiers = settings->tiers ? &config : NULL};
	bool done = (settings->set == NULL || meter_set_read(&set, settings->set, error)) &&
	            (!settings->tiers || read_tiers(settings, gathering, &config, error)) &&
	            model_make(&model, gathering, MODEL_BY_NAME, error) &&
	            select_names(&selection, &model, gathering, &options, error);
	if (done)
		settings_check_groups(gathering, &config, settings->tiers);
	if (done && !model.adapting && !settings->keep_undecided)
		program_warn("hotspot.enabled was not true: nothing could become a hotspot");
	if (done && selection.count == 0)
		program_warn("the set is empty: run longer, lower the thresholds, or give --keep-undecided");
	done = done && write_set(settings, &selection, &model, error);
	select_free(&selection);
	model_free(&model);
	meter_set_free(&set);
	meter_config_free(&config);
	return done;
}

int
command_refine(int argc, char **argv, struct nest_error *error)
{
	struct settings settings;
	struct gathering gathering = {0};
	int operands = argc;
	bool done = parse(&settings, argc, argv, &operands, error);
	for (int i = operands; done && i < argc; i++)
		done = gather_path(&gathering, argv[i], false, error);
	done = done && refine(&settings, &gathering, error);
	gather_free(&gathering);
	return done ? NEST_OK : COMMAND_FAILED;
}
