#include "merge/join.h"

#include "merge/compose.h"
#include "merge/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0666 };

/* The draft stands beside the file, so that a name is all that changes at the end. */
static bool
open_draft(struct output *output, char **draft, const char *out, struct nest_error *error)
{
	size_t size = strlen(out) + 32;
	*draft = malloc(size);
	if (*draft == NULL)
		return nest_error_memory(error, size, "a name");
	snprintf(*draft, size, "%s.%ld.part", out, (long)getpid());
	*output = (struct output){
	    .fd = open(*draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE), .name = *draft};
	return output->fd >= 0 || nest_error_system(error, "unable to create %s", *draft);
}

static bool
finish(struct output *output, const char *out, struct nest_error *error)
{
	bool synced = fsync(output->fd) == 0;
	if (close(output->fd) != 0 || !synced) {
		output->fd = -1;
		return nest_error_system(error, "unable to write %s", output->name);
	}
	output->fd = -1;
	return rename(output->name, out) == 0 ||
	       nest_error_system(error, "unable to rename %s to %s", output->name, out);
}

static bool
verify(const char *path, uint64_t jobs, struct nest_error *error)
{
	struct file_list files = {0};
	bool fine = file_list_add(&files, path, error) && jobs_check(&files, jobs, error);
	file_list_free(&files);
	return fine;
}

bool
join_files(const char *out, const struct sources *sources, uint64_t verifiers, uint64_t *size_bytes,
    struct nest_error *error)
{
	struct output output;
	struct composed composed = {0};
	char *draft;
	if (!open_draft(&output, &draft, out, error)) {
		free(draft);
		return false;
	}
	bool fine = compose_file(&output, sources, 0, sources->count, &composed, error) &&
	            (verifiers == 0 || verify(draft, verifiers, error)) && finish(&output, out, error);
	*size_bytes = output.written;
	if (output.fd >= 0)
		close(output.fd);
	if (!fine)
		unlink(draft);
	output_free(&output);
	composed_free(&composed);
	free(draft);
	return fine;
}
