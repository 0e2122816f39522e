/*
 * environment - starts metering as the environment says.
 */
#include "lib/meter/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
warn_of_key(const char *path, unsigned line, const char *text)
{
	fprintf(stderr, "nest-meter: warning: %s: line %u: %s\n", path, line, text);
}

static const char *
ask(const char *variable)
{
	const char *value = secure_getenv(variable);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *wanted_suffix;
static meter_call *wanted_call;

static bool
start(const char *snapshot, struct nest_error *error)
{
	static struct meter_config config; /* about 20 KB, too large for the stack of an unknown thread */
	struct meter_set set = {0};
	struct meter_options options = {
	    .config = &config,
	    .snapshot = snapshot,
	    .suffix = wanted_suffix,
	    .call = wanted_call,
	    .config_path = ask("NEST_METER_CONFIG"),
	    .set_path = ask("NEST_METER_SET"),
	};
	options.set = options.set_path != NULL ? &set : NULL;
	meter_config_init(&config);
	if ((options.config_path == NULL ||
		meter_config_read(&config, options.config_path, warn_of_key, error)) &&
	    (options.set_path == NULL || meter_set_read(&set, options.set_path, error)) &&
	    meter_start(&options, error))
		return true;
	meter_config_free(&config);
	meter_set_free(&set);
	return false;
}

static void
start_once(void)
{
	struct nest_error error;
	const char *snapshot = ask("NEST_METER_SNAPSHOT"), *name = ask("NEST_METER_NAME");
	if (snapshot == NULL || meter_hot.running)
		return;
	if (!start(snapshot, &error))
		fprintf(stderr, "nest-meter: warning: process is not metered: %s\n", error.text);
	else if (name != NULL)
		meter_engine.process = strdup(name);
}

void
meter_start_from_environment(const char *suffix, meter_call *call)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (suffix != NULL)
		wanted_suffix = suffix;
	wanted_call = call;
	pthread_once(&once, start_once);
}
