#include "merge/join.h"

#include "lib/dataset/draft.h"
#include "merge/jobs.h"

#include <stdio.h>
#include <unistd.h>

/* A file without a name is checked by its descriptor; messages use the name that it will have. */
static bool
verify(const struct draft *draft, const struct join *join, struct nest_error *error)
{
	struct file_list files = {0};
	char path[32];
	int size = snprintf(path, sizeof path, "/proc/self/fd/%d", draft_descriptor(draft));
	bool fine = file_list_add(&files, path, error) && jobs_check(&files, 1, error);
	if (!fine && strncmp(error->text, path, (size_t)size) == 0) {
		struct nest_error fault = *error;
		nest_error_set(error, fault.status, "%s%s", join->out, fault.text + size);
	}
	file_list_free(&files);
	return fine;
}

bool
join_files(
    const struct join *join, const struct sources *sources, uint64_t *size_bytes, struct nest_error *error)
{
	struct composed composed = {0};
	struct draft *draft;
	if (!draft_open(&draft, join->out, error))
		return false;
	struct output output = {.fd = draft_descriptor(draft), .name = join->out};
	bool fine = compose_file(&output, sources, 0, sources->count, &join->options, &composed, error) &&
	            (!join->verify || verify(draft, join, error)) && draft_publish(draft, error);
	*size_bytes = output.written;
	draft_close(draft);
	output_free(&output);
	composed_free(&composed);
	return fine;
}
