/*
 * engine - start, stop, fork and exit.
 */
#include "lib/meter/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct meter_hot meter_hot;
struct meter_engine meter_engine;

bool
meter_running(void)
{
	return meter_hot.running;
}

/* Makes the path absolute, since the program may change its directory; %-words are replaced at writing. */
static char *
whole_path(const char *path, const char *suffix)
{
	char *folder = path[0] != '/' ? getcwd(NULL, 0) : NULL, *whole = NULL;
	int made = asprintf(&whole, "%s%s%s%s", folder != NULL ? folder : "", folder != NULL ? "/" : "", path,
	    suffix != NULL ? suffix : "");
	free(folder);
	return made >= 0 ? whole : NULL;
}

static char *
copy_text(const char *text)
{
	return strdup(text != NULL ? text : "");
}

static bool
copy_paths(const struct meter_options *options, struct nest_error *error)
{
	struct meter_engine *engine = &meter_engine;
	engine->config_path = copy_text(options->config_path);
	engine->set_path = copy_text(options->set_path);
	if (options->snapshot != NULL)
		engine->snapshot = whole_path(options->snapshot, options->suffix);
	if (engine->config_path == NULL || engine->set_path == NULL ||
	    (options->snapshot != NULL && engine->snapshot == NULL))
		return nest_error_memory(error, 256, "the paths of metering");
	return true;
}

static void
before_fork(void)
{
	pthread_mutex_lock(&meter_write_mutex);
	pthread_mutex_lock(&meter_contexts_lock);
	pthread_mutex_lock(&meter_names.lock);
}

static void
after_fork(void)
{
	pthread_mutex_unlock(&meter_names.lock);
	pthread_mutex_unlock(&meter_contexts_lock);
	pthread_mutex_unlock(&meter_write_mutex);
}

void
meter_forked(void)
{
	pthread_mutex_init(&meter_write_mutex, NULL);
	pthread_mutex_init(&meter_names.lock, NULL);
	pthread_mutex_init(&meter_contexts_lock, NULL);
	if (!meter_hot.running)
		return;
	/* This is the child's only thread; if it was in the engine, that was for the fork. */
	meter_self.busy = 0;
	for (uint32_t i = 0; i < meter_names.count; i++)
		meter_entry_open_card(&meter_names.entries[i]);
	meter_names.left_out = 0;
	meter_engine.started_ns = meter_now();
	meter_engine.started_epoch_ns = meter_system_ns(CLOCK_REALTIME);
	meter_contexts_forked();
	meter_frames_begin_again();
	meter_signal_forked();
}

static void
at_exit(void)
{
	struct nest_error error;
	if (!meter_hot.running)
		return;
	meter_close_open_frames();
	if (!meter_write_snapshot(&error))
		fprintf(stderr, "nest-meter: warning: %s\n", error.text);
}

static void
hold_to_process(void)
{
	static bool held;
	if (held)
		return;
	held = true;
	pthread_atfork(before_fork, after_fork, meter_forked);
	atexit(at_exit);
}

bool
meter_start(const struct meter_options *options, struct nest_error *error)
{
	if (meter_hot.running)
		return nest_error_set(error, NEST_USAGE, "metering runs already");
	meter_engine = (struct meter_engine){0};
	meter_hot = (struct meter_hot){0};
	if (!copy_paths(options, error) || !meter_names_open(error) || !meter_contexts_open(error)) {
		meter_stop();
		return false;
	}
	struct meter_config *config = &meter_engine.config;
	meter_config_init(config);
	if (options->config != NULL)
		*config = *options->config;
	if (options->set != NULL) {
		meter_engine.set = *options->set;
		meter_engine.has_set = true;
	}
	meter_engine.call = options->call;
	meter_clock_open(options->clock);
	meter_perf_open(config);
	meter_hot.meters = (uint32_t)config->meter_count;
	meter_hot.row_bytes = sizeof(struct meter_row) + config->meter_count * sizeof(struct meter_cells);
	meter_hot.node_bytes = sizeof(struct meter_node) + config->meter_count * 2 * sizeof(uint64_t);
	meter_hot.refuses = config->tierpoint || config->nonrecursive || config->nonreentrant;
	meter_engine.classify = meter_entry_classify;
	meter_engine.close_frames = meter_close_open_frames;
	meter_hot.running = true;
	if (!options->quiet) {
		meter_measure_cost();
		hold_to_process();
		if (meter_engine.snapshot != NULL)
			meter_signal_open();
	}
	meter_engine.started_epoch_ns = meter_system_ns(CLOCK_REALTIME);
	meter_engine.started_ns = meter_now();
	return true;
}

void
meter_stop(void)
{
	struct meter_engine *engine = &meter_engine;
	meter_hot.running = false;
	meter_contexts_close();
	meter_names_close();
	meter_write_close();
	meter_config_free(&engine->config);
	meter_set_free(&engine->set);
	free(engine->snapshot);
	free(engine->config_path);
	free(engine->set_path);
	free(engine->process);
	*engine = (struct meter_engine){0};
}
