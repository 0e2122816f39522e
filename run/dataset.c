#include "run/dataset.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MOST = 64 }; /* directories of partitions, one within the other */

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

static bool count_in(int fd, const char *path, unsigned depth, uint64_t *count, struct nest_error *error);

/* Counts a file, or the files of a partition, NAME=VALUE, in the directory FD. */
static bool
count_entry(int fd, const char *name, unsigned depth, uint64_t *count, struct nest_error *error)
{
	const char *equals = strchr(name, '=');
	int inner = equals != NULL && equals > name && depth < DEPTH_MOST
	                ? openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
	                : -1;
	if (inner >= 0)
		return count_in(inner, name, depth + 1, count, error);
	*count += is_part(name);
	return true;
}

/* Closes FD. */
static bool
count_in(int fd, const char *path, unsigned depth, uint64_t *count, struct nest_error *error)
{
	struct dirent *entry;
	DIR *folder = fdopendir(fd);
	bool fine = folder != NULL;
	if (!fine) {
		nest_error_system(error, "unable to list %s", path);
		close(fd);
		return false;
	}
	while (fine && (entry = readdir(folder)) != NULL)
		fine = count_entry(fd, entry->d_name, depth, count, error);
	closedir(folder);
	return fine;
}

bool
dataset_count_files(const char *directory, uint64_t *count, struct nest_error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*count = 0;
	return fd >= 0 ? count_in(fd, directory, 0, count, error)
	               : nest_error_system(error, "unable to open %s", directory);
}

void
dataset_tell(const char *directory, struct nest_error *error)
{
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof error->text - used,
	    "; the dataset is published all the same, in %s", directory);
	error->status = NEST_FAILED;
}
