#include "lib/base/options.h"

#include "lib/base/nearest.h"
#include "lib/base/program.h"
#include "lib/base/quantity.h"
#include "lib/base/version.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each long option has a number of its own, from LONG_FIRST on, above all letters:
 * if all had the same, getopt would take the first of several that an abbreviation
 * may mean.
 */
enum { OPTION_LIMIT = 40, LONG_FIRST = 256, SHARES_MOST = 4096 };

bool
options_count(const char *text, const char *what, uint64_t low, uint64_t high, uint64_t *value,
    struct nest_error *error)
{
	uint64_t number = 0;
	enum quantity_kind kind = quantity_read(text, &number);
	if (kind == QUANTITY_NONE)
		return nest_error_set(error, NEST_USAGE,
		    "%s: '%s' is not a number (such as 5000, 1_000_000, 250k, 1.5M or 1e9)", what, text);
	if (kind == QUANTITY_BROKEN)
		return nest_error_set(error, NEST_USAGE, "%s: %s is not a whole number", what, text);
	if (kind == QUANTITY_TOO_LARGE || number < low || number > high)
		return nest_error_set(error, NEST_USAGE, "%s: %s is out of range (%llu to %llu)", what, text,
		    (unsigned long long)low, (unsigned long long)high);
	*value = number;
	return true;
}

bool
options_share(const char *text, const char *what, uint64_t *share, uint64_t *shares, struct nest_error *error)
{
	char index[32];
	const char *slash = strchr(text, '/');
	size_t size = slash != NULL ? (size_t)(slash - text) : sizeof index;
	if (size >= sizeof index)
		return nest_error_set(error, NEST_USAGE, "%s: '%s' is not of the form I/N", what, text);
	memcpy(index, text, size);
	index[size] = '\0';
	if (!options_count(slash + 1, what, 1, SHARES_MOST, shares, error) ||
	    !options_count(index, what, 0, SHARES_MOST, share, error))
		return false;
	return *share < *shares ||
	       nest_error_set(error, NEST_USAGE, "%s: %llu/%llu: shares are numbered from 0", what,
		   (unsigned long long)*share, (unsigned long long)*shares);
}

static bool
choose(const struct option_spec *spec, const char *text, struct nest_error *error)
{
	size_t length = strlen(text);
	unsigned index = 0;
	for (const char *word = spec->argument; word != NULL; index++) {
		const char *bar = strchr(word, '|');
		size_t size = bar != NULL ? (size_t)(bar - word) : strlen(word);
		if (size == length && memcmp(word, text, size) == 0) {
			*(unsigned *)spec->target = index;
			return true;
		}
		word = bar != NULL ? bar + 1 : NULL;
	}
	return nest_error_set(
	    error, NEST_USAGE, "--%s: '%s' is none of %s", spec->name, text, spec->argument);
}

static bool
add_text(const struct option_spec *spec, const char *text, struct nest_error *error)
{
	struct option_texts *texts = spec->target;
	if (texts->count == OPTION_TEXTS_MOST)
		return nest_error_set(
		    error, NEST_USAGE, "--%s is given more than %d times", spec->name, OPTION_TEXTS_MOST);
	texts->list[texts->count++] = text;
	return true;
}

static bool
take(const struct option_spec *spec, const char *text, struct nest_error *error)
{
	char what[64];
	switch (spec->kind) {
	case OPTION_FLAG:
		*(bool *)spec->target = true;
		return true;
	case OPTION_STEP:
		++*(int *)spec->target;
		return true;
	case OPTION_TEXT:
		*(const char **)spec->target = text;
		return true;
	case OPTION_TEXTS:
		return add_text(spec, text, error);
	case OPTION_CHOICE:
		return choose(spec, text, error);
	case OPTION_COUNT:
		snprintf(what, sizeof what, "--%s", spec->name);
		return options_count(text, what, spec->low, spec->high, spec->target, error);
	}
	return false;
}

static bool
takes_argument(const struct option_spec *spec)
{
	return spec->kind != OPTION_FLAG && spec->kind != OPTION_STEP;
}

static void
print_option(char letter, const char *name, const char *argument, const char *help)
{
	char left[80];
	char dash[4] = {letter != 0 ? '-' : ' ', letter != 0 ? letter : ' ', letter != 0 ? ',' : ' ', 0};
	snprintf(left, sizeof left, "%s --%s%s%s", dash, name, argument != NULL ? " " : "",
	    argument != NULL ? argument : "");
	if (strlen(left) > 30)
		printf("  %s\n  %-30s  %s\n", left, "", help);
	else
		printf("  %-30s  %s\n", left, help);
}

static void
answer_help(const struct program_usage *usage)
{
	printf("usage: %s %s\n\n%s\n\n", usage->name, usage->synopsis, usage->summary);
	for (const struct option_spec *spec = usage->options; spec->name != NULL; spec++)
		print_option(spec->letter, spec->name, spec->argument, spec->help);
	print_option('h', "help", NULL, "print this and exit");
	print_option('V', "version", NULL, "print the version and exit");
	printf("\n%s(1) is the manual.\n", usage->name);
	program_finish_output();
	exit(NEST_OK);
}

static void
answer_version(const struct program_usage *usage)
{
	printf("%s %s\n", usage->name, NEST_VERSION);
	program_finish_output();
	exit(NEST_OK);
}

/* getopt's own tables, made from ours. */
struct getopt_tables {
	struct option longs[OPTION_LIMIT + 3];
	char letters[2 * OPTION_LIMIT + 8];
};

static size_t
fill_tables(const struct program_usage *usage, struct getopt_tables *tables)
{
	size_t count = 0;
	char *letter = tables->letters;
	*letter++ = ':'; /* distinguishes a missing argument from an unknown option */
	for (const struct option_spec *spec = usage->options; spec->name != NULL && count < OPTION_LIMIT;
	     spec++, count++) {
		tables->longs[count] = (struct option){spec->name,
		    takes_argument(spec) ? required_argument : no_argument, NULL, LONG_FIRST + (int)count};
		if (spec->letter != 0) {
			*letter++ = spec->letter;
			if (takes_argument(spec))
				*letter++ = ':';
		}
	}
	tables->longs[count] = (struct option){"help", no_argument, NULL, LONG_FIRST + (int)count};
	tables->longs[count + 1] = (struct option){"version", no_argument, NULL, LONG_FIRST + (int)count + 1};
	tables->longs[count + 2] = (struct option){0};
	memcpy(letter, "hV", 3);
	return count;
}

/* Refuses a long option that is unknown or ambiguous. */
static bool
refuse_long(const struct program_usage *usage, const struct option *longs, const char *argument,
    struct nest_error *error)
{
	const char *name = argument + 2;
	size_t length = strcspn(name, "="), begun = 0;
	struct nearest nearest = nearest_to(name, length);
	for (; longs->name != NULL; longs++) {
		begun += strncmp(longs->name, name, length) == 0;
		nearest_try(&nearest, longs->name);
	}
	if (begun > 1)
		return nest_error_set(error, NEST_USAGE,
		    "%s is not an option, or is short for several; see %s --help", argument, usage->name);
	nest_error_set(error, NEST_USAGE, "%s is not an option", argument);
	if (nearest.best != NULL)
		nest_error_suffix(error, "; did you mean --%s?", nearest.best);
	else
		nest_error_suffix(error, "; see %s --help", usage->name);
	return false;
}

static bool
refuse(const struct program_usage *usage, const struct option *longs, int found, char **argv,
    struct nest_error *error)
{
	const char *problem = found == ':' ? "needs a value" : "is not an option";
	if (found == '?' && optopt == 0)
		return refuse_long(usage, longs, argv[optind - 1], error);
	/* A known long option fails only for a `=value`. */
	if (found == '?' && optopt >= LONG_FIRST)
		problem = "gives a value to an option that takes none";
	if (optopt < LONG_FIRST)
		return nest_error_set(
		    error, NEST_USAGE, "-%c %s; see %s --help", optopt, problem, usage->name);
	return nest_error_set(
	    error, NEST_USAGE, "%s %s; see %s --help", argv[optind - 1], problem, usage->name);
}

bool
options_parse(
    const struct program_usage *usage, int argc, char **argv, int *operands, struct nest_error *error)
{
	struct getopt_tables tables;
	size_t count = fill_tables(usage, &tables);
	int found, help = LONG_FIRST + (int)count, version = help + 1;

	opterr = 0;
	while ((found = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		const struct option_spec *spec = NULL;
		if (found == '?' || found == ':')
			return refuse(usage, tables.longs, found, argv, error);
		if (found == 'h' || found == help)
			answer_help(usage);
		if (found == 'V' || found == version)
			answer_version(usage);
		if (found >= LONG_FIRST)
			spec = &usage->options[found - LONG_FIRST];
		for (size_t i = 0; spec == NULL && i < count; i++)
			if (usage->options[i].letter == found)
				spec = &usage->options[i];
		if (spec == NULL || !take(spec, optarg, error))
			return false;
	}
	*operands = optind;
	return true;
}
