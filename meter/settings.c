#include "meter/settings.h"

#include "lib/base/program.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Where the profiles are, relative to the folder of this program: as built, and as installed. */
static const char *const places[] = {"profiles", "../share/nest/meter/profiles"};

static void
warn(const char *path, unsigned line, const char *text)
{
	program_warn("%s:%u: %s", path, line, text);
}

/* The file that NAME means: a word without '/' or '.' that is not a file names a profile. */
static const char *
find(const char *name, char path[2 * PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (strpbrk(name, "/.") != NULL || access(name, F_OK) == 0 || length <= 0)
		return name;
	self[length] = '\0';
	char *slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, 2 * PATH_MAX, "%s/%s/%s.properties", self, places[i], name);
		if (access(path, R_OK) == 0)
			return path;
	}
	return name;
}

bool
settings_read(struct meter_config *config, const char *name, struct nest_error *error)
{
	char path[2 * PATH_MAX];
	meter_config_init(config);
	if (name == NULL)
		return true;
	const char *found = find(name, path);
	if (access(found, R_OK) != 0) {
		nest_error_system(error, "unable to read the configuration %s", found);
		error->status = NEST_USAGE;
		return false;
	}
	return meter_config_read(config, found, warn, error);
}
