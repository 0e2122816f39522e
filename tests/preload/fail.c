/*
 * fail.c - a library that is preloaded and makes one call of a program fail.
 *
 * NEST_FAIL is CALL:N:ERROR, or several of them with commas between. The Nth call
 * of CALL, or with N+ every one from it on, fails with the number ERROR of errno;
 * KILL kills the process instead, before the call. CALL is the name of a function
 * below, or exchange, which is renameat2() with RENAME_EXCHANGE, or tmpfile, which
 * is openat() with O_TMPFILE. The file
 * NEST_FAIL_MARK is created when it happens, but not for N+.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum { PLANS = 4 };

static long calls[PLANS];

static void
mark(void)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	const char *path = getenv("NEST_FAIL_MARK");
	int fd = path != NULL ? real(path, O_WRONLY | O_CREAT, 0600) : -1;
	if (fd >= 0)
		close(fd);
}

/* Whether this call, which is the one that PLAN is for, is to fail; errno is set then. */
static bool
is_up(const char *plan, long count)
{
	char *end;
	long wanted = strtol(plan, &end, 10);
	bool and_on = *end == '+';
	if (count != wanted && (!and_on || count < wanted))
		return false;
	end += and_on;
	/* What only sets the scene is not what a test waits for. */
	if (!and_on)
		mark();
	if (strncmp(end, ":KILL", 5) == 0)
		raise(SIGKILL);
	errno = atoi(end + 1);
	return true;
}

static bool
fails(const char *call)
{
	const char *plan = getenv("NEST_FAIL");
	size_t size = strlen(call);
	for (int i = 0; plan != NULL && i < PLANS; i++) {
		if (strncmp(plan, call, size) == 0 && plan[size] == ':')
			return is_up(plan + size + 1, ++calls[i]);
		plan = strchr(plan, ',');
		plan += plan != NULL;
	}
	return false;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, #name))

void *
malloc(size_t size)
{
	return fails("malloc") ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails("malloc") ? NULL : __libc_realloc(memory, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return fails("malloc") ? NULL : __libc_memalign(alignment, size);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (fails(flags & RENAME_EXCHANGE ? "exchange" : "renameat2"))
		return -1;
	return REAL(int (*)(int, const char *, int, const char *, unsigned), renameat2)(
	    from_fd, from, to_fd, to, flags);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (fails("renameat"))
		return -1;
	return REAL(int (*)(int, const char *, int, const char *), renameat)(from_fd, from, to_fd, to);
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	if (fails("linkat"))
		return -1;
	return REAL(int (*)(int, const char *, int, const char *, int), linkat)(
	    from_fd, from, to_fd, to, flags);
}

int
unlinkat(int fd, const char *name, int flags)
{
	if (fails("unlinkat"))
		return -1;
	return REAL(int (*)(int, const char *, int), unlinkat)(fd, name, flags);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	if (fails("mkdirat"))
		return -1;
	return REAL(int (*)(int, const char *, mode_t), mkdirat)(fd, name, mode);
}

int
openat(int fd, const char *name, int flags, ...)
{
	__builtin_va_list rest;
	__builtin_va_start(rest, flags);
	bool has_no_name = (flags & O_TMPFILE) == O_TMPFILE;
	mode_t mode = flags & O_CREAT || has_no_name ? (mode_t) __builtin_va_arg(rest, int) : 0;
	__builtin_va_end(rest);
	if (fails(has_no_name ? "tmpfile" : "openat"))
		return -1;
	return REAL(int (*)(int, const char *, int, ...), openat)(fd, name, flags, mode);
}

int
fstat(int fd, struct stat *status)
{
	if (fails("fstat"))
		return -1;
	return REAL(int (*)(int, struct stat *), fstat)(fd, status);
}

int
fstatat(int fd, const char *name, struct stat *status, int flags)
{
	if (fails("fstatat"))
		return -1;
	return REAL(int (*)(int, const char *, struct stat *, int), fstatat)(fd, name, status, flags);
}

int
fsync(int fd)
{
	return fails("fsync") ? -1 : REAL(int (*)(int), fsync)(fd);
}

int
syncfs(int fd)
{
	return fails("syncfs") ? -1 : REAL(int (*)(int), syncfs)(fd);
}

int
fdatasync(int fd)
{
	return fails("fdatasync") ? -1 : REAL(int (*)(int), fdatasync)(fd);
}

ssize_t
pread(int fd, void *data, size_t size, off_t offset)
{
	if (fails("pread"))
		return -1;
	return REAL(ssize_t(*)(int, void *, size_t, off_t), pread)(fd, data, size, offset);
}

ssize_t
write(int fd, const void *data, size_t size)
{
	return fails("write") ? -1 : REAL(ssize_t(*)(int, const void *, size_t), write)(fd, data, size);
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	if (fails("writev"))
		return -1;
	return REAL(ssize_t(*)(int, const struct iovec *, int), writev)(fd, pieces, count);
}

ssize_t
copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t size, unsigned flags)
{
	if (fails("copy_file_range"))
		return -1;
	return REAL(ssize_t(*)(int, off_t *, int, off_t *, size_t, unsigned), copy_file_range)(
	    from, from_at, to, to_at, size, flags);
}
