#include "lib/meter/internal.h"

#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { CALIBRATION_NS = 250000, TRIES = 16 };

uint64_t
meter_system_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
monotonic_ns(void)
{
	return meter_system_ns(CLOCK_MONOTONIC);
}

/*
 * Whether the counter runs at a constant rate, whatever the processor does, and the kernel
 * trusts it for its own clock.
 */
static bool
counter_is_sound(void)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;
	if (!__get_cpuid(0x80000007u, &a, &b, &c, &d) || !(d & 1u << 8))
		return false;
	char source[16] = "tsc";
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
	if (file != NULL) {
		if (fgets(source, sizeof source, file) == NULL)
			source[0] = '\0';
		fclose(file);
	}
	/* In a guest, the kernel's clock may have another name and be based on the counter. */
	return strncmp(source, "tsc", 3) == 0 || strncmp(source, "kvm-clock", 9) == 0 ||
	       strncmp(source, "hyperv", 6) == 0;
#elif defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

struct pair {
	uint64_t ticks, ns;
};

/* Reads both clocks at one moment: the shortest of some tries. */
static struct pair
read_pair(void)
{
	struct pair best = {0};
	uint64_t shortest = UINT64_MAX;
	for (int i = 0; i < TRIES; i++) {
		uint64_t before = meter_ticks();
		uint64_t ns = monotonic_ns();
		uint64_t took = meter_ticks() - before;
		if (took < shortest) {
			shortest = took;
			best = (struct pair){before + took / 2, ns};
		}
	}
	return best;
}

static bool
calibrate(void)
{
	/* Sleeps, to leave the processor to the other stages that start now. */
	const struct timespec nap = {.tv_nsec = CALIBRATION_NS};
	struct pair first = read_pair(), last;
	do {
		nanosleep(&nap, NULL);
		last = read_pair();
	} while (last.ns - first.ns < CALIBRATION_NS);
	uint64_t ticks = last.ticks - first.ticks;
	if (ticks < CALIBRATION_NS / 100)
		return false;
	meter_hot.tsc_base = first.ticks;
	meter_hot.tsc_scale = (uint64_t)(((unsigned __int128)(last.ns - first.ns) << 32) / ticks);
	return true;
}

void
meter_clock_open(meter_clock *clock)
{
	meter_hot.clock = clock != NULL ? clock : monotonic_ns;
	meter_hot.tsc = clock == NULL && counter_is_sound() && calibrate();
}
