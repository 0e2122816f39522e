/* must - what ends a fuzzer. */
#ifndef NEST_FUZZ_MUST_H
#define NEST_FUZZ_MUST_H

#include <stdbool.h>
#include <stdlib.h>

static inline void
must(bool condition)
{
	if (!condition)
		abort();
}

#endif
