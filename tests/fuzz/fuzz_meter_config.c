/*
 * fuzz_meter_config - any bytes as a properties file, and as a set of names.
 *
 * What is taken is printed and parsed again, and must print the same.  Groups are held to a probe that
 * is called like the first label, and lies in a file and an object of the names of the next two.
 */
#include "lib/meter/config.h"
#include "lib/meter/set.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(const struct meter_config *config)
{
	struct meter_config again;
	struct nest_error error;
	struct buffer once = {0}, twice = {0};
	meter_config_init(&again);
	must(meter_config_print(config, &once, &error));
	/* Groups are printed on one line, which may outgrow the file's limit. */
	if (once.size <= METER_CONFIG_BYTES) {
		must(meter_config_parse(&again, (struct view){once.data, once.size}, NULL, NULL, &error));
		must(meter_config_print(&again, &twice, &error));
		must(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
	}
	meter_config_free(&again);
	buffer_free(&once);
	buffer_free(&twice);
}

/* The groups that decide, if there are any, have one that fits. */
static void
check_groups(const struct meter_config *config)
{
	const char *name = config->labels[0].name;
	struct meter_place place = {config->labels[1].name, config->labels[2].name};
	struct meter_places places = {&place, 1};
	int found = meter_groups_find(config->tiers, config->tier_count, name, places);
	bool any = false;
	for (size_t i = 0; i < config->tier_count; i++)
		for (size_t g = 0; g < config->tiers[i].count; g++) {
			bool fits = meter_group_matches(config->tiers[i].groups[g], name, places);
			any = any || fits;
			must(!fits || found >= 0);
		}
	must(any == (found >= 0));
}

static void
print_set(const struct meter_set *set, struct buffer *text)
{
	struct nest_error error;
	for (size_t i = 0; i < set->count; i++)
		must(meter_set_print(&set->entries[i], text, &error));
}

static void
check_set(const struct meter_set *set)
{
	struct meter_set again;
	struct nest_error error;
	struct buffer once = {0}, twice = {0};
	print_set(set, &once);
	must(meter_set_parse(&again, (struct view){once.data, once.size}, &error));
	print_set(&again, &twice);
	must(once.size == twice.size && (once.size == 0 || memcmp(once.data, twice.data, once.size) == 0));
	meter_set_free(&again);
	buffer_free(&once);
	buffer_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	struct meter_config config;
	struct meter_set set;
	meter_config_init(&config);
	if (meter_config_parse(&config, (struct view){data, size}, NULL, NULL, &error)) {
		check_round_trip(&config);
		if (config.label_count > 2)
			check_groups(&config);
	} else
		must(error.status == NEST_USAGE && error.text[0] != '\0');
	meter_config_free(&config);

	if (meter_set_parse(&set, (struct view){data, size}, &error)) {
		for (size_t i = 0; i < set.count; i++)
			must(meter_set_find(&set, set.entries[i].name) == &set.entries[i]);
		check_set(&set);
		meter_set_free(&set);
	}
	return 0;
}
