#include "lib/dataset/sweep.h"

#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/lock.h"
#include "lib/dataset/published.h"
#include "lib/dataset/run_file.h"
#include "lib/dataset/staged_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
	PASSES = 5,
	PATIENCE_MS = 200, /* for others who leave at the same moment */
};

/* ---- removing ---- */

/* Whether NAME is an attempt that nobody writes any more, or a note that was never finished. */
static bool
is_dead(int fd, const char *name)
{
	int file = openat(fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return errno != ENOENT;
	bool dead = lock_take(file, LOCK_ALONE);
	close(file);
	return dead;
}

static bool
remove_dead(int fd, const char *name, void *context, struct nest_error *error)
{
	(void)context;
	(void)error;
	if (staged_is_temporary(name) && is_dead(fd, name))
		unlinkat(fd, name, 0);
	return true;
}

struct removal {
	const struct place *place;
	char foreign[NAME_MAX + 1]; /* a name that is not ours, or empty */
};

static bool
remove_ours(int fd, const char *name, void *context, struct nest_error *error)
{
	struct removal *removal = context;
	if (strcmp(name, NAME_NEW) == 0)
		return published_remove_new(removal->place, error);
	if (!staged_is_ours(name)) {
		snprintf(removal->foreign, sizeof removal->foreign, "%s", name);
		return true;
	}
	if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
		return nest_error_system(error, "unable to remove %s/%s", removal->place->path, name);
	return true;
}

bool
sweep_all(const struct place *place, struct nest_error *error)
{
	/* More than one pass: a listing may miss an entry while others go, and a peer may still write. */
	for (int pass = 0; pass < PASSES; pass++) {
		struct removal removal = {.place = place};
		/* Without it the rest belongs to no run, should this end halfway. */
		unlinkat(place->fd, NAME_RUN, 0);
		if (!directory_each(place->fd, place->path, remove_ours, &removal, error))
			return false;
		if (removal.foreign[0] != '\0')
			return nest_error_set(error, NEST_FAILED,
			    "unable to remove directory %s: it holds %s, which is not of this program",
			    place->path, removal.foreign);
		if (unlinkat(place->parent_fd, place->name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return nest_error_system(error, "unable to remove directory %s", place->path);
}

/* ---- who is there ---- */

/*
 * Locks the run's file exclusively, which is possible only if nobody else has joined the run.
 * *FD is -1 if there is no run; false if a process has joined it.
 */
static bool
lock_run(const struct place *place, int *fd)
{
	*fd = openat(place->fd, NAME_RUN, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* Something else than a file cannot have been joined. */
	if (*fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == EISDIR || errno == ENXIO;
	if (lock_take(*fd, LOCK_ALONE) && lock_is_named(*fd, place->fd, NAME_RUN))
		return true;
	close(*fd);
	return false;
}

static void
close_run(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Whether the run whose open file is RUN_FD has complete parts; true if that is unknown. */
static bool
has_parts(struct place *place, int run_fd)
{
	struct run_record record;
	struct nest_error error;
	struct digest_value kept = place->run;
	if (run_fd < 0 || !run_file_read(place, run_fd, &record, &error))
		return true;
	place->run = record.run;
	struct listing listing = {0};
	bool none = listing_read(&listing, place, &error) && listing.count == 0;
	listing_free(&listing);
	place->run = kept;
	return !none;
}

static void
remove_run(const struct place *place)
{
	struct nest_error error;
	directory_each(place->fd, place->path, remove_dead, NULL, &error);
	unlinkat(place->fd, NAME_DATASET, 0);
	unlinkat(place->fd, NAME_RUN, 0);
}

bool
sweep_dead_run(struct place *place)
{
	int run_fd;
	bool taken = place->claimed || lock_take(place->fd, LOCK_ALONE);
	if (!taken)
		return false;
	bool dead = false;
	if (lock_run(place, &run_fd)) {
		dead = run_fd >= 0 && !has_parts(place, run_fd);
		if (dead)
			remove_run(place);
		close_run(run_fd);
	}
	if (!place->claimed)
		lock_release(place->fd);
	return dead;
}

/* ---- leaving ---- */

/* Cleans up; only the caller is there, who holds RUN_FD's lock and that of the place. */
static bool
clean_up(struct place *place, int run_fd, bool may_remove, struct nest_error *error)
{
	struct nest_error ignored;
	directory_each(place->fd, place->path, remove_dead, NULL, &ignored);
	unlinkat(place->fd, NAME_MERGER, 0);
	if (may_remove || (run_fd >= 0 && !has_parts(place, run_fd)))
		return sweep_all(place, error);
	if (run_fd < 0)
		unlinkat(place->parent_fd, place->name, AT_REMOVEDIR);
	return true;
}

/* Whether the place belongs to the leaving process: the run that it joined, or a claim without a run. */
static bool
is_own(const struct place *place, bool has_joined, bool has_claimed, int run_fd)
{
	struct run_record record;
	struct nest_error error;
	if (run_fd < 0)
		return has_claimed;
	return has_joined && run_file_read(place, run_fd, &record, &error) &&
	       digest_equal(record.run, place->run);
}

/* Whether those that had joined have left meanwhile; they may have found the place locked. */
static bool
is_left(const struct place *place)
{
	int run_fd;
	if (!lock_run(place, &run_fd))
		return false;
	close_run(run_fd);
	return true;
}

bool
place_leave(struct place *place, bool keep_parts, struct nest_error *error)
{
	bool has_joined = place->run_fd >= 0, has_claimed = place->claimed, fine = true;
	int run_fd;
	if (place->fd < 0)
		return true;
	/* Releases its own locks first: of two that leave together, the second then finds nobody. */
	close_run(place->run_fd);
	place->run_fd = -1;
	lock_release(place->fd);
	place->claimed = false;
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		/* The process that has it checks again when it releases it, as here. */
		if (!lock_wait(place->fd, LOCK_ALONE, PATIENCE_MS))
			return true;
		bool there = lock_is_named(place->fd, place->parent_fd, place->name);
		bool alone = there && lock_run(place, &run_fd);
		if (alone) {
			bool own = is_own(place, has_joined, has_claimed, run_fd);
			fine = clean_up(place, run_fd, own && !keep_parts, error);
			close_run(run_fd);
		}
		lock_release(place->fd);
		if (alone || !there || !is_left(place))
			return fine;
	}
	return fine;
}

/* ---- the whole place ---- */

static bool
check_attempt(int fd, const char *name, void *context, struct nest_error *error)
{
	const struct place *place = context;
	return !staged_is_temporary(name) || is_dead(fd, name) ||
	       nest_error_set(
		   error, NEST_FAILED, "somebody is writing %s/%s; wait until it is done", place->path, name);
}

bool
place_sweep(struct place *place, struct nest_error *error)
{
	struct run_record record;
	int run_fd;
	if (!lock_run(place, &run_fd)) {
		run_fd = openat(place->fd, NAME_RUN, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		bool known = run_fd >= 0 && run_file_read(place, run_fd, &record, error);
		close_run(run_fd);
		return nest_error_set(error, NEST_FAILED,
		    "somebody is at work on %s, in a run that was begun by %s; wait until it is done",
		    place->target, known ? record.origin : "others");
	}
	bool fine =
	    directory_each(place->fd, place->path, check_attempt, place, error) && sweep_all(place, error);
	close_run(run_fd);
	return fine;
}
