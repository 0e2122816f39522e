#include "meter/settings.h"

#include "lib/base/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AGENT "libnest-meter-agent.so"

/* Finds NAME with ENDING in the first of FOLDERS, relative to that of this program, that has it. */
static bool
find_own(char path[PATH_MAX], const char *const *folders, const char *name, const char *ending)
{
	char self[PATH_MAX], text[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self);
	const char *slash = length > 0 ? memrchr(self, '/', (size_t)length) : NULL;
	for (; slash != NULL && *folders != NULL; folders++) {
		snprintf(
		    text, sizeof text, "%.*s/%s/%s%s", (int)(slash - self), self, *folders, name, ending);
		if (realpath(text, path) != NULL && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

static void
warn(const char *path, unsigned line, const char *text)
{
	program_warn("%s:%u: %s", path, line, text);
}

bool
settings_read(struct meter_config *config, const char *name, struct nest_error *error)
{
	static const char *const folders[] = {"profiles", "../share/nest/meter/profiles", NULL};
	char path[PATH_MAX];
	meter_config_init(config);
	if (name == NULL)
		return true;
	/* A word that is not a file names a profile. */
	bool is_word = strpbrk(name, "/.") == NULL && access(name, F_OK) != 0;
	if (!is_word || !find_own(path, folders, name, ".properties"))
		snprintf(path, sizeof path, "%s", name);
	if (access(path, R_OK) != 0) {
		nest_error_system(error, "unable to read the configuration %s", path);
		error->status = NEST_USAGE;
		return false;
	}
	return meter_config_read(config, path, warn, error);
}

bool
settings_find_agent(const char **agent, bool none, struct nest_error *error)
{
	static const char *const folders[] = {".", "../lib/nest", "../lib", NULL};
	static char path[PATH_MAX];
	const char *given = *agent;
	*agent = NULL;
	if (none)
		return true;
	if (given != NULL && (realpath(given, path) == NULL || access(path, R_OK) != 0)) {
		nest_error_system(error, "unable to read the agent %s", given);
		error->status = NEST_USAGE;
		return false;
	}
	if (given == NULL && !find_own(path, folders, AGENT, "")) {
		program_warn(
		    "no agent (" AGENT ") is beside nest-meter or installed: no function is metered, "
		    "but probes that programs name themselves");
		return true;
	}
	*agent = path;
	/* The loader would look for a library at each piece. */
	return strpbrk(path, " :") == NULL || nest_error_set(error, NEST_USAGE,
						  "unable to load the agent %s: its path has a blank or a "
						  "colon; --no-agent meters what probes "
						  "programs have of their own",
						  path);
}

static bool
is_met(const struct gathering *gathering, const char *group)
{
	for (size_t s = 0; s < gathering->count; s++)
		for (size_t i = 0; i < gathering->snapshots[s].name_count; i++) {
			const struct snapshot_name *name = &gathering->snapshots[s].names[i];
			if (meter_group_matches(group, name->name, name->places))
				return true;
		}
	return false;
}

static void
check(const struct gathering *gathering, const struct meter_groups *list, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < list[i].count; g++)
			if (!is_met(gathering, list[i].groups[g]))
				program_warn("%s.%s.name.groups: %s fits no probe that was met", key,
				    list[i].name, list[i].groups[g]);
}

void
settings_check_groups(const struct gathering *gathering, const struct meter_config *config, bool tiers)
{
	if (config->autolabel)
		check(gathering, config->labels, config->label_count, "autolabel.label");
	if (config->tierpoint || tiers)
		check(gathering, config->tiers, config->tier_count, "tierpoint.tier");
}

void
settings_check_set(const struct model *model, const struct meter_set *set)
{
	enum { SHOWN = 3 };
	char text[512] = "";
	size_t missing = 0;
	for (size_t i = 0, used = 0; i < set->count; i++)
		if (model_find(model, set->entries[i].name) == NULL && missing++ < SHOWN &&
		    used < sizeof text)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%.120s",
			    used > 0 ? ", " : "", set->entries[i].name);
	if (missing > 0)
		program_warn("%zu of the %zu probes of the set were not met: %s%s", missing, set->count, text,
		    missing > SHOWN ? ", ..." : "");
}
