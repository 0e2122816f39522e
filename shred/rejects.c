#include "shred/rejects.h"

bool
rejects_open(struct rejects *rejects, const char *path, struct nest_error *error)
{
	*rejects = (struct rejects){.path = path};
	if (path == NULL)
		return true;
	rejects->file = fopen(path, "we");
	return rejects->file != NULL || nest_error_system(error, "--rejects: unable to open %s", path);
}

bool
rejects_add(struct rejects *rejects, const char *reason, struct view record, struct nest_error *error)
{
	if (rejects->file == NULL)
		return true;
	fprintf(rejects->file, "# %s\n", reason);
	fwrite(record.data, 1, record.size, rejects->file);
	putc('\n', rejects->file);
	return !ferror(rejects->file) ||
	       nest_error_system(error, "--rejects: unable to write %s", rejects->path);
}

bool
rejects_close(struct rejects *rejects, bool fine, struct nest_error *error)
{
	FILE *file = rejects->file;
	if (file == NULL)
		return fine;
	rejects->file = NULL;
	bool failed = ferror(file) != 0;
	if (fclose(file) == 0 && !failed)
		return fine;
	return fine && nest_error_system(error, "--rejects: unable to write %s", rejects->path);
}
