#include "meter/folder.h"

#include "meter/output.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the files of an earlier run are until it is known whether this one has any. */
#define ASIDE ".earlier"

static bool
is_ours(const char *name)
{
	return strstr(name, ".snapshot") != NULL || strcmp(name, "config.properties") == 0 ||
	       strcmp(name, "set") == 0;
}

static int
is_file(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
	       strcmp(entry->d_name, ASIDE) != 0;
}

/* Moves the files of a run in FROM to the folder TO, or removes them if TO is NULL. */
static bool
empty(const char *from, const char *to, struct nest_error *error)
{
	struct dirent **entries;
	char path[2 * PATH_MAX], place[2 * PATH_MAX];
	bool fine = true;
	int count = scandir(from, &entries, is_file, alphasort);
	if (count < 0)
		return nest_error_system(error, "unable to read the folder %s", from);
	for (int i = 0; i < count && fine; i++)
		if (!is_ours(entries[i]->d_name))
			fine = nest_error_set(error, NEST_USAGE,
			    "%s holds %s, which is none of a metered run's files; name another folder", from,
			    entries[i]->d_name);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", from, entries[i]->d_name);
		snprintf(place, sizeof place, "%s/%s", to != NULL ? to : "", entries[i]->d_name);
		if (fine && (to != NULL ? rename(path, place) : unlink(path)) != 0)
			fine = nest_error_system(error, "unable to remove %s", path);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

static bool
drop(const char *path, struct nest_error *error)
{
	return empty(path, NULL, error) &&
	       (rmdir(path) == 0 || nest_error_system(error, "unable to remove the folder %s", path));
}

bool
folder_settle(const struct folder *folder, bool put_back, struct nest_error *error)
{
	if (access(folder->aside, F_OK) != 0)
		return true;
	return (!put_back ||
		   (empty(folder->path, NULL, error) && empty(folder->aside, folder->path, error))) &&
	       drop(folder->aside, error);
}

/* A run that was cut short may have left files aside; those in the folder are newer. */
static bool
put_aside(const struct folder *folder, struct nest_error *error)
{
	return folder_settle(folder, false, error) &&
	       (mkdir(folder->aside, 0777) == 0 ||
		   nest_error_system(error, "unable to make the folder %s", folder->aside)) &&
	       empty(folder->path, folder->aside, error);
}

static bool
write_config(const struct folder *folder, const struct meter_config *config, struct nest_error *error)
{
	struct buffer text = {0};
	bool written = meter_config_print(config, &text, error) &&
	               output_save(folder->config, (struct view){text.data, text.size}, error);
	buffer_free(&text);
	return written;
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
	snprintf(folder->aside, sizeof folder->aside, "%s/" ASIDE, path);
	bool made = mkdir(path, 0777) == 0;
	if (!made && errno != EEXIST)
		return nest_error_system(error, "unable to make the folder %s", path);
	if (!made && !put_aside(folder, error))
		return false;
	return write_config(folder, config, error);
}

void
folder_run(char run[PATH_MAX], const char *path, uint64_t number)
{
	snprintf(run, PATH_MAX, "%s/%03llu", path, (unsigned long long)number);
}

uint64_t
folder_count_runs(const char *path)
{
	char run[PATH_MAX];
	for (uint64_t count = 0;; count++) {
		folder_run(run, path, count + 1);
		if (access(run, F_OK) != 0)
			return count;
	}
}

bool
folder_clear_runs(const char *path, uint64_t most, struct nest_error *error)
{
	char run[PATH_MAX];
	bool fine = true;
	for (uint64_t i = 1; i <= most && fine; i++) {
		folder_run(run, path, i);
		if (access(run, F_OK) == 0)
			fine = drop(run, error);
	}
	return fine;
}
