/* join.c - who may use a place: the process that publishes, and processes of one run. */
#include "lib/base/program.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/lock.h"
#include "lib/dataset/run_file.h"
#include "lib/dataset/staged_name.h"
#include "lib/dataset/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
	CLAIM_PATIENCE_MS = 1000, /* for one that is about to leave */
	JOIN_PATIENCE_MS = 5000,  /* for one that checks whether anybody is there */
};

static bool
fail_restless(const struct place *place, struct nest_error *error)
{
	return nest_error_set(
	    error, NEST_FAILED, "others take %s away again and again; wait until they are done", place->path);
}

/* ---- claiming ---- */

static bool
refuse_claim(const struct place *place, struct nest_error *error)
{
	char who[NOTE_BYTES];
	struct nest_error ignored;
	if (program_interrupted())
		return program_interrupt_error(error);
	bool known = note_get(place, NAME_MERGER, who, &ignored) == NOTE_DONE;
	return nest_error_set(error, NEST_FAILED,
	    "another parquet-merge is at work on %s%s%s; wait until it is done", place->target,
	    known ? ": " : "", known ? who : "");
}

static bool
sign(const struct place *place, struct nest_error *error)
{
	char who[NOTE_BYTES];
	note_origin(place->program, who);
	return note_put(place, NAME_MERGER, who, true, error) != NOTE_ERROR;
}

bool
place_claim(struct place *place, struct nest_error *error)
{
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		if (!lock_wait(place->fd, LOCK_ALONE, CLAIM_PATIENCE_MS))
			return refuse_claim(place, error);
		if (lock_is_named(place->fd, place->parent_fd, place->name)) {
			place->claimed = true;
			sweep_dead_run(place);
			return sign(place, error);
		}
		/* Whoever left last took it away. */
		if (!place_create(place, error))
			return false;
	}
	return fail_restless(place, error);
}

/* ---- joining ---- */

enum hold { HOLD_DONE, HOLD_NONE, HOLD_AGAIN, HOLD_ERROR };

/* Takes the run file that is there, and reads whose it is. */
static enum hold
hold_run(struct place *place, struct run_record *record, struct nest_error *error)
{
	int fd = openat(place->fd, NAME_RUN, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return HOLD_NONE;
	if (fd < 0) {
		nest_error_system(error, "unable to open %s/%s", place->path, NAME_RUN);
		return HOLD_ERROR;
	}
	enum hold hold = HOLD_AGAIN;
	if (!lock_wait(fd, LOCK_TOGETHER, JOIN_PATIENCE_MS)) {
		hold = HOLD_ERROR;
		fail_restless(place, error);
	} else if (lock_is_named(fd, place->fd, NAME_RUN))
		hold = run_file_read(place, fd, record, error) ? HOLD_DONE : HOLD_ERROR;
	if (hold == HOLD_DONE)
		place->run_fd = fd;
	else
		close(fd);
	return hold;
}

/* The place belongs to no run: begins one. */
static bool
begin_run(struct place *place, struct digest_value run, struct nest_error *error)
{
	switch (run_file_put(place, run, error)) {
	case NOTE_DONE:
	case NOTE_OTHERWISE:
		return true;
	case NOTE_GONE:
		/* Whoever left last took it away. */
		return place_create(place, error);
	case NOTE_ERROR:
		break;
	}
	return false;
}

/* " (1000 rows in 4 parts)": how large the dataset of the run is that has the place, if that is known. */
static void
print_size(const struct place *place, char text[NOTE_BYTES])
{
	struct place_extent extent;
	struct nest_error ignored;
	bool found;
	text[0] = '\0';
	if (!place_get_extent(place, &extent, &found, &ignored) || !found)
		return;
	if (extent.is_part_numbered)
		snprintf(text, NOTE_BYTES, " (%" PRIu64 " parts)", extent.parts);
	else
		snprintf(
		    text, NOTE_BYTES, " (%" PRIu64 " rows in %" PRIu64 " parts)", extent.rows, extent.parts);
}

static bool
refuse_run(const struct place *place, const struct run_record *record, struct digest_value run,
    struct nest_error *error)
{
	char size[NOTE_BYTES];
	print_size(place, size);
	return nest_error_set(error, NEST_FAILED,
	    "%s holds parts of %s%s, begun by %s, and this is %s, of other rows, parts or options; wait "
	    "until that is done, go on with it by giving the same, or remove what it left with parquet-merge "
	    "--sweep %s",
	    place->path, run_words(record->run).text, size, record->origin, run_words(run).text,
	    place->target);
}

static bool
settle(struct place *place, struct digest_value run, struct nest_error *error)
{
	place->run = run;
	return listing_read(&place->known, place, error);
}

bool
place_join(struct place *place, struct digest_value run, struct nest_error *error)
{
	struct run_record record;
	if (place->run_fd >= 0 && digest_equal(place->run, run))
		return true;
	if (place->run_fd >= 0)
		return run_file_read(place, place->run_fd, &record, error) &&
		       refuse_run(place, &record, run, error);
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		lock_nap(turn);
		switch (hold_run(place, &record, error)) {
		case HOLD_DONE:
			if (digest_equal(record.run, run))
				return settle(place, run, error);
			close(place->run_fd);
			place->run_fd = -1;
			if (!sweep_dead_run(place))
				return refuse_run(place, &record, run, error);
			break;
		case HOLD_NONE:
			if (!begin_run(place, run, error))
				return false;
			break;
		case HOLD_AGAIN:
			break;
		case HOLD_ERROR:
			return false;
		}
	}
	return fail_restless(place, error);
}

bool
place_join_found(struct place *place, bool *found, struct nest_error *error)
{
	struct run_record record;
	enum hold hold = HOLD_AGAIN;
	*found = place->run_fd >= 0;
	if (*found)
		return true;
	for (int turn = 0; turn < LOCK_TURNS && hold == HOLD_AGAIN; turn++) {
		lock_nap(turn);
		hold = hold_run(place, &record, error);
	}
	*found = hold == HOLD_DONE;
	if (hold == HOLD_DONE)
		return settle(place, record.run, error);
	return hold == HOLD_NONE || (hold == HOLD_AGAIN && fail_restless(place, error));
}
