#include "lib/base/hash.h"

#include <sys/random.h>

uint64_t hash_secret;

/* Without randomness from the kernel, tables still work. */
static __attribute__((constructor)) void
draw_secret(void)
{
	if (getrandom(&hash_secret, sizeof hash_secret, GRND_NONBLOCK) != (ssize_t)sizeof hash_secret)
		hash_secret = (uint64_t)(uintptr_t)&hash_secret;
}
