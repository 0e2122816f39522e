#include "lib/wire/loans.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void
loans_lend(uint32_t *words, size_t slot)
{
	__atomic_store_n(&words[1 + slot], 1, __ATOMIC_RELAXED);
}

void
loans_return(uint32_t *words, size_t slot)
{
	__atomic_store_n(&words[1 + slot], 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(words, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, words, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Waits until the count of returns is no longer SEEN; false after WAIT_MS, or on a signal. */
static bool
await_return(uint32_t *words, uint32_t seen, unsigned wait_ms)
{
	struct timespec most = {wait_ms / 1000, wait_ms % 1000 * 1000000L};
	return syscall(SYS_futex, words, FUTEX_WAIT, seen, &most, NULL, 0) == 0 || errno == EAGAIN;
}

bool
loans_find(uint32_t *words, size_t count, unsigned wait_ms, size_t *slot)
{
	uint32_t seen;
	do {
		seen = __atomic_load_n(words, __ATOMIC_ACQUIRE);
		for (size_t i = 0; i < count; i++)
			if (__atomic_load_n(&words[1 + i], __ATOMIC_ACQUIRE) == 0) {
				*slot = i;
				return true;
			}
	} while (await_return(words, seen, wait_ms));
	return false;
}
