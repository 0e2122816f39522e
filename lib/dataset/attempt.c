/* attempt.c - writes a file, syncs it and gives it its name. */
#include "lib/dataset/attempt.h"

#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/lock.h"
#include "lib/dataset/nameless.h"
#include "lib/dataset/part_reader.h"
#include "lib/dataset/staged_name.h"
#include "lib/dataset/stamp.h"
#include "lib/meter/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Staged files are removed when a run fails, often before this process learns of that. */
static bool
fail_removed(const struct attempt *attempt, struct nest_error *error)
{
	return nest_error_set(error, NEST_FAILED,
	    "%s/%s or its folder was removed: parquet-merge was lost, or is done without it",
	    attempt->place->path, attempt->name);
}

static bool
fail_to_write(const struct attempt *attempt, struct nest_error *error)
{
	return nest_error_system(error, "unable to write %s/%s", attempt->place->path, attempt->name);
}

/* ---- opening ---- */

static bool
create_with_name(struct attempt *attempt, const char *stem, struct nest_error *error)
{
	if (!staged_temporary(stem, attempt->name, error))
		return false;
	/* With O_APPEND, a file that another process truncates ends up too short. */
	attempt->fd = openat(attempt->place->fd, attempt->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (attempt->fd < 0)
		return errno == ENOENT ? fail_removed(attempt, error)
		                       : nest_error_system(error, "unable to create %s/%s",
					     attempt->place->path, attempt->name);
	return true;
}

static bool
create(struct attempt *attempt, struct nest_error *error)
{
	char stem[PLACE_NAME_BYTES];
	snprintf(stem, sizeof stem, "part-%05" PRIu64, attempt->part);
	strcpy(attempt->name, stem);
	attempt->fd = nameless_open(attempt->place->fd);
	attempt->has_name = attempt->fd < 0;
	return !attempt->has_name || create_with_name(attempt, stem, error);
}

bool
attempt_open(struct attempt *attempt, const struct place *place, uint64_t part, struct nest_error *error)
{
	if (attempt->digest == NULL && !digest_open(&attempt->digest, error))
		return false;
	digest_reset(attempt->digest);
	digest_add(attempt->digest, (struct view){place->run.bytes, sizeof place->run.bytes});
	attempt->part = part;
	attempt->size_bytes = 0;
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		attempt->place = place;
		if (!create(attempt, error)) {
			attempt->place = NULL;
			return false;
		}
		/* Between the two, the file looks like one that nobody writes any more. */
		if (!attempt->has_name || (lock_take(attempt->fd, LOCK_ALONE) &&
					      lock_is_named(attempt->fd, place->fd, attempt->name)))
			return true;
		attempt_abandon(attempt);
	}
	return nest_error_set(error, NEST_FAILED, "others remove what is written in %s", place_path(place));
}

/* ---- writing ---- */

bool
attempt_write(struct attempt *attempt, const struct iovec *pieces, size_t count, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.write");
	return pieces_write(attempt->fd, pieces, count, attempt->digest, &attempt->size_bytes) ||
	       fail_to_write(attempt, error);
}

/* ---- completing ---- */

static bool
examine(const struct attempt *attempt, struct stat *status, struct nest_error *error)
{
	if (fstat(attempt->fd, status) == 0)
		return true;
	return nest_error_system(error, "unable to examine %s/%s", attempt->place->path, attempt->name);
}

/* Syncs the file, and checks that it is as long as what was written. */
static bool
settle(const struct attempt *attempt, struct nest_error *error)
{
	struct stat status;
	if (fdatasync(attempt->fd) != 0)
		return fail_to_write(attempt, error);
	if (!examine(attempt, &status, error))
		return false;
	return (uint64_t)status.st_size == attempt->size_bytes ||
	       nest_error_set(error, NEST_FAILED, "%s/%s was changed by somebody else while it was written",
		   attempt->place->path, attempt->name);
}

static bool
fill_result(const struct attempt *attempt, struct attempt_result *result, struct nest_error *error)
{
	struct stat status;
	result->size_bytes = attempt->size_bytes;
	if (!examine(attempt, &status, error))
		return false;
	result->stamp = stamp_of(&status);
	return true;
}

/* Refuses other bytes for this part: the run's identity lacks something, or a disk is at fault. */
static bool
check_known(const struct attempt *attempt, struct digest_value digest, struct nest_error *error)
{
	const struct place *place = attempt->place;
	const struct listed_part *known = listing_find(&place->known, attempt->part);
	char file[PLACE_NAME_BYTES];
	if (known == NULL || digest_is_zero(place->run) || digest_equal(known->digest, digest))
		return true;
	listing_file(place, known, file);
	return nest_error_set(error, NEST_INVALID,
	    "part %" PRIu64 " of this run is complete in %s, as file %s, and has other bytes than were made "
	    "now; remove what is there with parquet-merge --sweep %s",
	    attempt->part, place->path, file, place->target);
}

/* Whether the file of RESULT's name is sound; removes it if it is not. */
static bool
take_finished(
    const struct attempt *attempt, struct attempt_result *result, bool *sound, struct nest_error *error)
{
	struct part_reader reader;
	int dir = attempt->place->fd;
	*sound = false;
	if (part_reader_open(&reader, attempt->place, result->file, attempt->part, error)) {
		*sound = part_reader_verify(&reader, error);
		result->size_bytes = reader.size_bytes;
		result->stamp = reader.stamp;
		part_reader_close(&reader);
	} else if (faccessat(dir, result->file, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
		return true;
	if (*sound)
		return true;
	if (error->status != NEST_INVALID)
		return nest_error_prefix(error, "part %" PRIu64 ", file %s: ", attempt->part, result->file);
	return place_remove_part(attempt->place, result->file, error);
}

/* 0, or -1 with errno: EEXIST if there is a file of that name. */
static int
link_or_rename(const struct attempt *attempt, const char *file)
{
	int dir_fd = attempt->place->fd;
	return attempt->has_name ? directory_rename_new(dir_fd, attempt->name, file)
	                         : nameless_link(attempt->fd, dir_fd, file);
}

/* Gives the file its name, or finds that of another attempt there. */
static bool
give_name(struct attempt *attempt, struct attempt_result *result, struct nest_error *error)
{
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		bool sound;
		if (link_or_rename(attempt, result->file) == 0) {
			attempt->has_name = true;
			strcpy(attempt->name, result->file);
			return fill_result(attempt, result, error);
		}
		if (errno == ENOENT)
			return fail_removed(attempt, error);
		if (errno != EEXIST)
			return nest_error_system(error, "unable to rename %s/%s to %s", attempt->place->path,
			    attempt->name, result->file);
		if (!take_finished(attempt, result, &sound, error))
			return false;
		if (sound) {
			attempt_abandon(attempt);
			return true;
		}
	}
	return fail_removed(attempt, error);
}

bool
attempt_complete(struct attempt *attempt, struct attempt_result *result, struct nest_error *error)
{
	NEST_SCOPE("parquet_encode.sync");
	struct digest_value digest = digest_value(attempt->digest);
	staged_part(attempt->part, attempt->place->run, digest, result->file);
	bool fine = settle(attempt, error) && check_known(attempt, digest, error) &&
	            give_name(attempt, result, error);
	if (!fine) {
		attempt_abandon(attempt);
		return false;
	}
	/* Closing releases the lock; after the sync it reports no errors. */
	if (attempt->place != NULL)
		close(attempt->fd);
	attempt->place = NULL;
	return true;
}

void
attempt_abandon(struct attempt *attempt)
{
	if (attempt->place == NULL)
		return;
	if (attempt->has_name)
		unlinkat(attempt->place->fd, attempt->name, 0);
	close(attempt->fd);
	attempt->place = NULL;
}

void
attempt_free(struct attempt *attempt)
{
	digest_close(attempt->digest);
	attempt->digest = NULL;
}
