#include "meter/iterations.h"

#include "meter/output.h"
#include "meter/report.h"

#include <stdio.h>
#include <stdlib.h>

/* Percent over the unmetered run. */
static double
over(uint64_t metered_ns, uint64_t unmetered_ns)
{
	return unmetered_ns > 0 ? 100 * ((double)metered_ns / (double)unmetered_ns - 1) : 0;
}

static double
cost_share(const struct iteration *row)
{
	return row->cpu_ns > 0 ? 100 * row->cost_ns / (double)row->cpu_ns : 0;
}

void
iterations_print_head(void)
{
	printf("%4s  %12s  %8s  %8s  %8s  %12s  %9s  %11s  %9s  %9s  %9s  %8s  %9s\n", "RUN", "INSTRUMENTED",
	    "METERED", "HOTSPOTS", "DISABLED", "CALLS", "WALL s", "UNMETERED s", "OVERHEAD", "CPU s",
	    "OVERHEAD", "COST", "EXPLAINED");
	fflush(stdout);
}

void
iterations_print_last(const struct iterations *iterations)
{
	const struct iteration *row = &iterations->rows[iterations->count - 1];
	printf("%4llu  %12llu  %8llu  %8llu  %8llu  %12llu  ", (unsigned long long)iterations->count,
	    (unsigned long long)row->instrumented, (unsigned long long)row->metered,
	    (unsigned long long)row->hotspots, (unsigned long long)row->disabled,
	    (unsigned long long)row->calls);
	printf("%9.3f  %11.3f  %7.1f %%  %9.3f  %7.1f %%  %6.2f %%  %7.1f %%\n", (double)row->wall_ns * 1e-9,
	    (double)row->unmetered_wall_ns * 1e-9, over(row->wall_ns, row->unmetered_wall_ns),
	    (double)row->cpu_ns * 1e-9, over(row->cpu_ns, row->unmetered_cpu_ns), cost_share(row),
	    100 * row->explained);
	fflush(stdout);
}

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* The median over all runs: one run's overhead is mostly what else the machine did. */
static void
print_overhead(const struct iterations *iterations)
{
	double wall[ITERATIONS_LIMIT], cpu[ITERATIONS_LIMIT];
	size_t count = iterations->count;
	for (size_t i = 0; i < count; i++) {
		const struct iteration *row = &iterations->rows[i];
		wall[i] = over(row->wall_ns, row->unmetered_wall_ns);
		cpu[i] = over(row->cpu_ns, row->unmetered_cpu_ns);
	}
	qsort(wall, count, sizeof *wall, compare_numbers);
	qsort(cpu, count, sizeof *cpu, compare_numbers);
	printf("overhead, median of all runs: %.1f %% of wall time, %.1f %% of CPU time\n", wall[count / 2],
	    cpu[count / 2]);
}

void
iterations_print_end(const struct iterations *iterations, uint64_t fixed)
{
	const struct iteration *first = &iterations->rows[0],
			       *last = &iterations->rows[iterations->count - 1];
	if (fixed > 0)
		printf("fixed point: run %llu found its own set again\n", (unsigned long long)fixed);
	else
		printf("no fixed point in %llu runs\n", (unsigned long long)iterations->count);
	printf("probes instrumented: from %llu to %llu; calls metered: from %llu to %llu\n",
	    (unsigned long long)first->instrumented, (unsigned long long)last->instrumented,
	    (unsigned long long)first->calls, (unsigned long long)last->calls);
	printf("explained by the probes of the last run: %.1f %% of the time, in the first run %.1f %%\n",
	    100 * last->explained, 100 * first->explained);
	print_overhead(iterations);
}

bool
iterations_csv(const struct iterations *iterations, const char *path, struct nest_error *error)
{
	struct output output;
	if (!output_open(&output, path, error))
		return false;
	FILE *file = output.file;
	fputs("run,instrumented,metered,hotspots,disabled,calls,wall_s,cpu_s,cost_s,unmetered_wall_s,"
	      "unmetered_cpu_s,explained\r\n",
	    file);
	for (uint64_t i = 0; i < iterations->count; i++) {
		const struct iteration *row = &iterations->rows[i];
		fprintf(file, "%llu,%llu,%llu,%llu,%llu,%llu,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\r\n",
		    (unsigned long long)(i + 1), (unsigned long long)row->instrumented,
		    (unsigned long long)row->metered, (unsigned long long)row->hotspots,
		    (unsigned long long)row->disabled, (unsigned long long)row->calls,
		    (double)row->wall_ns * 1e-9, (double)row->cpu_ns * 1e-9, row->cost_ns * 1e-9,
		    (double)row->unmetered_wall_ns * 1e-9, (double)row->unmetered_cpu_ns * 1e-9,
		    row->explained);
	}
	return output_close(&output, true, error);
}

bool
iterations_page(
    const struct iterations *iterations, const char *folder, const char *path, struct nest_error *error)
{
	struct runs runs = {0};
	bool fine = runs_add(&runs, folder, error);
	if (fine) {
		const struct run *last = &runs.runs[runs.count - 1];
		struct report report = {.gathering = &last->gathering,
		    .model = &last->model,
		    .runs = &runs,
		    .iterations = iterations,
		    .top = UINT64_MAX};
		fine = report_write(&report, report_html, path, error);
	}
	runs_free(&runs);
	return fine;
}
