/*
 * environment - starts metering as the environment says.
 */
#include "lib/meter/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
	struct meter_config config;
	struct meter_set set;
	const char *config_path, *set_path, *snapshot, *name;
};

static void
warn_of_key(void *to, unsigned line, const char *text)
{
	fprintf(stderr, "nest-meter: warning: %s: line %u: %s\n", (const char *)to, line, text);
}

/* Reads the configuration; its path is kept for warn_of_key meanwhile. */
static bool
read_config(struct asked *asked, struct nest_error *error)
{
	char path[4096];
	snprintf(path, sizeof path, "%s", asked->config_path);
	return meter_config_read(&asked->config, asked->config_path, warn_of_key, path, error);
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
start(struct asked *asked, struct nest_error *error)
{
	if ((asked->config_path != NULL && !read_config(asked, error)) ||
	    (asked->set_path != NULL && !meter_set_read(&asked->set, asked->set_path, error)))
		return false;
	struct meter_options options = {
	    .config = &asked->config,
	    .set = asked->set_path != NULL ? &asked->set : NULL,
	    .snapshot = asked->snapshot,
	    .suffix = wanted_suffix,
	    .call = wanted_call,
	    .config_path = asked->config_path,
	    .set_path = asked->set_path,
	};
	if (!meter_start(&options, error))
		return false;
	if (asked->name != NULL)
		meter_engine.process = strdup(asked->name);
	return true;
}

static void
start_once(void)
{
	static struct asked asked; /* about 20 KB, too large for the stack of an unknown thread */
	struct nest_error error;
	asked.snapshot = ask("NEST_METER_SNAPSHOT");
	if (asked.snapshot == NULL || meter_hot.running)
		return;
	asked.config_path = ask("NEST_METER_CONFIG");
	asked.set_path = ask("NEST_METER_SET");
	asked.name = ask("NEST_METER_NAME");
	meter_config_init(&asked.config);
	if (!start(&asked, &error))
		fprintf(stderr, "nest-meter: warning: process is not metered: %s\n", error.text);
	meter_config_free(&asked.config);
	meter_set_free(&asked.set);
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
