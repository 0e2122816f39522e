/*
 * The code that patched functions jump to: x86-64, System V calling convention.
 *
 * It counts down in this thread's meter_left, and goes on to the body at once if the call is one that a
 * sampled probe passes over.
 *
 * At a function's beginning the registers that carry arguments are saved (of
 * vector registers the lower halves: the agent does not touch the upper ones on
 * this path, except where thread.c preserves them), and after its return those that
 * carry results.  r11 is free in both places.
 */
#include "meter/agent/agent.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __x86_64__

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* clang-format off */
AGENT_ASSEMBLY(agent_enter_through,	/* r11: the function; the return address is behind ours */
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rax\n	push %rdi\n	push %rsi\n	push %rdx\n"
	"	push %rcx\n	push %r8\n	push %r9\n	push %r10\n"
	"	sub $128, %rsp\n"
	"	and $-16, %rsp\n"	/* a compiler may call a function of the same file without aligning it */
	"	movaps %xmm0, (%rsp)\n	movaps %xmm1, 16(%rsp)\n"
	"	movaps %xmm2, 32(%rsp)\n	movaps %xmm3, 48(%rsp)\n"
	"	movaps %xmm4, 64(%rsp)\n	movaps %xmm5, 80(%rsp)\n"
	"	movaps %xmm6, 96(%rsp)\n	movaps %xmm7, 112(%rsp)\n"
	"	mov %r11, %rdi\n"
	"	lea 16(%rbp), %rsi\n"
	"	call agent_enter\n"
	"	mov %rax, %r11\n"
	"	movaps (%rsp), %xmm0\n	movaps 16(%rsp), %xmm1\n"
	"	movaps 32(%rsp), %xmm2\n	movaps 48(%rsp), %xmm3\n"
	"	movaps 64(%rsp), %xmm4\n	movaps 80(%rsp), %xmm5\n"
	"	movaps 96(%rsp), %xmm6\n	movaps 112(%rsp), %xmm7\n"
	"	lea -64(%rbp), %rsp\n"
	"	pop %r10\n	pop %r9\n	pop %r8\n	pop %rcx\n"
	"	pop %rdx\n	pop %rsi\n	pop %rdi\n	pop %rax\n"
	"	pop %rbp\n"
	"	ret\n"
);

AGENT_ASSEMBLY(agent_leave_through,	/* the function has returned: its return address is to be at -8 */
	"	sub $8, %rsp\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rax\n	push %rdx\n	push %rcx\n"
	"	sub $40, %rsp\n"
	"	and $-16, %rsp\n"
	"	movaps %xmm0, (%rsp)\n	movaps %xmm1, 16(%rsp)\n"
	"	lea 8(%rbp), %rdi\n"
	"	call agent_leave\n"
	"	mov %rax, 8(%rbp)\n"
	"	movaps (%rsp), %xmm0\n	movaps 16(%rsp), %xmm1\n"
	"	lea -24(%rbp), %rsp\n"
	"	pop %rcx\n	pop %rdx\n	pop %rax\n"
	"	pop %rbp\n"
	"	ret\n"
);
/* clang-format on */

void agent_enter_through(void);
void agent_leave_through(void);

enum {
	STUB_BYTES = 64,
	STUB_LEAVE = 53, /* where its return address points */
	HEAD_BYTES = 64, /* the addresses of the two functions above */
};

/* A page range for SIZE bytes within reach of all of LOW..HIGH. */
static unsigned char *
reserve_near(uintptr_t low, uintptr_t high, size_t size)
{
	const uintptr_t step = 1u << 20, reach = (UINT64_C(1) << 31) - (16u << 20);
	if (high - low > reach - size)
		return NULL;
	uintptr_t first = (low - step) & ~(step - 1), last = (high + step) & ~(step - 1);
	for (uintptr_t away = 0; away < reach; away += step) {
		uintptr_t sides[2] = {last + away, first - away};
		for (int side = 0; side < 2; side++) {
			uintptr_t at = sides[side];
			uintptr_t span = side == 0 ? at + size - low : high - at;
			if (at < step || at > (UINT64_C(1) << 47) - size || span > reach)
				continue;
			void *memory = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
			if (memory == (void *)at)
				return memory;
			if (memory != MAP_FAILED)
				munmap(memory, size);
		}
	}
	return NULL;
}

static unsigned char *
put(unsigned char *to, const void *bytes, size_t count)
{
	memcpy(to, bytes, count);
	return to + count;
}

/* An instruction of CODE whose last four bytes are the distance to TARGET. */
static unsigned char *
put_near(unsigned char *to, const char *code, size_t count, uintptr_t target)
{
	to = put(to, code, count);
	int32_t distance = (int32_t)(target - (uintptr_t)(to + 4));
	return put(to, &distance, sizeof distance);
}

/* Where meter_left is, from the thread pointer: the same for all threads. */
static int32_t
place_of_left(void)
{
	uintptr_t thread;
	__asm__("mov %%fs:0, %0" : "=r"(thread));
	return (int32_t)((intptr_t)(uintptr_t)&meter_left - (intptr_t)thread);
}

static void
write_stub(unsigned char *stub, const struct agent_sled *sled, const unsigned char *head)
{
	uintptr_t body = (uintptr_t)sled->body, function = (uintptr_t)sled->function;
	int32_t left = place_of_left();
	uint32_t slot = METER_SLOT(sled->function->name) * (uint32_t)sizeof *meter_left;
	unsigned char *at = put(stub, "\x64\x4c\x8b\x1c\x25", 5); /* mov %fs:left, %r11 */
	at = put(at, &left, sizeof left);
	at = put(at, "\x41\xff\x8b", 3); /* decl slot(%r11) */
	at = put(at, &slot, sizeof slot);
	at = put_near(at, "\x0f\x89", 2, body); /* jns body */
	at = put(at, "\x49\xbb", 2);            /* mov $function, %r11 */
	at = put(at, &function, sizeof function);
	at = put_near(at, "\xff\x15", 2, (uintptr_t)head);                  /* call *head */
	at = put(at, "\x4d\x85\xdb", 3);                                    /* test %r11, %r11 */
	at = put(at, "\x74\x10", 2);                                        /* je 1f */
	at = put(at, "\x48\x8d\x64\x24\x08", 5);                            /* lea 8(%rsp), %rsp */
	at = put_near(at, "\xe8", 1, body);                                 /* call body */
	at = put_near(at, "\xff\x25", 2, (uintptr_t)head + sizeof(void *)); /* jmp *head+8 */
	put_near(at, "\xe9", 1, body);                                      /* 1: jmp body */
}

bool
agent_stubs_make(struct agent_sled *sleds, size_t count)
{
	uintptr_t low = UINTPTR_MAX, high = 0;
	for (size_t i = 0; i < count; i++) {
		uintptr_t at = (uintptr_t)sleds[i].at;
		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (HEAD_BYTES + count * STUB_BYTES + page - 1) / page * page;
	unsigned char *memory = reserve_near(low, high, size);
	if (memory == NULL)
		return false;
	uintptr_t head[2] = {(uintptr_t)agent_enter_through, (uintptr_t)agent_leave_through};
	put(memory, head, sizeof head);
	for (size_t i = 0; i < count; i++) {
		unsigned char *stub = memory + HEAD_BYTES + i * STUB_BYTES;
		write_stub(stub, &sleds[i], memory);
		sleds[i].function->leave = (uintptr_t)stub + STUB_LEAVE;
		sleds[i].stub = (uintptr_t)stub;
	}
	if (mprotect(memory, size, PROT_READ | PROT_EXEC) == 0)
		return true;
	munmap(memory, size);
	return false;
}

#else

bool
agent_stubs_make(struct agent_sled *sleds, size_t count)
{
	(void)sleds, (void)count;
	return false;
}
#endif
