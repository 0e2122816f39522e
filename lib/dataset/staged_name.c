#include "lib/dataset/staged_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char part_prefix[] = "part-";
static const char temporary_suffix[] = ".tmp";

void
staged_part(uint64_t number, struct digest_value run, struct digest_value digest, char name[PLACE_NAME_BYTES])
{
	char run_text[DIGEST_TEXT_BYTES], digest_text[DIGEST_TEXT_BYTES];
	digest_print(run, run_text);
	digest_print(digest, digest_text);
	snprintf(name, PLACE_NAME_BYTES, "%s%05" PRIu64 "-%.*s-%s", part_prefix, number, NAME_RUN_DIGITS,
	    run_text, digest_text);
}

/* Whether NAME is the beginning of a complete part's name, as far as the number; *END is after it. */
static bool
parse_number(const char *name, uint64_t *number, const char **end)
{
	size_t prefix = sizeof part_prefix - 1;
	char expected[PLACE_NAME_BYTES];
	char *behind;
	if (strncmp(name, part_prefix, prefix) != 0 || name[prefix] < '0' || name[prefix] > '9')
		return false;
	*number = strtoull(name + prefix, &behind, 10);
	*end = behind;
	/* There is one way to write a number. */
	snprintf(expected, sizeof expected, "%s%05" PRIu64, part_prefix, *number);
	return strlen(expected) == (size_t)(*end - name) && memcmp(expected, name, strlen(expected)) == 0;
}

bool
staged_parse(const char *name, struct part_name *parsed)
{
	const char *end;
	if (!parse_number(name, &parsed->number, &end) ||
	    strlen(end) != NAME_RUN_DIGITS + 2 * DIGEST_BYTES + 2 || end[0] != '-' ||
	    end[NAME_RUN_DIGITS + 1] != '-' || strspn(end + 1, "0123456789abcdef") != NAME_RUN_DIGITS)
		return false;
	memcpy(parsed->run, end + 1, NAME_RUN_DIGITS);
	parsed->run[NAME_RUN_DIGITS] = '\0';
	return digest_parse(view_of_text(end + NAME_RUN_DIGITS + 2), &parsed->digest);
}

bool
staged_is_of_run(const struct part_name *parsed, struct digest_value run)
{
	char text[DIGEST_TEXT_BYTES];
	digest_print(run, text);
	return memcmp(parsed->run, text, NAME_RUN_DIGITS) == 0;
}

bool
staged_temporary(const char *stem, char name[PLACE_NAME_BYTES], struct nest_error *error)
{
	uint64_t chance;
	if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
		return nest_error_system(error, "unable to make up a file's name");
	snprintf(name, PLACE_NAME_BYTES, ".%.30s.%016" PRIx64 "%s", stem, chance, temporary_suffix);
	return true;
}

bool
staged_is_temporary(const char *name)
{
	size_t size = strlen(name), suffix = sizeof temporary_suffix - 1;
	return name[0] == '.' && size > suffix && strcmp(name + size - suffix, temporary_suffix) == 0;
}

bool
staged_is_ours(const char *name)
{
	static const char *const others[] = {NAME_RUN, NAME_DATASET, NAME_MERGER};
	struct part_name parsed;
	uint64_t number;
	const char *end;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	/* Parts once had only a number. */
	return staged_is_temporary(name) || staged_parse(name, &parsed) ||
	       (parse_number(name, &number, &end) && *end == '\0');
}
