#include "meter/output.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
output_open(struct output *output, const char *path, struct nest_error *error)
{
	struct stat found;
	*output = (struct output){.path = path, .file = stdout};
	if (strcmp(path, "-") == 0)
		return true;
	/* A device or a pipe is written to, never replaced. */
	bool direct = stat(path, &found) == 0 && !S_ISREG(found.st_mode);
	if (!direct &&
	    (size_t)snprintf(output->written, PATH_MAX, "%s.%ld.tmp", path, (long)getpid()) >= PATH_MAX)
		return nest_error_set(error, NEST_USAGE, "the path of a file to write is too long");
	output->file = fopen(direct ? path : output->written, "we");
	return output->file != NULL || nest_error_system(error, "unable to open %s", path);
}

bool
output_close(struct output *output, bool fine, struct nest_error *error)
{
	bool shown = output->file == stdout;
	bool written = fflush(output->file) == 0 && !ferror(output->file);
	if (fine && !written)
		fine =
		    nest_error_system(error, "unable to write %s", shown ? "standard output" : output->path);
	if (!shown && fclose(output->file) != 0 && fine)
		fine = nest_error_system(error, "unable to write %s", output->path);
	if (output->written[0] == '\0')
		return fine;
	if (fine && rename(output->written, output->path) != 0)
		fine = nest_error_system(error, "unable to write %s", output->path);
	if (!fine)
		unlink(output->written);
	return fine;
}

bool
output_save(const char *path, struct view bytes, struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, path, error))
		return false;
	if (bytes.size > 0)
		fwrite(bytes.data, 1, bytes.size, output.file);
	return output_close(&output, true, error);
}
