#include "meter/gather.h"

#include "lib/meter/meter.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Whether a file of this NAME in a folder is taken for a snapshot. */
static bool
is_snapshot(const char *name)
{
	const char *kind = strstr(name, ".snapshot");
	return kind != NULL && strstr(kind, ".tmp") == NULL && strstr(kind, METER_FAILED) == NULL;
}

static bool
add_file(struct gathering *gathering, const char *path, struct nest_error *error)
{
	size_t count = gathering->count + 1;
	struct snapshot *snapshots = reallocarray(gathering->snapshots, count, sizeof *snapshots);
	if (snapshots == NULL)
		return nest_error_memory(error, count * sizeof *snapshots, "the snapshots");
	gathering->snapshots = snapshots;
	char **paths = reallocarray(gathering->paths, count, sizeof *paths);
	if (paths == NULL)
		return nest_error_memory(error, count * sizeof *paths, "the snapshots");
	gathering->paths = paths;
	char *copy = strdup(path);
	if (copy == NULL)
		return nest_error_memory(error, strlen(path) + 1, "a path");
	snapshots[gathering->count] = (struct snapshot){0};
	if (!snapshot_read(&snapshots[gathering->count], path, error)) {
		free(copy);
		return false;
	}
	paths[gathering->count++] = copy;
	return true;
}

static int
choose(const struct dirent *entry)
{
	return is_snapshot(entry->d_name);
}

static bool
add_folder(struct gathering *gathering, const char *folder, struct nest_error *error)
{
	struct dirent **entries;
	char path[2 * PATH_MAX];
	int count = scandir(folder, &entries, choose, alphasort);
	bool fine = true;
	if (count < 0)
		return nest_error_system(error, "unable to read the folder %s", folder);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		fine = fine && add_file(gathering, path, error);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

bool
gather_path(struct gathering *gathering, const char *path, bool none_is_fine, struct nest_error *error)
{
	struct stat found;
	size_t before = gathering->count;
	if (stat(path, &found) != 0) {
		nest_error_system(error, "unable to read %s", path);
		error->status = NEST_USAGE;
		return false;
	}
	if (!S_ISDIR(found.st_mode))
		return add_file(gathering, path, error);
	if (!add_folder(gathering, path, error))
		return false;
	if (gathering->count == before && !none_is_fine)
		return nest_error_set(error, NEST_USAGE,
		    "no snapshot is in %s: either nothing there had a probe that was met, or it was killed",
		    path);
	return true;
}

bool
gather_has_timeline(const struct gathering *gathering)
{
	for (size_t s = 0; s < gathering->count; s++)
		for (size_t c = 0; c < gathering->snapshots[s].context_count; c++)
			if (gathering->snapshots[s].contexts[c].call_count > 0)
				return true;
	return false;
}

double
gather_offset_ns(const struct gathering *gathering, size_t snapshot)
{
	uint64_t first_ns = UINT64_MAX;
	for (size_t s = 0; s < gathering->count; s++)
		if (gathering->snapshots[s].started_ns < first_ns)
			first_ns = gathering->snapshots[s].started_ns;
	return (double)(gathering->snapshots[snapshot].started_ns - first_ns);
}

void
gather_free(struct gathering *gathering)
{
	for (size_t i = 0; i < gathering->count; i++) {
		snapshot_free(&gathering->snapshots[i]);
		free(gathering->paths[i]);
	}
	free(gathering->snapshots);
	free(gathering->paths);
	*gathering = (struct gathering){0};
}
