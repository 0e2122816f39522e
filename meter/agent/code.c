#include "meter/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int
agent_code_open(void)
{
	return (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR | O_CLOEXEC);
}

bool
agent_code_write(int memory, unsigned char *at, const void *bytes, size_t count)
{
	return syscall(SYS_pwrite64, memory, bytes, count, (long)(uintptr_t)at) == (long)count;
}

/* Opened for each use: after a fork, a descriptor that was kept would be the parent's memory. */
bool
agent_write_code(unsigned char *at, const void *bytes, size_t count)
{
	int number = errno;
	int memory = agent_code_open();
	bool fine = memory >= 0 && agent_code_write(memory, at, bytes, count);
	if (memory >= 0)
		syscall(SYS_close, memory);
	errno = number;
	return fine;
}
