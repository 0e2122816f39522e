/* The rows as CSV with a line of titles; times in nanoseconds. */
#include "meter/report.h"

static const char *const groups[] = {
    [MODEL_BY_NAME] = "", [MODEL_BY_STAGE] = "stage,", [MODEL_BY_PROCESS] = "process,"};

/* RFC 4180. */
static void
print_field(FILE *file, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

static void
print_titles(const struct report *report)
{
	static const char *const columns[] = {
	    "total", "max", "min", "inherent_total", "inherent_max", "inherent_min"};
	fprintf(
	    report->file, "%sprobe,labels,processes,count,score,credit,debit,sampled", groups[report->by]);
	for (size_t m = 0; m < report->model->meter_count; m++)
		for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
			fprintf(report->file, ",%s %s", report->model->meters[m].name, columns[i]);
	fputs("\r\n", report->file);
}

static void
print_row(const struct report *report, const struct model_row *row)
{
	FILE *file = report->file;
	char labels[256];
	if (report->by != MODEL_BY_NAME) {
		print_field(file, row->group);
		fputc(',', file);
	}
	print_field(file, row->name);
	fprintf(file, ",%s,%u,%llu,%lld,%llu,%llu,%llu",
	    model_labels(report->model, row->labels, labels, sizeof labels), (unsigned)row->processes,
	    (unsigned long long)row->count, (long long)row->score, (unsigned long long)row->credit,
	    (unsigned long long)row->debit, (unsigned long long)(row->passed > 0 ? row->sampled : 1));
	for (size_t m = 0; m < report->model->meter_count; m++) {
		const struct snapshot_sum *sum = &row->sums[m];
		fprintf(file, ",%llu,%llu,%llu,%llu,%llu,%llu", (unsigned long long)sum->total,
		    (unsigned long long)sum->max, (unsigned long long)sum->min,
		    (unsigned long long)sum->inherent_total, (unsigned long long)sum->inherent_max,
		    (unsigned long long)sum->inherent_min);
	}
	fputs("\r\n", file);
}

bool
report_csv(const struct report *report, struct nest_error *error)
{
	(void)error;
	print_titles(report);
	for (size_t i = 0; i < report->row_count; i++)
		print_row(report, report->rows[i]);
	return true;
}
