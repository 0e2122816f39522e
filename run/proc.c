#include "run/proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Reads the beginning of /proc/PID/NAME as a text; false if it cannot be read. */
static bool
read_text(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	size_t got = fread(text, 1, size - 1, file);
	fclose(file);
	text[got] = '\0';
	return got > 0;
}

static uint64_t
number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

bool
proc_read(pid_t pid, struct proc *proc)
{
	char text[4096];
	unsigned long long user, system;
	int group;
	*proc = (struct proc){0};
	if (!read_text(pid, "stat", text, sizeof text))
		return false;
	/* The name is in parentheses, and may contain others. */
	const char *at = strrchr(text, ')');
	if (at == NULL || sscanf(at, ") %c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &proc->state,
			      &group, &user, &system) != 4)
		return false;
	proc->group = group;
	proc->ticks = user + system;
	return true;
}

uint64_t
proc_switches(pid_t pid)
{
	char text[4096];
	if (!read_text(pid, "status", text, sizeof text))
		return 0;
	return number_behind(text, "\nvoluntary_ctxt_switches:") +
	       number_behind(text, "\nnonvoluntary_ctxt_switches:");
}

void
proc_each(void (*visit)(void *to, pid_t pid), void *to)
{
	struct dirent *entry;
	DIR *all = opendir("/proc");
	if (all == NULL)
		return;
	while ((entry = readdir(all)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);
		if (pid > 0)
			visit(to, (pid_t)pid);
	}
	closedir(all);
}

static bool
is_among(long number, const long *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Whether another process may be at the other end of the descriptor: a pipe, a socket, a terminal. */
static bool
is_shared(pid_t pid, unsigned long fd)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof path, "/proc/%ld/fd/%lu", (long)pid, fd);
	if (stat(path, &status) != 0)
		return true;
	return !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISBLK(status.st_mode);
}

/* Whether a call to open() waits for the other end of a named pipe, if the kernel says so. */
static bool
opens_pipe(pid_t pid)
{
	char place[128];
	return !read_text(pid, "wchan", place, sizeof place) || strcmp(place, "0") == 0 ||
	       strstr(place, "partner") != NULL || strstr(place, "fifo") != NULL;
}

enum proc_wait
proc_waits_for(pid_t pid)
{
	static const long children[] = {SYS_wait4, SYS_waitid};
	static const long opening[] = {
	    SYS_openat,
#ifdef SYS_open
	    SYS_open,
#endif
	};
	static const long by_descriptor[] = {
	    SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_ioctl};
	/* The rest: sleeping for a time, waiting for a lock, for a disk, or for a folder. */
	static const long nobody[] = {
	    SYS_nanosleep,
	    SYS_clock_nanosleep,
	    SYS_flock,
	    SYS_fcntl,
	    SYS_fsync,
	    SYS_fdatasync,
	    SYS_sync_file_range,
	    SYS_ftruncate,
	    SYS_fallocate,
	    SYS_close,
	    SYS_getdents64,
	    SYS_mkdirat,
	    SYS_unlinkat,
	    SYS_linkat,
	    SYS_renameat2,
	    SYS_newfstatat,
	    SYS_statx,
	    SYS_fstat,
#ifdef SYS_pause
	    SYS_pause,
	    SYS_stat,
	    SYS_lstat,
	    SYS_mkdir,
	    SYS_rmdir,
	    SYS_unlink,
	    SYS_link,
	    SYS_rename,
	    SYS_renameat,
#endif
	};
	char text[256], *end;
	/* "NUMBER ARGUMENT...", or words if it is not in a system call. */
	if (!read_text(pid, "syscall", text, sizeof text))
		return PROC_WAITS_NEIGHBOUR;
	long number = strtol(text, &end, 10);
	if (end == text)
		return PROC_WAITS_NEIGHBOUR;
#define IS(table) is_among(number, table, sizeof(table) / sizeof *(table))
	if (IS(children))
		return PROC_WAITS_CHILD;
	if ((IS(by_descriptor) && !is_shared(pid, strtoul(end, NULL, 16))) ||
	    (IS(opening) && !opens_pipe(pid)) || IS(nobody))
		return PROC_WAITS_NOBODY;
#undef IS
	return PROC_WAITS_NEIGHBOUR;
}
