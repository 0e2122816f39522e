/*
 * What a metered call costs, in the way that this program's functions are called: through a stub, or through
 * the hooks.  It is measured on a function of the agent that does nothing.
 */
#include "meter/agent/cost.h"
#include "meter/agent/function.h"

static struct agent_function sample = {.live = 1};

static void
call_hooks(uint32_t name)
{
	sample.name = name;
	__cyg_profile_func_enter(&sample, NULL);
	__cyg_profile_func_exit(&sample, NULL);
}

static meter_call *
through_hooks(void)
{
	sample.address = (uintptr_t)&sample;
	return function_at(sample.address) != NULL || function_add(&sample) ? call_hooks : NULL;
}

#ifdef __x86_64__

void cost_function(void);

/* clang-format off */
__asm__(
	"	.text\n"
	"	.p2align 4\n"
	"	.globl cost_function\n"
	"	.hidden cost_function\n"
	"	.type cost_function, @function\n"
	"cost_function:\n"
	"	.byte 0x0f, 0x1f, 0x44, 0, 0\n" /* a no-operation, which becomes a jump */
	"	ret\n"
	"	.size cost_function, . - cost_function\n"
);
/* clang-format on */

static void
call_patched(uint32_t name)
{
	sample.name = name;
	cost_function();
}

meter_call *
cost_call(bool patched)
{
	struct agent_sled sled = {.function = &sample};
	if (!patched)
		return through_hooks();
	if (!agent_sled_measure(&sled, (unsigned char *)(uintptr_t)cost_function, AGENT_SLED_BYTES))
		return NULL;
	agent_patch(&sled, 1, "the agent, by which the cost is measured,");
	return call_patched;
}

#else

meter_call *
cost_call(bool patched)
{
	return patched ? NULL : through_hooks();
}

#endif
