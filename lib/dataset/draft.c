/* draft.c - a file beside the one that it will replace. */
#include "lib/dataset/draft.h"

#include "lib/base/program.h"
#include "lib/dataset/directory.h"
#include "lib/dataset/nameless.h"
#include "lib/dataset/staged_name.h"
#include "lib/meter/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct draft {
	char path[PATH_MAX];   /* for messages */
	char folder[PATH_MAX]; /* that it is in */
	const char *name;      /* of PATH, in the folder */
	int folder_fd;         /* -1: the draft is standard output */
	int fd;
	char hidden[PLACE_NAME_BYTES]; /* the name that it has until it is complete; empty: it has none */
	uint64_t size_bytes;
};

static bool
fail_to_write(const struct draft *draft, struct nest_error *error)
{
	return nest_error_system(error, "unable to write %s", draft->path);
}

/* ---- opening ---- */

static bool
open_output(struct draft *draft, struct nest_error *error)
{
	strcpy(draft->path, "standard output");
	strcpy(draft->folder, "/tmp");
	const char *folder = getenv("TMPDIR");
	if (folder != NULL && folder[0] != '\0' && strlen(folder) < sizeof draft->folder)
		strcpy(draft->folder, folder);
	if (isatty(STDOUT_FILENO))
		return nest_error_set(error, NEST_USAGE,
		    "standard output is a terminal, and Parquet is binary; pipe it on, or name a file");
	program_widen_pipe(STDOUT_FILENO);
	draft->fd = STDOUT_FILENO;
	return true;
}

static bool
fill_path(struct draft *draft, const char *path, struct nest_error *error)
{
	struct stat status;
	bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
	char *real = is_link ? realpath(path, NULL) : NULL;
	if (is_link && real == NULL)
		return nest_error_system(error, "unable to find the file behind %s", path);
	const char *text = real != NULL ? real : path;
	size_t size = strlen(text);
	bool fits = size < sizeof draft->path;
	if (fits)
		memcpy(draft->path, text, size + 1);
	free(real);
	if (!fits)
		return nest_error_set(error, NEST_USAGE, "the file's path is too long: %.60s...", path);
	if (stat(draft->path, &status) == 0 && !S_ISREG(status.st_mode))
		return nest_error_set(error, NEST_USAGE, "%s is no regular file", path);
	return true;
}

static void
fill_folder(struct draft *draft)
{
	const char *slash = strrchr(draft->path, '/');
	size_t size = slash != NULL ? (size_t)(slash - draft->path) + 1 : 0;
	draft->name = draft->path + size;
	memcpy(draft->folder, draft->path, size);
	strcpy(draft->folder + size, size > 0 ? "" : ".");
}

static bool
open_hidden(struct draft *draft, struct nest_error *error)
{
	if (!staged_temporary(draft->name, draft->hidden, error))
		return false;
	draft->fd = openat(
	    draft->folder_fd, draft->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (draft->fd >= 0)
		return true;
	draft->hidden[0] = '\0';
	return nest_error_system(error, "unable to create %s", draft->path);
}

static bool
open_file(struct draft *draft, const char *path, struct nest_error *error)
{
	if (!fill_path(draft, path, error))
		return false;
	fill_folder(draft);
	draft->folder_fd = open(draft->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (draft->folder_fd < 0)
		return nest_error_system(error, "unable to open directory %s", draft->folder);
	draft->fd = nameless_open(draft->folder_fd);
	return draft->fd >= 0 || open_hidden(draft, error);
}

bool
draft_open(struct draft **draft, const char *path, struct nest_error *error)
{
	struct draft *made = malloc(sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a file's names");
	*made = (struct draft){.folder_fd = -1, .fd = -1};
	if (strcmp(path, "-") == 0 ? open_output(made, error) : open_file(made, path, error)) {
		*draft = made;
		return true;
	}
	draft_close(made);
	return false;
}

/* ---- writing ---- */

bool
draft_write(struct draft *draft, const struct iovec *pieces, size_t count, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.write");
	if (pieces_write(draft->fd, pieces, count, NULL, &draft->size_bytes))
		return true;
	return errno == EINTR ? program_interrupt_error(error) : fail_to_write(draft, error);
}

int
draft_descriptor(const struct draft *draft)
{
	return draft->fd;
}

uint64_t
draft_bytes(const struct draft *draft)
{
	return draft->size_bytes;
}

int
draft_scratch(const struct draft *draft, struct nest_error *error)
{
	int folder_fd = open(draft->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = folder_fd >= 0 ? nameless_scratch(folder_fd) : -1;
	if (fd < 0)
		nest_error_system(error, "unable to create a file in %s", draft->folder);
	if (folder_fd >= 0)
		close(folder_fd);
	return fd;
}

/* ---- publishing ---- */

/* 0, or -1 with errno.  To replace a file of that name, the draft first gets a made-up name. */
static int
give_name(struct draft *draft)
{
	struct nest_error ignored;
	int folder_fd = draft->folder_fd;
	if (draft->hidden[0] == '\0') {
		if (nameless_link(draft->fd, folder_fd, draft->name) == 0)
			return 0;
		char hidden[PLACE_NAME_BYTES];
		if (!staged_temporary(draft->name, hidden, &ignored) ||
		    nameless_link(draft->fd, folder_fd, hidden) != 0)
			return -1;
		strcpy(draft->hidden, hidden);
	}
	return renameat(folder_fd, draft->hidden, folder_fd, draft->name);
}

bool
draft_publish(struct draft *draft, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.sync");
	if (draft->folder_fd < 0)
		return true;
	if (fdatasync(draft->fd) != 0 || give_name(draft) != 0)
		return fail_to_write(draft, error);
	return directory_sync(draft->folder_fd, draft->folder, error);
}

void
draft_close(struct draft *draft)
{
	if (draft == NULL)
		return;
	/* Once published, it no longer has this name. */
	if (draft->hidden[0] != '\0')
		unlinkat(draft->folder_fd, draft->hidden, 0);
	if (draft->folder_fd >= 0) {
		if (draft->fd >= 0)
			close(draft->fd);
		close(draft->folder_fd);
	}
	free(draft);
}
