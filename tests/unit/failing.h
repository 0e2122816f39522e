/*
 * failing - the C library's allocator, with a count of its calls; it fails at the call it is told to.
 *
 * One file of a test includes this, and its program then uses this allocator.  Sanitizers and valgrind have
 * allocators that cannot be replaced: under them nothing fails, and they look for leaks.
 */
#ifndef NEST_TESTS_FAILING_H
#define NEST_TESTS_FAILING_H

#include "lib/base/buffer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ALLOCATOR_OF_ITS_OWN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAS_ALLOCATOR_OF_ITS_OWN
#endif

/*
 * Pieces of memory that are not given back; allocations, and those that make room larger, so far; which
 * fails. The compiler thinks that malloc() leaves variables alone.
 */
static volatile long held, allocations, failing;
static volatile long growths __attribute__((unused)), failing_growth __attribute__((unused));
/* Whether all that come behind the one that fails do, too. */
static volatile bool stays_failing __attribute__((unused));

#ifndef HAS_ALLOCATOR_OF_ITS_OWN
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

static bool
is_up(void)
{
	allocations = allocations + 1;
	return allocations == failing || (stays_failing && failing > 0 && allocations > failing);
}

static void *
none(void)
{
	errno = ENOMEM;
	return NULL;
}

static void *
counted(void *memory)
{
	held = held + (memory != NULL);
	return memory;
}

void *
malloc(size_t size)
{
	return is_up() ? none() : counted(__libc_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
	return is_up() ? none() : counted(__libc_calloc(count, size));
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return is_up() ? none() : counted(__libc_memalign(alignment, size));
}

void *
realloc(void *memory, size_t size)
{
	growths = growths + (memory != NULL);
	if (is_up() || (memory != NULL && growths == failing_growth))
		return none();
	void *moved = __libc_realloc(memory, size);
	held = held + (memory == NULL && moved != NULL);
	return moved;
}

void
free(void *memory)
{
	held = held - (memory != NULL);
	__libc_free(memory);
}
#endif

static inline bool
can_fail(void)
{
	long before = allocations;
	void *volatile piece = malloc(1);
	free(piece);
	return allocations > before;
}

/* Makes of WHAT bytes in OUT; false, with the error, where that fails. */
typedef bool worker(const void *what, struct buffer *out, struct nest_error *error);

/* Where one fails is said, or does not matter: qsort() sorts in place then. */
static inline bool
fail_allocation(worker *work, const void *what, long number, const struct buffer *whole)
{
	struct buffer made = {0};
	struct nest_error error = {0};
	long before = held;
	failing = allocations + number;
	bool fine = work(what, &made, &error);
	bool happened = allocations >= failing;
	failing = 0;
	if (fine && (made.size != whole->size || memcmp(made.data, whole->data, made.size) != 0))
		fail_msg("allocation %ld fails, and nobody says it", number);
	buffer_free(&made);
	if (held != before)
		fail_msg("%ld pieces are left where allocation %ld fails", held - before, number);
	if (!fine && (error.status != NEST_FAILED || strstr(error.text, "unable to allocate") == NULL))
		fail_msg("where allocation %ld fails: %d, %s", number, (int)error.status, error.text);
	return happened;
}

/* Lets the first allocation of WORK fail, then the second, until there are no more. */
static inline void
fail_each_allocation(worker *work, const void *what)
{
	struct buffer whole = {0};
	struct nest_error error;
	long before = held;
	if (!work(what, &whole, &error))
		fail_msg("%s", error.text);
	for (long number = 1; can_fail() && fail_allocation(work, what, number, &whole); number++)
		assert_true(number < 100000);
	buffer_free(&whole);
	assert_int_equal(held, before);
}

#endif
