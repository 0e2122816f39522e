#include "meter/gather.h"

#include "lib/meter/meter.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool
add_file(struct gathering *gathering, const char *path, struct nest_error *error)
{
	size_t at = gathering->count, count = at + 1;
	struct snapshot *snapshots = reallocarray(gathering->snapshots, count, sizeof *snapshots);
	if (snapshots != NULL)
		gathering->snapshots = snapshots;
	char **paths = reallocarray(gathering->paths, count, sizeof *paths);
	if (paths != NULL)
		gathering->paths = paths;
	char *copy = strdup(path);
	bool fine = (snapshots != NULL && paths != NULL && copy != NULL) ||
	            nest_error_memory(error, count * sizeof *snapshots, "the snapshots");
	if (fine)
		snapshots[at] = (struct snapshot){0};
	if (!fine || !snapshot_read(&snapshots[at], path, error)) {
		free(copy);
		return false;
	}
	paths[at] = copy;
	gathering->count = count;
	return true;
}

/* Whether a file in a folder is a snapshot, or says that one could not be written. */
static int
is_snapshot(const struct dirent *entry)
{
	const char *kind = strstr(entry->d_name, ".snapshot");
	return kind != NULL && strstr(kind, ".tmp") == NULL;
}

static bool
add_folder(struct gathering *gathering, const char *folder, struct nest_error *error)
{
	struct dirent **entries;
	char path[2 * PATH_MAX];
	int count = scandir(folder, &entries, is_snapshot, alphasort);
	bool fine = true;
	if (count < 0)
		return nest_error_system(error, "unable to read the folder %s", folder);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		snprintf(path, sizeof path, "%s/%s", folder, name);
		if (strstr(strstr(name, ".snapshot"), METER_FAILED) != NULL)
			gathering->failed++;
		else
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
	return none_is_fine || gathering->count > before || gather_none(path, error);
}

bool
gather_none(const char *path, struct nest_error *error)
{
	return nest_error_set(error, NEST_USAGE,
	    "no snapshot is in %s: either nothing there had a probe that was met, or it was killed", path);
}

bool
gather_whole(const struct gathering *gathering, struct nest_error *error)
{
	size_t failed = gathering->failed, count = gathering->count;
	return failed == 0 || nest_error_set(error, NEST_FAILED,
				  "%zu %s could not be written, and %zu %s: is the disk full?", failed,
				  failed == 1 ? "snapshot" : "snapshots", count, count == 1 ? "was" : "were");
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
