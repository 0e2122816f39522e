#include "lib/dataset/note.h"

#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/staged_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool
fill(int fd, const char *text)
{
	size_t size = strlen(text);
	for (size_t done = 0; done < size;) {
		ssize_t count = write(fd, text + done, size - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		done += (size_t)count;
	}
	return fsync(fd) == 0;
}

static enum note_result
fail_to_put(const struct place *place, const char *name, struct nest_error *error)
{
	if (errno == ENOENT)
		return NOTE_GONE;
	nest_error_system(error, "unable to write %s/%s", place->path, name);
	return NOTE_ERROR;
}

enum note_result
note_put(
    const struct place *place, const char *name, const char *text, bool replaces, struct nest_error *error)
{
	char temporary[PLACE_NAME_BYTES];
	if (!staged_temporary(name, temporary, error))
		return NOTE_ERROR;
	int fd = openat(place->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_to_put(place, name, error);
	enum note_result result = NOTE_DONE;
	bool written = fill(fd, text);
	if (close(fd) != 0 || !written)
		result = fail_to_put(place, name, error);
	else if ((replaces ? renameat(place->fd, temporary, place->fd, name)
			   : directory_rename_new(place->fd, temporary, name)) != 0)
		result = errno == EEXIST ? NOTE_OTHERWISE : fail_to_put(place, name, error);
	if (result != NOTE_DONE)
		unlinkat(place->fd, temporary, 0);
	return result;
}

bool
note_read(
    const struct place *place, int fd, const char *name, char text[NOTE_BYTES], struct nest_error *error)
{
	ssize_t size;
	while ((size = pread(fd, text, NOTE_BYTES - 1, 0)) < 0 && errno == EINTR)
		continue;
	if (size < 0)
		return nest_error_system(error, "unable to read %s/%s", place->path, name);
	text[size] = '\0';
	return true;
}

enum note_result
note_get(const struct place *place, const char *name, char text[NOTE_BYTES], struct nest_error *error)
{
	int fd = openat(place->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return NOTE_OTHERWISE;
	if (fd < 0) {
		nest_error_system(error, "unable to open %s/%s", place->path, name);
		return NOTE_ERROR;
	}
	bool fine = note_read(place, fd, name, text, error);
	close(fd);
	return fine ? NOTE_DONE : NOTE_ERROR;
}

void
note_origin(const char *program, char text[NOTE_BYTES])
{
	char host[65] = "an unknown host", date[32];
	time_t now = time(NULL);
	struct tm utc;
	if (gethostname(host, sizeof host - 1) == 0)
		host[sizeof host - 1] = '\0';
	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &utc);
	snprintf(text, NOTE_BYTES, "%s (process %d on %s, since %s UTC)", program, (int)getpid(), host, date);
}
