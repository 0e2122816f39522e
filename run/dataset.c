#include "run/dataset.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct dataset_mark
dataset_look(const char *directory)
{
	struct stat status;
	if (stat(directory, &status) != 0)
		return (struct dataset_mark){false, 0, 0};
	return (struct dataset_mark){true, status.st_dev, status.st_ino};
}

bool
dataset_is_new(const char *directory, struct dataset_mark before)
{
	char path[4096 + 16];
	struct dataset_mark now = dataset_look(directory);
	bool is_other = !before.exists || before.device != now.device || before.inode != now.inode;
	size_t size = (size_t)snprintf(path, sizeof path, "%s/_SUCCESS", directory);
	return now.exists && is_other && size < sizeof path && dataset_look(path).exists;
}

static bool
is_part(const char *name)
{
	static const char ending[] = ".parquet";
	size_t size = strlen(name), ending_size = sizeof ending - 1;
	return name[0] != '.' && name[0] != '_' && size > ending_size &&
	       strcmp(name + size - ending_size, ending) == 0;
}

bool
dataset_count_files(const char *directory, uint64_t *count, struct nest_error *error)
{
	struct dirent *entry;
	DIR *folder = opendir(directory);
	*count = 0;
	if (folder == NULL)
		return nest_error_system(error, "unable to open %s", directory);
	while ((entry = readdir(folder)) != NULL)
		*count += is_part(entry->d_name);
	closedir(folder);
	return true;
}

void
dataset_tell(const char *directory, struct nest_error *error)
{
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof error->text - used,
	    "; the dataset is published all the same, in %s", directory);
	error->status = NEST_FAILED;
}
