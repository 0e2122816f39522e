#include "lib/dataset/lock.h"

#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { NAP_MS = 5, TURNS_AT_ONCE = 4, TURN_NAP_NS = 100000 };

bool
lock_take(int fd, enum lock_kind kind)
{
	int operation = kind == LOCK_ALONE ? LOCK_EX : LOCK_SH;
	while (flock(fd, operation | LOCK_NB) != 0)
		if (errno != EINTR)
			return errno != EWOULDBLOCK;
	return true;
}

bool
lock_wait(int fd, enum lock_kind kind, unsigned patience_ms)
{
	const struct timespec nap = {.tv_nsec = NAP_MS * 1000000};
	uint64_t end = program_clock_ns() + (uint64_t)patience_ms * 1000000;
	while (!lock_take(fd, kind)) {
		if (program_interrupted() || program_clock_ns() >= end)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

void
lock_release(int fd)
{
	flock(fd, LOCK_UN);
}

void
lock_nap(int turn)
{
	const struct timespec nap = {.tv_nsec = turn * TURN_NAP_NS};
	if (turn >= TURNS_AT_ONCE)
		nanosleep(&nap, NULL);
}

bool
lock_is_named(int fd, int parent_fd, const char *name)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && fstatat(parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}
