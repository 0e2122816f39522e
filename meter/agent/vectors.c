#include "meter/agent/agent.h"

#ifdef __x86_64__

/* clang-format off */
__asm__(
	"	.text\n"
	"	.p2align 4\n"
	"	.globl agent_with_vectors\n"
	"	.hidden agent_with_vectors\n"
	"	.type agent_with_vectors, @function\n"
	"agent_with_vectors:\n"	/* rdi: what to call, rsi: with what */
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	push %rbx\n	push %r12\n"
	"	sub $2816, %rsp\n"
	"	and $-64, %rsp\n"
	"	mov %rdi, %rbx\n"
	"	mov %rsi, %r12\n"
	"	lea 512(%rsp), %rdi\n"	/* the header of an xsave area must be zero */
	"	xor %eax, %eax\n"
	"	mov $8, %ecx\n"
	"	rep stosq\n"
	"	mov $0xe7, %eax\n"	/* x87, sse, avx, avx-512 */
	"	xor %edx, %edx\n"
	"	xsave (%rsp)\n"
	"	mov %r12, %rdi\n"
	"	call *%rbx\n"
	"	mov %rax, %rbx\n"
	"	mov $0xe7, %eax\n"
	"	xor %edx, %edx\n"
	"	xrstor (%rsp)\n"
	"	mov %rbx, %rax\n"
	"	lea -16(%rbp), %rsp\n"
	"	pop %r12\n	pop %rbx\n	pop %rbp\n"
	"	ret\n"
	"	.size agent_with_vectors, . - agent_with_vectors\n"
);
/* clang-format on */

#else

void *
agent_with_vectors(void *(*what)(void *), void *with)
{
	return what(with);
}

#endif
