/*
 * write - writes the snapshot to the file that the options say.
 */
#include "lib/meter/file.h"
#include "lib/meter/internal.h"
#include "lib/meter/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One writer at a time. */
pthread_mutex_t meter_write_mutex = PTHREAD_MUTEX_INITIALIZER;

/* What %LETTER in a path stands for, without slashes. */
static void
word_of(char letter, char word[256])
{
	if (letter == 'p')
		snprintf(word, 256, "%ld", (long)getpid());
	else if (letter == 'n')
		snprintf(word, 256, "%s", program_invocation_short_name);
	else if (gethostname(word, 255) != 0)
		word[0] = '\0';
	word[255] = '\0';
	for (char *slash; (slash = strchr(word, '/')) != NULL;)
		*slash = '_';
}

static bool
expand(const char *pattern, struct buffer *path, struct nest_error *error)
{
	char word[256];
	bool made = true;
	for (const char *at = pattern; made && *at != '\0'; at++) {
		bool stands = at[0] == '%' && at[1] != '\0' && strchr("pnh", at[1]) != NULL;
		if (stands || (at[0] == '%' && at[1] == '%'))
			at++;
		if (stands)
			word_of(*at, word);
		made = stands ? buffer_print(path, error, "%s", word) : buffer_append(path, at, 1, error);
	}
	return made && buffer_print(path, error, "%s", "");
}

bool
meter_has_snapshot(void)
{
	return meter_hot.running && meter_engine.snapshot != NULL && meter_name_count() > 0;
}

/* Where this program has written, and in which process; under the lock. */
static struct buffer place;
static pid_t place_of;

/*
 * A process that has become another program keeps its number: the snapshot of the
 * first program stays, and this one writes beside it.  This holds only if the number
 * is in the path; otherwise processes with the same path replace what is there.
 */
static bool
choose_place(struct nest_error *error)
{
	if (place_of == getpid())
		return true;
	buffer_clear(&place);
	if (!expand(meter_engine.snapshot, &place, error))
		return false;
	size_t size = place.size;
	bool chosen = true;
	for (unsigned i = 2; chosen && strstr(meter_engine.snapshot, "%p") != NULL &&
			     access((const char *)place.data, F_OK) == 0;
	     i++) {
		place.size = size;
		chosen = buffer_print(&place, error, ".%u", i);
	}
	place_of = chosen ? getpid() : 0;
	return chosen;
}

/* Leaves PLACE.failed where a snapshot should be, for nest-meter run to find: an empty file has room on a
 * full disk. */
static void
mark(bool failed)
{
	static pid_t marked;
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s" METER_FAILED, (const char *)place.data);
	if (length < 0 || (size_t)length >= sizeof path || (!failed && marked != getpid()))
		return;
	if (!failed)
		unlink(path);
	marked = failed ? getpid() : 0;
	int file = failed ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
	if (file >= 0)
		close(file);
}

static bool
write_now(struct nest_error *error)
{
	struct buffer bytes = {0};
	if (!choose_place(error))
		return false;
	bool written = snapshot_encode(&bytes, error) && meter_file_write((const char *)place.data,
							     (struct view){bytes.data, bytes.size}, error);
	buffer_free(&bytes);
	mark(!written);
	return written;
}

bool
meter_write_snapshot(struct nest_error *error)
{
	if (!meter_has_snapshot())
		return true;
	pthread_mutex_lock(&meter_write_mutex);
	bool written = write_now(error);
	pthread_mutex_unlock(&meter_write_mutex);
	return written || nest_error_prefix(error, "no snapshot of process %ld: ", (long)getpid());
}

void
meter_write_close(void)
{
	buffer_free(&place);
	place_of = 0;
}
