#include "merge/file_list.h"

#include "lib/dataset/published.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDERS_MOST = 64 };

/* Takes PATH, which was allocated, or frees it. */
static bool
keep(struct file_list *files, char *path, struct nest_error *error)
{
	if (!buffer_append(&files->paths, &path, sizeof path, error)) {
		free(path);
		return false;
	}
	files->count++;
	return true;
}

/* Files that readers ignore are not in the dataset. */
static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

static bool add_folder(struct file_list *files, const char *path, unsigned depth, struct nest_error *error);

/* FOLDER/NAME, to be freed by the caller; NULL for lack of memory. */
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
add_entry(
    struct file_list *files, const char *folder, const char *name, unsigned depth, struct nest_error *error)
{
	struct stat status;
	char *path = path_in(folder, name, error);
	if (path == NULL)
		return false;
	bool is_there = stat(path, &status) == 0;
	if (is_there && !S_ISDIR(status.st_mode) && published_is_parquet(name))
		return keep(files, path, error);
	bool fine = true;
	if (!is_there)
		fine = nest_error_system(error, "unable to look at %s", path);
	else if (S_ISDIR(status.st_mode))
		fine = add_folder(files, path, depth + 1, error);
	free(path);
	return fine;
}

static bool
add_folder(struct file_list *files, const char *path, unsigned depth, struct nest_error *error)
{
	struct dirent **entries;
	if (depth == FOLDERS_MOST)
		return nest_error_set(error, NEST_INVALID, "%s: directories are nested too deep", path);
	int found = scandir(path, &entries, is_visible, alphasort);
	if (found < 0 && errno == ENOMEM)
		return nest_error_set(
		    error, NEST_FAILED, "unable to allocate memory for the list of %s", path);
	if (found < 0)
		return nest_error_system(error, "unable to list %s", path);
	bool fine = true;
	for (int i = 0; i < found; i++) {
		fine = fine && add_entry(files, path, entries[i]->d_name, depth, error);
		free(entries[i]);
	}
	free(entries);
	return fine;
}

bool
file_list_add(struct file_list *files, const char *path, struct nest_error *error)
{
	struct stat status;
	size_t before = files->count;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return add_folder(files, path, 0, error) &&
		       (files->count > before ||
			   nest_error_set(error, NEST_INVALID, "%s has no file *.parquet in it", path));
	char *copy = strdup(path);
	return copy != NULL ? keep(files, copy, error) : nest_error_memory(error, strlen(path) + 1, "a path");
}

bool
file_list_add_in(struct file_list *files, const char *folder, const char *name, struct nest_error *error)
{
	char *path = path_in(folder, name, error);
	return path != NULL && keep(files, path, error);
}

const char *
file_list_path(const struct file_list *files, size_t index)
{
	return ((char *const *)(const void *)files->paths.data)[index];
}

void
file_list_free(struct file_list *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(((char **)(void *)files->paths.data)[i]);
	buffer_free(&files->paths);
	*files = (struct file_list){0};
}
