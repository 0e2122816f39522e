#include "lib/meter/config.h"

#include "lib/meter/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct meter_kind_description meter_kinds[METER_KINDS] = {
    [METER_CLOCK_TIME] = {"clock.time", "ns"},
    [METER_CLOCK_CPU] = {"clock.cpu", "ns"},
    [METER_CYCLES] = {"cpu.cycles", "count"},
    [METER_INSTRUCTIONS] = {"cpu.instructions", "count"},
    [METER_CACHE_MISSES] = {"cache.misses", "count"},
    [METER_CACHE_REFERENCES] = {"cache.references", "count"},
    [METER_BRANCHES] = {"branches", "count"},
    [METER_BRANCH_MISSES] = {"branch.misses", "count"},
    [METER_PAGE_FAULTS] = {"page.faults", "count"},
    [METER_CONTEXT_SWITCHES] = {"context.switches", "count"},
};

void
meter_config_init(struct meter_config *config)
{
	*config = (struct meter_config){
	    .initial = 1000,
	    .lower = 2000,
	    .upper = 100000,
	    .inclusive = {.at_ns = 10000, .credit = 1, .debit = 2},
	    .inherent = {.at_ns = 2000, .credit = 1, .debit = 2},
	    .failures = 1,
	    .sampled_ns = 100,
	    .tracking_limit = 65536,
	    .timeline_limit = 65536,
	    .meters = {METER_CLOCK_TIME},
	    .meter_count = 1,
	};
}

static void
groups_clear(struct meter_groups *groups)
{
	while (groups->count > 0)
		free(groups->groups[--groups->count]);
	free(groups->groups);
	groups->groups = NULL;
}

static void
list_clear(struct meter_groups *list, size_t *count)
{
	while (*count > 0)
		groups_clear(&list[--*count]);
}

void
meter_config_free(struct meter_config *config)
{
	list_clear(config->labels, &config->label_count);
	list_clear(config->tiers, &config->tier_count);
}

static bool
asks_files(const struct meter_groups *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < list[i].count; g++)
			if (meter_group_asks_file(list[i].groups[g]))
				return true;
	return false;
}

bool
meter_config_asks_files(const struct meter_config *config)
{
	return config->sources || asks_files(config->labels, config->label_count) ||
	       asks_files(config->tiers, config->tier_count);
}

/* ---- parsing ---- */

/* Labels and tiers: names, and groups of each. */
enum list { LIST_LABELS, LIST_TIERS, LISTS };

static const struct list_key {
	const char *names, *groups; /* GROUPS.NAME.name.groups is the key for NAME */
	size_t limit;
} list_keys[LISTS] = {
    [LIST_LABELS] = {"autolabel.labels", "autolabel.label", METER_LABEL_LIMIT},
    [LIST_TIERS] = {"tierpoint.tiers", "tierpoint.tier", METER_TIER_LIMIT},
};

struct parser {
	struct meter_config *config;
	meter_config_warn *warn;
	const char *path;
	struct nest_error *error;
	bool lists_only; /* in the first pass: the groups of a name may come before it in the file */
	unsigned line;
	const char *key, *value;
};

static bool
refuse(struct parser *p, const char *problem)
{
	return nest_error_set(
	    p->error, NEST_USAGE, "line %u: %.80s=%.80s: %s", p->line, p->key, p->value, problem);
}

static void
warn(struct parser *p, const char *what)
{
	char text[256];
	snprintf(text, sizeof text, "%.120s: %s", p->key, what);
	if (p->warn != NULL)
		p->warn(p->path, p->line, text);
}

static bool
parse_whole(struct parser *p, uint32_t low, uint32_t high, uint32_t *target)
{
	char *end, problem[80];
	errno = 0;
	long long value = strtoll(p->value, &end, 10);
	if (end == p->value || *end != '\0')
		return refuse(p, "not a whole number");
	snprintf(problem, sizeof problem, "out of range (%u to %u)", (unsigned)low, (unsigned)high);
	if (errno != 0 || value < low || value > high)
		return refuse(p, problem);
	*target = (uint32_t)value;
	return true;
}

/* Microseconds, or whatever has up to three decimals, as thousandths. */
static bool
parse_decimal(struct parser *p, uint64_t *target)
{
	static const char digits[] = "0123456789";
	const char *point = p->value + strspn(p->value, digits), *decimals = point + (*point == '.');
	size_t places = strspn(decimals, digits);
	uint64_t whole = strtoull(p->value, NULL, 10);
	char thousandths[] = "000";
	if (point == p->value || (places == 0) != (decimals == point) || places > 3 ||
	    decimals[places] != '\0' || whole > 1000000000u)
		return refuse(p, "not a number of microseconds (0 to 1000000000, up to three decimals)");
	memcpy(thousandths, decimals, places);
	*target = whole * 1000 + strtoull(thousandths, NULL, 10);
	return true;
}

/* The next word of a list with commas or blanks in between; false at its end. */
static bool
next_word(const char **at, struct view *word)
{
	static const char separators[] = ", \t\f\r;";
	*at += strspn(*at, separators);
	size_t size = strcspn(*at, separators);
	*word = (struct view){(const uint8_t *)*at, size};
	*at += size;
	return size > 0;
}

/* The groups of config->labels or config->tiers, and *COUNT of them. */
static struct meter_groups *
list_of(struct meter_config *config, enum list which, size_t **count)
{
	*count = which == LIST_LABELS ? &config->label_count : &config->tier_count;
	return which == LIST_LABELS ? config->labels : config->tiers;
}

static struct meter_groups *
find_name(struct meter_groups *list, size_t count, struct view name)
{
	for (size_t i = 0; i < count; i++)
		if (view_equal(view_of_text(list[i].name), name))
			return &list[i];
	return NULL;
}

static bool
parse_names(struct parser *p, enum list which)
{
	size_t *count;
	struct meter_groups *list = list_of(p->config, which, &count);
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *at = p->value;
	struct view word;
	list_clear(list, count);
	while (next_word(&at, &word)) {
		if (word.size > METER_WORD_BYTES || strspn((const char *)word.data, plain) < word.size)
			return refuse(p, "a name is not 1 to 63 letters, digits and . _ -");
		if (find_name(list, *count, word) != NULL)
			continue;
		if (*count == list_keys[which].limit)
			return refuse(p, "too many names");
		list[*count] = (struct meter_groups){0};
		memcpy(list[(*count)++].name, word.data, word.size);
	}
	return true;
}

static bool
parse_groups(struct parser *p, enum list which, struct view name)
{
	size_t *count;
	struct meter_groups *list = list_of(p->config, which, &count),
			    *target = find_name(list, *count, name);
	const char *at = p->value;
	struct view word;
	if (target == NULL) {
		warn(p, "its name is not in the list of names, so it has no effect");
		return true;
	}
	groups_clear(target);
	while (next_word(&at, &word)) {
		if (target->count == METER_GROUP_LIMIT)
			return refuse(p, "too many name groups");
		char **grown = realloc(target->groups, (target->count + 1) * sizeof *grown);
		if (grown == NULL)
			return nest_error_memory(
			    p->error, (target->count + 1) * sizeof *grown, "name groups");
		target->groups = grown;
		char *group = strndup((const char *)word.data, word.size);
		if (group == NULL)
			return nest_error_memory(p->error, word.size, "a name group");
		grown[target->count++] = group;
		const char *problem = meter_group_check(group);
		if (problem != NULL)
			return refuse(p, problem);
	}
	return true;
}

static bool
parse_meters(struct parser *p)
{
	struct meter_config *config = p->config;
	const char *at = p->value;
	struct view word;
	unsigned seen = 1u << METER_CLOCK_TIME;
	config->meter_count = 1;
	while (next_word(&at, &word)) {
		enum meter_kind kind = 0;
		while (kind < METER_KINDS && !view_equal(view_of_text(meter_kinds[kind].name), word))
			kind++;
		if (kind == METER_KINDS)
			return refuse(p, "a meter of that name is not known");
		if (seen >> kind & 1)
			continue;
		if (config->meter_count == METER_METER_LIMIT)
			return refuse(p, "more than 8 meters");
		config->meters[config->meter_count++] = kind;
		seen |= 1u << kind;
	}
	return true;
}

enum key_kind { KEY_SWITCH, KEY_WHOLE, KEY_DECIMAL };
enum { SCORE_MOST = 1000000000, POINTS_MOST = 100000, LIMIT_MOST = 1 << 24 };

#define FIELD(name) offsetof(struct meter_config, name)
static const struct plain_key {
	const char *key;
	enum key_kind kind;
	size_t offset;
	uint32_t low, high; /* of a whole number */
} plain_keys[] = {
    {"hotspot.enabled", KEY_SWITCH, FIELD(hotspot), 0, 0},
    {"hotspot.initial", KEY_WHOLE, FIELD(initial), 0, SCORE_MOST},
    {"hotspot.lower", KEY_WHOLE, FIELD(lower), 0, SCORE_MOST},
    {"hotspot.upper", KEY_WHOLE, FIELD(upper), 0, SCORE_MOST},
    {"hotspot.threshold", KEY_DECIMAL, FIELD(inclusive.at_ns), 0, 0},
    {"hotspot.threshold.credit", KEY_WHOLE, FIELD(inclusive.credit), 0, POINTS_MOST},
    {"hotspot.threshold.debit", KEY_WHOLE, FIELD(inclusive.debit), 0, POINTS_MOST},
    {"hotspot.threshold.inherent", KEY_DECIMAL, FIELD(inherent.at_ns), 0, 0},
    {"hotspot.threshold.inherent.credit", KEY_WHOLE, FIELD(inherent.credit), 0, POINTS_MOST},
    {"hotspot.threshold.inherent.debit", KEY_WHOLE, FIELD(inherent.debit), 0, POINTS_MOST},
    {"hotspot.worth", KEY_DECIMAL, FIELD(worth), 0, 0},
    {"hotspot.failures", KEY_WHOLE, FIELD(failures), 1, LIMIT_MOST},
    {"hotspot.budget", KEY_DECIMAL, FIELD(budget), 0, 0},
    {"hotspot.threshold.sampled", KEY_DECIMAL, FIELD(sampled_ns), 0, 0},
    {"nonrecursive.enabled", KEY_SWITCH, FIELD(nonrecursive), 0, 0},
    {"nonreentrant.enabled", KEY_SWITCH, FIELD(nonreentrant), 0, 0},
    {"autolabel.enabled", KEY_SWITCH, FIELD(autolabel), 0, 0},
    {"tierpoint.enabled", KEY_SWITCH, FIELD(tierpoint), 0, 0},
    {"tracking.enabled", KEY_SWITCH, FIELD(tracking), 0, 0},
    {"tracking.limit", KEY_WHOLE, FIELD(tracking_limit), 1, LIMIT_MOST},
    {"timeline.enabled", KEY_SWITCH, FIELD(timeline), 0, 0},
    {"timeline.limit", KEY_WHOLE, FIELD(timeline_limit), 1, LIMIT_MOST},
    {"sources.enabled", KEY_SWITCH, FIELD(sources), 0, 0},
};
enum { PLAIN_KEYS = sizeof plain_keys / sizeof *plain_keys };

static bool
parse_plain(struct parser *p, const struct plain_key *plain)
{
	void *target = (unsigned char *)p->config + plain->offset;
	switch (plain->kind) {
	case KEY_SWITCH:
		*(bool *)target = strcmp(p->value, "true") == 0;
		return *(bool *)target || strcmp(p->value, "false") == 0 ||
		       refuse(p, "neither true nor false");
	case KEY_WHOLE:
		return parse_whole(p, plain->low, plain->high, target);
	case KEY_DECIMAL:
		return parse_decimal(p, target);
	}
	return true;
}

/* The NAME in a key HEAD.NAME.name.groups; false if KEY has another form. */
static bool
name_within(const char *key, const char *head, struct view *name)
{
	static const char tail[] = ".name.groups";
	size_t all = strlen(key), before = strlen(head) + 1, behind = sizeof tail - 1;
	if (all <= before + behind || strncmp(key, head, before - 1) != 0 || key[before - 1] != '.' ||
	    strcmp(key + all - behind, tail) != 0)
		return false;
	*name = (struct view){(const uint8_t *)key + before, all - before - behind};
	return true;
}

static const char *
strip_prefix(const char *key)
{
	static const char *const prefixes[] = {"j.s.p.", "jxinsight.server.probes."};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
			return key + strlen(prefixes[i]);
	return key;
}

static bool
parse_pair(struct parser *p)
{
	const char *key = strip_prefix(p->key);
	struct view name;
	for (enum list i = 0; i < LISTS; i++)
		if (strcmp(key, list_keys[i].names) == 0)
			return !p->lists_only || parse_names(p, i);
	if (p->lists_only)
		return true;
	for (enum list i = 0; i < LISTS; i++)
		if (name_within(key, list_keys[i].groups, &name))
			return parse_groups(p, i, name);
	if (strcmp(key, "meters") == 0)
		return parse_meters(p);
	for (size_t i = 0; i < PLAIN_KEYS; i++)
		if (strcmp(key, plain_keys[i].key) == 0)
			return parse_plain(p, &plain_keys[i]);
	warn(p, "unknown key");
	return true;
}

static const char blanks[] = " \t\f\r";

/* Splits a logical line into key and value, in place, and takes them. */
static bool
parse_line(struct parser *p, char *line, size_t size)
{
	if (memchr(line, '\0', size) != NULL) {
		p->key = "a zero byte", p->value = "";
		return refuse(p, "this is no text");
	}
	line[size] = '\0';
	while (size > 0 && strchr(blanks, line[size - 1]) != NULL)
		line[--size] = '\0';
	char *end = line + strcspn(line, "=: \t\f"), *value = end + strspn(end, blanks);
	value += *value == '=' || *value == ':';
	p->key = line;
	p->value = value + strspn(value, blanks);
	*end = '\0';
	return parse_pair(p);
}

/*
 * Puts logical lines together in LINE, which has room for all of TEXT: a backslash at the end of a
 * line joins the next one to it, without the blanks in front.
 */
static bool
parse_pass(struct parser *p, struct view text, char *line)
{
	const char *at = (const char *)text.data, *end = at + text.size, *next;
	bool joins = false;
	size_t size = 0;
	for (unsigned number = 1; at < end; number++, at = next) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		next = stop + (stop < end);
		while (at < stop && *at != '\0' && strchr(blanks, *at) != NULL)
			at++;
		stop -= stop > at && stop[-1] == '\r';
		if (!joins && (at == stop || *at == '#' || *at == '!'))
			continue;
		if (!joins) {
			p->line = number;
			size = 0;
		}
		size_t slashes = 0;
		while (stop - at > (ptrdiff_t)slashes && stop[-1 - (ptrdiff_t)slashes] == '\\')
			slashes++;
		joins = slashes % 2 == 1;
		memcpy(line + size, at, (size_t)(stop - at) - joins);
		size += (size_t)(stop - at) - joins;
		if ((!joins || next == end) && size > 0 && !parse_line(p, line, size))
			return false;
	}
	return true;
}

static bool
parse_text(struct parser *p, struct view text)
{
	const struct meter_config *config = p->config;
	char *line = malloc(text.size + 1);
	if (line == NULL)
		return nest_error_memory(p->error, text.size + 1, "a configuration");
	p->lists_only = true;
	bool parsed = parse_pass(p, text, line);
	p->lists_only = false;
	parsed = parsed && parse_pass(p, text, line);
	free(line);
	/* Scoring would end before a name could be one. */
	if (parsed && config->hotspot && config->upper < config->lower)
		return nest_error_set(p->error, NEST_USAGE,
		    "hotspot.upper=%u is below hotspot.lower=%u: nothing could become a hotspot",
		    (unsigned)config->upper, (unsigned)config->lower);
	return parsed;
}

bool
meter_config_parse(struct meter_config *config, struct view text, meter_config_warn *warn_with,
    const char *path, struct nest_error *error)
{
	struct parser p = {.config = config, .warn = warn_with, .path = path, .error = error};
	if (text.size > METER_CONFIG_BYTES)
		return nest_error_set(error, NEST_USAGE, "larger than %d bytes", (int)METER_CONFIG_BYTES);
	return parse_text(&p, text);
}

bool
meter_config_read(
    struct meter_config *config, const char *path, meter_config_warn *warn_with, struct nest_error *error)
{
	struct buffer text = {0};
	bool parsed = meter_file_read(path, METER_CONFIG_BYTES, &text, error);
	if (parsed &&
	    !meter_config_parse(config, (struct view){text.data, text.size}, warn_with, path, error))
		parsed = nest_error_prefix(error, "%s: ", path);
	buffer_free(&text);
	return parsed;
}

/* ---- printing ---- */

static bool
print_groups(const struct meter_groups *list, size_t count, const struct list_key *key, struct buffer *text,
    struct nest_error *error)
{
	bool printed = buffer_print(text, error, "j.s.p.%s=", key->names);
	for (size_t i = 0; printed && i < count; i++)
		printed = buffer_print(text, error, "%s%s", i > 0 ? "," : "", list[i].name);
	printed = printed && buffer_print(text, error, "\n");
	for (size_t i = 0; printed && i < count; i++) {
		printed = buffer_print(text, error, "j.s.p.%s.%s.name.groups=", key->groups, list[i].name);
		for (size_t g = 0; printed && g < list[i].count; g++)
			printed = buffer_print(text, error, "%s%s", g > 0 ? "," : "", list[i].groups[g]);
		printed = printed && buffer_print(text, error, "\n");
	}
	return printed;
}

static bool
print_plain(const struct meter_config *config, const struct plain_key *plain, struct buffer *text,
    struct nest_error *error)
{
	const void *from = (const unsigned char *)config + plain->offset;
	unsigned long long thousandths;
	switch (plain->kind) {
	case KEY_SWITCH:
		return buffer_print(
		    text, error, "j.s.p.%s=%s\n", plain->key, *(const bool *)from ? "true" : "false");
	case KEY_WHOLE:
		return buffer_print(
		    text, error, "j.s.p.%s=%u\n", plain->key, (unsigned)*(const uint32_t *)from);
	case KEY_DECIMAL:
		thousandths = *(const uint64_t *)from;
		return buffer_print(text, error, "j.s.p.%s=%llu.%03llu\n", plain->key, thousandths / 1000,
		    thousandths % 1000);
	}
	return true;
}

bool
meter_config_print(const struct meter_config *config, struct buffer *text, struct nest_error *error)
{
	for (size_t i = 0; i < PLAIN_KEYS; i++)
		if (!print_plain(config, &plain_keys[i], text, error))
			return false;
	bool printed =
	    print_groups(config->labels, config->label_count, &list_keys[LIST_LABELS], text, error) &&
	    print_groups(config->tiers, config->tier_count, &list_keys[LIST_TIERS], text, error) &&
	    buffer_print(text, error, "j.s.p.meters=");
	for (size_t i = 0; printed && i < config->meter_count; i++)
		printed =
		    buffer_print(text, error, "%s%s", i > 0 ? "," : "", meter_kinds[config->meters[i]].name);
	return printed && buffer_print(text, error, "\n");
}
