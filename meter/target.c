#include "meter/target.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE
#endif

enum { SEGMENT_LIMIT = 512 };

/* Finds COMMAND as execvp does; false if it is not there. */
static bool
find(char path[PATH_MAX], const char *command)
{
	const char *folders = getenv("PATH");
	if (strchr(command, '/') != NULL || folders == NULL) {
		snprintf(path, PATH_MAX, "%s", command);
		return true;
	}
	for (const char *at = folders;; at++) {
		size_t length = strcspn(at, ":");
		int written =
		    snprintf(path, PATH_MAX, "%.*s/%s", (int)length, length > 0 ? at : ".", command);
		if (written > 0 && written < PATH_MAX && access(path, X_OK) == 0)
			return true;
		at += length;
		if (*at == '\0')
			return false;
	}
}

/* Whether the program asks for a loader; true if the file cannot be understood. */
static bool
has_loader(int file, const Elf64_Ehdr *header)
{
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > SEGMENT_LIMIT)
		return true;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;
		off_t at = (off_t)(header->e_phoff + i * sizeof segment);
		if (pread(file, &segment, sizeof segment, at) != (ssize_t)sizeof segment ||
		    segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static const char *
reason_against(int file)
{
	Elf64_Ehdr header;
	struct stat status;
	if (pread(file, &header, sizeof header, 0) != (ssize_t)sizeof header ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    (OWN_MACHINE != EM_NONE && header.e_machine != OWN_MACHINE))
		return "it is a program for another machine";
	if (!has_loader(file, &header))
		return "it is linked statically";
	if (fstat(file, &status) == 0 && (((status.st_mode & S_ISUID) != 0 && getuid() != status.st_uid) ||
					     ((status.st_mode & S_ISGID) != 0 && getgid() != status.st_gid)))
		return "it runs with rights of its own";
	return NULL;
}

bool
target_takes_agent(const char *command, struct nest_error *error)
{
	char path[PATH_MAX];
	int file = find(path, command) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0)
		return true;
	const char *reason = reason_against(file);
	close(file);
	if (reason == NULL)
		return true;
	return nest_error_set(error, NEST_USAGE,
	    "unable to load the agent into %s: %s; --no-agent meters what probes it has of its own", path,
	    reason);
}
