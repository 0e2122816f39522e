#include "lib/dataset/published.h"

#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/staged_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
published_name(const char *base, uint64_t part, uint64_t parts, char name[PUBLISHED_NAME_BYTES])
{
	int digits = 5;
	for (uint64_t last = (parts - 1) / 100000; last > 0; last /= 10)
		digits++;
	snprintf(name, PUBLISHED_NAME_BYTES, "%.*s-%0*" PRIu64 ".parquet", (int)PUBLISHED_BASE_LIMIT, base,
	    digits, part);
}

bool
published_is_parquet(const char *name)
{
	size_t size = strlen(name);
	return size > 8 && strcmp(name + size - 8, ".parquet") == 0;
}

bool
published_is_dataset_file(const char *name)
{
	return name[0] == '_' || name[0] == '.' || published_is_parquet(name);
}

/* The value may be empty, the name may not; a directory that readers ignore is not a partition. */
bool
published_is_partition(const char *name)
{
	return name[0] != '.' && name[0] != '_' && name[0] != '=' && strchr(name, '=') != NULL;
}

bool
published_remove(int parent_fd, const char *name, const char *path, struct nest_error *error)
{
	static const struct directory_ours ours = {
	    published_is_dataset_file, published_is_partition, PUBLISHED_DEPTH_MOST};
	return directory_remove(parent_fd, name, path, &ours, error);
}

bool
published_remove_new(const struct place *place, struct nest_error *error)
{
	char path[PATH_MAX + sizeof NAME_NEW + 1];
	snprintf(path, sizeof path, "%s/" NAME_NEW, place->path);
	return published_remove(place->fd, NAME_NEW, path, error);
}
