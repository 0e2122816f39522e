#include "meter/folder.h"

#include "meter/output.h"
#include "meter/settings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_ours(const char *name)
{
	return strstr(name, ".snapshot") != NULL || strcmp(name, "config.properties") == 0 ||
	       strcmp(name, "set") == 0;
}

static int
is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Nothing is removed where one entry is not a run's. */
static bool
clear(const struct folder *folder, struct nest_error *error)
{
	struct dirent **entries;
	char path[2 * PATH_MAX];
	bool fine = true;
	int count = scandir(folder->path, &entries, is_entry, alphasort);
	if (count < 0)
		return nest_error_system(error, "unable to read the folder %s", folder->path);
	for (int i = 0; i < count && fine; i++)
		if (!is_ours(entries[i]->d_name))
			fine = nest_error_set(error, NEST_USAGE,
			    "%s holds %s, which is none of a metered run's files; name another folder",
			    folder->path, entries[i]->d_name);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder->path, entries[i]->d_name);
		if (fine && unlink(path) != 0)
			fine = nest_error_system(error, "unable to remove %s", path);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

bool
folder_make(
    struct folder *folder, const char *path, const struct meter_config *config, struct nest_error *error)
{
	if (*path == '\0' || strlen(path) >= sizeof folder->path)
		return nest_error_set(error, NEST_USAGE, "the folder's name is empty, or too long");
	snprintf(folder->path, sizeof folder->path, "%s", path);
	snprintf(folder->config, sizeof folder->config, "%s/config.properties", path);
	snprintf(folder->set, sizeof folder->set, "%s/set", path);
	bool made = mkdir(path, 0777) == 0;
	if (!made && errno != EEXIST)
		return nest_error_system(error, "unable to make the folder %s", path);
	if (!made && !clear(folder, error))
		return false;
	return settings_write(config, folder->config, error);
}

static bool
clear_run(const char *path, struct nest_error *error)
{
	struct folder folder = {0};
	snprintf(folder.path, sizeof folder.path, "%s", path);
	return clear(&folder, error) &&
	       (rmdir(path) == 0 || nest_error_system(error, "unable to remove the folder %s", path));
}

bool
folder_clear_runs(const char *path, uint64_t most, struct nest_error *error)
{
	char run[PATH_MAX];
	bool fine = true;
	for (uint64_t i = 1; i <= most && fine; i++) {
		snprintf(run, sizeof run, "%s/%03llu", path, (unsigned long long)i);
		if (access(run, F_OK) == 0)
			fine = clear_run(run, error);
	}
	return fine;
}

bool
folder_write_set(const struct folder *folder, struct view text, struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, folder->set, error))
		return false;
	output_write(&output, text);
	return output_close(&output, error);
}
