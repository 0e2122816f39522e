#include "meter/agent/sources.h"
#include "meter/agent/agent.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A line is an address of as many digits, a blank, and a path; here a zero byte ends it. */
enum { ADDRESS_DIGITS = 16 };

/* The system is called as such, since the agent wraps what the C library has; nothing is preloaded. */
static void
become(const char *tool, const char *path, int file)
{
	char name[] = "nest-meter", command[] = "sources", end[] = "--", object[4096];
	char *const words[] = {name, command, end, object, NULL};
	char *const nothing[] = {NULL};
	snprintf(object, sizeof object, "%s", path);
	if ((file == STDOUT_FILENO ? fcntl(file, F_SETFD, 0) : dup2(file, STDOUT_FILENO)) >= 0)
		syscall(SYS_execve, tool, words, nothing);
	syscall(SYS_exit_group, 127);
}

static pid_t
split(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_VFORK, 0, 0, 0, 0);
}

/* Whether nest-meter, which is to be waited for, ran to its end. */
static bool
has_ended(pid_t pid)
{
	int status = 0;
	return pid > 0 && waitpid(pid, &status, __WALL) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) < 2;
}

/*
 * Whether nest-meter has written to FILE.  The program is not to notice a child that it does not know: the
 * end of this one sends it no signal, as that of one that has become another program would.  So that one is
 * a child's child.
 */
static bool
ask(const char *tool, const char *path, int file)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = split();
	if (pid == 0) {
		pid_t reader = split();
		if (reader == 0)
			become(tool, path, file);
		syscall(SYS_exit_group, has_ended(reader) ? 0 : 127);
	}
	bool done = has_ended(pid);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return done;
}

static struct sources
take_text(int file, size_t size)
{
	char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	if (text == MAP_FAILED)
		return (struct sources){NULL, 0};
	for (char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL;)
		*at = '\0';
	return (struct sources){text, size};
}

struct sources
sources_read(const char *path)
{
	struct sources sources = {NULL, 0};
	const char *tool = getenv("NEST_METER_TOOL");
	struct stat status;
	if (!meter_asks_files())
		return sources;
	int file = memfd_create("nest-meter sources", MFD_CLOEXEC);
	if (file < 0 || tool == NULL || !ask(tool, path, file))
		agent_say("the source files of %s are not known: unable to run %s", path,
		    tool != NULL ? tool : "nest-meter, which NEST_METER_TOOL does not name");
	else if (fstat(file, &status) == 0 && status.st_size > 0)
		sources = take_text(file, (size_t)status.st_size);
	if (file >= 0)
		close(file);
	return sources;
}

void
sources_free(struct sources *sources)
{
	if (sources->size > 0)
		munmap((void *)(uintptr_t)sources->text, sources->size);
	*sources = (struct sources){NULL, 0};
}

const char *
sources_find(const struct sources *sources, uint64_t address)
{
	char wanted[ADDRESS_DIGITS + 2];
	const char *text = sources->text;
	size_t low = 0, high = sources->size;
	snprintf(wanted, sizeof wanted, "%016llx ", (unsigned long long)address);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *before = memrchr(text + low, '\0', middle - low);
		const char *begin = before != NULL ? before + 1 : text + low;
		const char *end = memchr(text + middle, '\0', sources->size - middle);
		if (end == NULL || end - begin <= ADDRESS_DIGITS)
			break;
		int order = memcmp(begin, wanted, ADDRESS_DIGITS + 1);
		if (order == 0)
			return begin + ADDRESS_DIGITS + 1;
		if (order < 0)
			low = (size_t)(end + 1 - text);
		else
			high = (size_t)(begin - text);
	}
	return "";
}

struct named {
	struct elf_symbol *symbol;
	const char *file;
};

/* By their names without what the compiler has appended, as in name_function. */
static int
compare_names(const void *left, const void *right)
{
	const char *a = ((const struct named *)left)->symbol->name;
	const char *b = ((const struct named *)right)->symbol->name;
	size_t a_length = strcspn(a, "."), b_length = strcspn(b, ".");
	int order = strncmp(a, b, a_length < b_length ? a_length : b_length);
	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

void
sources_mark_namesakes(const struct sources *sources, struct elf_object *elf)
{
	size_t count = 0, bytes = elf->symbol_count * sizeof(struct named);
	struct named *named = sources->size > 0 && bytes > 0 ? meter_pages(bytes) : NULL;
	for (size_t i = 0; named != NULL && i < elf->symbol_count; i++) {
		named[count] =
		    (struct named){&elf->symbols[i], sources_find(sources, elf->symbols[i].address)};
		count += *named[count].file != '\0';
	}
	if (count > 0)
		qsort(named, count, sizeof *named, compare_names);
	for (size_t i = 0, end; i < count; i = end) {
		bool several = false;
		for (end = i + 1; end < count && compare_names(&named[i], &named[end]) == 0; end++)
			several = several || strcmp(named[i].file, named[end].file) != 0;
		for (size_t at = i; at < end; at++)
			named[at].symbol->has_namesake = several;
	}
	meter_pages_free(named, bytes);
}
