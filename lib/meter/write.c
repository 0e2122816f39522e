/*
 * write - the snapshot as a file, where the options say.
 */
#include "lib/meter/file.h"
#include "lib/meter/internal.h"
#include "lib/meter/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One writer at a time. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

void
meter_write_lock(bool take)
{
	if (take)
		pthread_mutex_lock(&writing);
	else
		pthread_mutex_unlock(&writing);
}

void
meter_write_forked(void)
{
	pthread_mutex_init(&writing, NULL);
}

static bool
append_text(struct buffer *path, const char *text, struct nest_error *error)
{
	return buffer_append(path, text, strlen(text), error);
}

/* A process or host name within a path: no slash. */
static bool
append_word(struct buffer *path, const char *text, struct nest_error *error)
{
	bool appended = true;
	for (; appended && *text != '\0'; text++)
		appended = buffer_append(path, *text == '/' ? "_" : text, 1, error);
	return appended;
}

static bool
expand(const char *pattern, struct buffer *path, struct nest_error *error)
{
	bool made = true;
	char word[256];
	for (const char *at = pattern; made && *at != '\0'; at++) {
		if (at[0] != '%' || at[1] == '\0') {
			made = buffer_append(path, at, 1, error);
			continue;
		}
		switch (*++at) {
		case 'p':
			snprintf(word, sizeof word, "%ld", (long)getpid());
			made = append_text(path, word, error);
			break;
		case 'n':
			made = append_word(path, program_invocation_short_name, error);
			break;
		case 'h':
			if (gethostname(word, sizeof word) != 0)
				word[0] = '\0';
			word[sizeof word - 1] = '\0';
			made = append_word(path, word, error);
			break;
		case '%':
			made = append_text(path, "%", error);
			break;
		default:
			made = buffer_append(path, at - 1, 2, error);
		}
	}
	return made && buffer_append(path, "", 1, error);
}

bool
meter_has_snapshot(void)
{
	return meter_hot.running && meter_engine.snapshot != NULL && meter_name_count() > 0;
}

bool
meter_write_snapshot(struct nest_error *error)
{
	if (!meter_has_snapshot())
		return true;
	struct buffer bytes = {0}, path = {0};
	pthread_mutex_lock(&writing);
	bool written =
	    expand(meter_engine.snapshot, &path, error) && snapshot_encode(&bytes, error) &&
	    meter_file_write((const char *)path.data, (struct view){bytes.data, bytes.size}, error);
	pthread_mutex_unlock(&writing);
	buffer_free(&bytes);
	buffer_free(&path);
	return written || nest_error_prefix(error, "no snapshot of process %ld: ", (long)getpid());
}
