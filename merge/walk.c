#include "merge/walk.h"

#include "lib/dataset/published.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDERS_MOST = 64 };

/* Takes PATH, which was allocated, or frees it. */
static bool
keep(struct walk *walk, char *path, struct nest_error *error)
{
	if (!buffer_append(&walk->paths, &path, sizeof path, error)) {
		free(path);
		return false;
	}
	walk->count++;
	return true;
}

/* What readers pass over is none of the dataset. */
static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

static bool add_folder(struct walk *walk, const char *path, unsigned depth, struct nest_error *error);

/* FOLDER/NAME, the caller's; NULL where there is no memory. */
static char *
path_in(const char *folder, const char *name, struct nest_error *error)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%s/%s", folder, name);
	else
		nest_error_memory(error, size, "a path");
	return path;
}

static bool
add_entry(struct walk *walk, const char *folder, const char *name, unsigned depth, struct nest_error *error)
{
	struct stat status;
	char *path = path_in(folder, name, error);
	if (path == NULL)
		return false;
	bool is_there = stat(path, &status) == 0;
	if (is_there && !S_ISDIR(status.st_mode) && published_is_parquet(name))
		return keep(walk, path, error);
	bool fine = true;
	if (!is_there)
		fine = nest_error_system(error, "unable to look at %s", path);
	else if (S_ISDIR(status.st_mode))
		fine = add_folder(walk, path, depth + 1, error);
	free(path);
	return fine;
}

static bool
add_folder(struct walk *walk, const char *path, unsigned depth, struct nest_error *error)
{
	struct dirent **entries;
	if (depth == FOLDERS_MOST)
		return nest_error_set(error, NEST_INVALID, "%s: directories are nested too deep", path);
	int found = scandir(path, &entries, is_visible, alphasort);
	if (found < 0)
		return nest_error_system(error, "unable to list %s", path);
	bool fine = true;
	for (int i = 0; i < found; i++) {
		fine = fine && add_entry(walk, path, entries[i]->d_name, depth, error);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

bool
walk_add(struct walk *walk, const char *path, struct nest_error *error)
{
	struct stat status;
	size_t before = walk->count;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(walk, path, 0, error) &&
		       (walk->count > before ||
			   nest_error_set(error, NEST_INVALID, "%s has no file *.parquet in it", path));
	char *copy = strdup(path);
	return copy != NULL ? keep(walk, copy, error) : nest_error_memory(error, strlen(path) + 1, "a path");
}

bool
walk_add_in(struct walk *walk, const char *folder, const char *name, struct nest_error *error)
{
	char *path = path_in(folder, name, error);
	return path != NULL && keep(walk, path, error);
}

const char *
walk_path(const struct walk *walk, size_t index)
{
	return ((char *const *)(const void *)walk->paths.data)[index];
}

void
walk_free(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		free(((char **)(void *)walk->paths.data)[i]);
	buffer_free(&walk->paths);
	*walk = (struct walk){0};
}
