#include "meter/output.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
output_open(struct output *output, const char *path, struct nest_error *error)
{
	*output = (struct output){.path = path};
	if (strcmp(path, "-") == 0) {
		output->file = stdout;
		return true;
	}
	struct stat found;
	if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
		/* A device or a pipe is written to, never replaced. */
		output->file = fopen(path, "we");
		return output->file != NULL || nest_error_system(error, "unable to open %s", path);
	}
	int length = snprintf(output->written, sizeof output->written, "%s.%ld.tmp", path, (long)getpid());
	if (length < 0 || (size_t)length >= sizeof output->written)
		return nest_error_set(error, NEST_USAGE, "the path of a file to write is too long");
	output->file = fopen(output->written, "we");
	return output->file != NULL || nest_error_system(error, "unable to open %s", path);
}

void
output_abandon(struct output *output)
{
	if (output->file == NULL || output->file == stdout)
		return;
	fclose(output->file);
	if (output->written[0] != '\0')
		unlink(output->written);
	output->file = NULL;
}

void
output_write(struct output *output, struct view bytes)
{
	if (bytes.size > 0)
		fwrite(bytes.data, 1, bytes.size, output->file);
}

bool
output_close(struct output *output, struct nest_error *error)
{
	bool written = fflush(output->file) == 0 && !ferror(output->file);
	if (output->file == stdout)
		return written || nest_error_system(error, "unable to write standard output");
	if (!written) {
		nest_error_system(error, "unable to write %s", output->path);
		output_abandon(output);
		return false;
	}
	bool closed = fclose(output->file) == 0;
	output->file = NULL;
	if (closed && (output->written[0] == '\0' || rename(output->written, output->path) == 0))
		return true;
	nest_error_system(error, "unable to write %s", output->path);
	if (output->written[0] != '\0')
		unlink(output->written);
	return false;
}
