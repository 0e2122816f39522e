#include "lib/meter/config.h"

#include "lib/meter/file.h"

#include <errno.h>
#include <stdarg.h>
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
	for (size_t i = 0; i < groups->count; i++)
		free(groups->groups[i]);
	free(groups->groups);
	groups->groups = NULL;
	groups->count = 0;
}

void
meter_config_free(struct meter_config *config)
{
	for (size_t i = 0; i < config->label_count; i++)
		groups_clear(&config->labels[i]);
	for (size_t i = 0; i < config->tier_count; i++)
		groups_clear(&config->tiers[i]);
	config->label_count = config->tier_count = 0;
}

static bool
copy_list(struct meter_groups *to, const struct meter_groups *from, size_t count, size_t *copied,
    struct nest_error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct meter_groups *groups = &to[i];
		memcpy(groups->name, from[i].name, sizeof groups->name);
		groups->count = 0;
		groups->groups = calloc(from[i].count + 1, sizeof *groups->groups);
		*copied = i + 1;
		if (groups->groups == NULL)
			return nest_error_memory(
			    error, from[i].count * sizeof *groups->groups, "name groups");
		for (size_t g = 0; g < from[i].count; g++, groups->count++)
			if ((groups->groups[g] = strdup(from[i].groups[g])) == NULL)
				return nest_error_memory(error, strlen(from[i].groups[g]), "a name group");
	}
	return true;
}

bool
meter_config_copy(struct meter_config *to, const struct meter_config *from, struct nest_error *error)
{
	*to = *from;
	to->label_count = to->tier_count = 0;
	if (copy_list(to->labels, from->labels, from->label_count, &to->label_count, error) &&
	    copy_list(to->tiers, from->tiers, from->tier_count, &to->tier_count, error))
		return true;
	meter_config_free(to);
	return false;
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

enum pass { PASS_LISTS, PASS_VALUES };

struct parser {
	struct meter_config *config;
	meter_config_warn *warn;
	void *to;
	struct nest_error *error;
	enum pass pass;
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
	/* Warns once, in the second pass. */
	if (p->warn == NULL || p->pass != PASS_VALUES)
		return;
	snprintf(text, sizeof text, "%.120s: %s", p->key, what);
	p->warn(p->to, p->line, text);
}

static bool
parse_switch(struct parser *p, bool *target)
{
	bool on = strcmp(p->value, "true") == 0;
	if (!on && strcmp(p->value, "false") != 0)
		return refuse(p, "neither true nor false");
	*target = on;
	return true;
}

static bool
parse_integer(struct parser *p, int64_t low, int64_t high, int64_t *target)
{
	char *end;
	errno = 0;
	long long value = strtoll(p->value, &end, 10);
	if (end == p->value || *end != '\0')
		return refuse(p, "not a whole number");
	if (errno != 0 || value < low || value > high) {
		char problem[80];
		snprintf(
		    problem, sizeof problem, "out of range (%lld to %lld)", (long long)low, (long long)high);
		return refuse(p, problem);
	}
	*target = value;
	return true;
}

static bool
parse_points(struct parser *p, uint32_t *target)
{
	int64_t value;
	if (!parse_integer(p, 0, 100000, &value))
		return false;
	*target = (uint32_t)value;
	return true;
}

/* Microseconds with up to three decimals. */
static bool
parse_time(struct parser *p, uint64_t *target_ns)
{
	const char *at = p->value;
	uint64_t whole = 0, fraction = 0, unit = 1000;
	for (; *at >= '0' && *at <= '9' && whole <= 1000000000u; at++)
		whole = whole * 10 + (uint64_t)(*at - '0');
	bool sound = at > p->value;
	if (sound && *at == '.') {
		sound = at[1] >= '0' && at[1] <= '9';
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			fraction = fraction * 10 + (uint64_t)(*at - '0');
		}
	}
	if (!sound || *at != '\0' || whole > 1000000000u)
		return refuse(p, "not a number of microseconds (0 to 1000000000, up to three decimals)");
	*target_ns = whole * 1000 + fraction * unit;
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

static bool
is_plain(struct view word)
{
	bool plain = word.size <= METER_WORD_BYTES;
	for (size_t i = 0; plain && i < word.size; i++) {
		uint8_t c = word.data[i];
		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		        c == '.' || c == '_' || c == '-';
	}
	return plain;
}

static bool
parse_names(struct parser *p, struct meter_groups *list, size_t *count, size_t limit)
{
	const char *at = p->value;
	struct view word;
	for (size_t i = 0; i < *count; i++)
		groups_clear(&list[i]);
	*count = 0;
	while (next_word(&at, &word)) {
		bool known = false;
		if (!is_plain(word))
			return refuse(p, "a name is not 1 to 63 letters, digits and . _ -");
		for (size_t i = 0; i < *count; i++)
			known = known || (strlen(list[i].name) == word.size &&
					     memcmp(list[i].name, word.data, word.size) == 0);
		if (known)
			continue;
		if (*count == limit)
			return refuse(p, "too many names");
		list[*count] = (struct meter_groups){0};
		memcpy(list[(*count)++].name, word.data, word.size);
	}
	return true;
}

static bool
parse_groups(struct parser *p, struct meter_groups *list, size_t count, const char *name, size_t name_size)
{
	struct meter_groups *target = NULL;
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i].name) == name_size && memcmp(list[i].name, name, name_size) == 0)
			target = &list[i];
	if (target == NULL) {
		warn(p, "its name is not in the list of names, so it has no effect");
		return true;
	}
	groups_clear(target);
	const char *at = p->value;
	struct view word;
	size_t capacity = 0;
	while (next_word(&at, &word)) {
		const char *problem = meter_group_check(&word);
		if (problem != NULL)
			return refuse(p, problem);
		if (target->count == METER_GROUP_LIMIT)
			return refuse(p, "too many name groups");
		if (target->count == capacity) {
			capacity = capacity * 2 + 8;
			char **grown = realloc(target->groups, capacity * sizeof *grown);
			if (grown == NULL)
				return nest_error_memory(p->error, capacity * sizeof *grown, "name groups");
			target->groups = grown;
		}
		char *group = strndup((const char *)word.data, word.size);
		if (group == NULL)
			return nest_error_memory(p->error, word.size, "a name group");
		target->groups[target->count++] = group;
	}
	return true;
}

static bool
parse_meters(struct parser *p)
{
	struct meter_config *config = p->config;
	const char *at = p->value;
	struct view word;
	config->meter_count = 1;
	while (next_word(&at, &word)) {
		int kind = -1;
		for (int i = 0; i < METER_KINDS; i++)
			if (view_equal(view_of_text(meter_kinds[i].name), word))
				kind = i;
		if (kind < 0)
			return refuse(p, "a meter of that name is not known");
		bool known = false;
		for (size_t i = 0; i < config->meter_count; i++)
			known = known || config->meters[i] == (enum meter_kind)kind;
		if (known)
			continue;
		if (config->meter_count == METER_METER_LIMIT)
			return refuse(p, "more than 8 meters");
		config->meters[config->meter_count++] = (enum meter_kind)kind;
	}
	return true;
}

enum key_kind { KEY_SWITCH, KEY_SCORE, KEY_POINTS, KEY_TIME, KEY_LIMIT };

#define FIELD(name) offsetof(struct meter_config, name)
static const struct plain_key {
	const char *key;
	enum key_kind kind;
	size_t offset;
} plain_keys[] = {
    {"hotspot.enabled", KEY_SWITCH, FIELD(hotspot)},
    {"hotspot.initial", KEY_SCORE, FIELD(initial)},
    {"hotspot.lower", KEY_SCORE, FIELD(lower)},
    {"hotspot.upper", KEY_SCORE, FIELD(upper)},
    {"hotspot.threshold", KEY_TIME, FIELD(inclusive.at_ns)},
    {"hotspot.threshold.credit", KEY_POINTS, FIELD(inclusive.credit)},
    {"hotspot.threshold.debit", KEY_POINTS, FIELD(inclusive.debit)},
    {"hotspot.threshold.inherent", KEY_TIME, FIELD(inherent.at_ns)},
    {"hotspot.threshold.inherent.credit", KEY_POINTS, FIELD(inherent.credit)},
    {"hotspot.threshold.inherent.debit", KEY_POINTS, FIELD(inherent.debit)},
    {"hotspot.worth", KEY_TIME, FIELD(worth)}, /* with three decimals, as a time is */
    {"hotspot.failures", KEY_LIMIT, FIELD(failures)},
    {"hotspot.budget", KEY_TIME, FIELD(budget)},
    {"hotspot.threshold.sampled", KEY_TIME, FIELD(sampled_ns)},
    {"nonrecursive.enabled", KEY_SWITCH, FIELD(nonrecursive)},
    {"nonreentrant.enabled", KEY_SWITCH, FIELD(nonreentrant)},
    {"autolabel.enabled", KEY_SWITCH, FIELD(autolabel)},
    {"tierpoint.enabled", KEY_SWITCH, FIELD(tierpoint)},
    {"tracking.enabled", KEY_SWITCH, FIELD(tracking)},
    {"tracking.limit", KEY_LIMIT, FIELD(tracking_limit)},
    {"timeline.enabled", KEY_SWITCH, FIELD(timeline)},
    {"timeline.limit", KEY_LIMIT, FIELD(timeline_limit)},
    {"sources.enabled", KEY_SWITCH, FIELD(sources)},
};
enum { PLAIN_KEYS = sizeof plain_keys / sizeof *plain_keys };

static bool
parse_plain(struct parser *p, const struct plain_key *plain)
{
	unsigned char *target = (unsigned char *)p->config + plain->offset;
	int64_t limit = 0;
	switch (plain->kind) {
	case KEY_SWITCH:
		return parse_switch(p, (void *)target);
	case KEY_SCORE:
		return parse_integer(p, 0, 1000000000, (void *)target);
	case KEY_POINTS:
		return parse_points(p, (void *)target);
	case KEY_TIME:
		return parse_time(p, (void *)target);
	case KEY_LIMIT:
		if (!parse_integer(p, 1, 1 << 24, &limit))
			return false;
		*(uint32_t *)(void *)target = (uint32_t)limit;
		return true;
	}
	return true;
}

/* The name in a KEY `HEADnameTAIL`; NULL if KEY has another form. */
static const char *
name_within(const char *key, const char *head, const char *tail, size_t *size)
{
	size_t all = strlen(key), before = strlen(head), behind = strlen(tail);
	if (all <= before + behind || strncmp(key, head, before) != 0 ||
	    strcmp(key + all - behind, tail) != 0)
		return NULL;
	*size = all - before - behind;
	return key + before;
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

/* Takes lists of names in the first pass: the groups of a name may come before it in the file. */
static bool
parse_pair(struct parser *p)
{
	struct meter_config *config = p->config;
	const char *key = strip_prefix(p->key), *name;
	size_t size;
	bool lists = p->pass == PASS_LISTS;

	if (strcmp(key, "autolabel.labels") == 0)
		return !lists || parse_names(p, config->labels, &config->label_count, METER_LABEL_LIMIT);
	if (strcmp(key, "tierpoint.tiers") == 0)
		return !lists || parse_names(p, config->tiers, &config->tier_count, METER_TIER_LIMIT);
	if (lists)
		return true;
	if ((name = name_within(key, "autolabel.label.", ".name.groups", &size)) != NULL)
		return parse_groups(p, config->labels, config->label_count, name, size);
	if ((name = name_within(key, "tierpoint.tier.", ".name.groups", &size)) != NULL)
		return parse_groups(p, config->tiers, config->tier_count, name, size);
	if (strcmp(key, "meters") == 0)
		return parse_meters(p);
	for (size_t i = 0; i < PLAIN_KEYS; i++)
		if (strcmp(key, plain_keys[i].key) == 0)
			return parse_plain(p, &plain_keys[i]);
	warn(p, "unknown key");
	return true;
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\r';
}

/* Splits a logical line into key and value, in place, and takes them. */
static bool
parse_line(struct parser *p, char *line, size_t size)
{
	if (memchr(line, '\0', size) != NULL) {
		p->key = "a zero byte", p->value = "";
		return refuse(p, "this is no text");
	}
	while (size > 0 && is_blank((unsigned char)line[size - 1]))
		size--;
	line[size] = '\0';
	size_t key = strcspn(line, "=: \t\f");
	char *value = line + key;
	while (is_blank((unsigned char)*value))
		value++;
	if (*value == '=' || *value == ':')
		value++;
	while (is_blank((unsigned char)*value))
		value++;
	line[key] = '\0';
	p->key = line;
	p->value = value;
	return parse_pair(p);
}

/* Appends one physical line to LOGICAL without leading blanks; true if a backslash joins the next to it. */
static bool
take_physical(
    struct buffer *logical, const uint8_t *at, size_t size, bool *continues, struct nest_error *error)
{
	while (size > 0 && is_blank(*at))
		at++, size--;
	if (size > 0 && at[size - 1] == '\r')
		size--;
	size_t slashes = 0;
	while (slashes < size && at[size - 1 - slashes] == '\\')
		slashes++;
	*continues = slashes % 2 == 1;
	return buffer_append(logical, at, size - (*continues ? 1 : 0), error);
}

static bool
parse_pass(struct parser *p, struct view text, struct buffer *logical)
{
	const uint8_t *at = text.data, *end = text.data + text.size;
	unsigned line = 0;
	bool continues = false;
	buffer_clear(logical);
	while (at < end) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *next = stop != NULL ? stop + 1 : end;
		size_t size = (size_t)((stop != NULL ? stop : end) - at), blanks = 0;
		line++;
		if (!continues) {
			p->line = line;
			buffer_clear(logical);
			while (blanks < size && is_blank(at[blanks]))
				blanks++;
			if (blanks == size || at[blanks] == '#' || at[blanks] == '!') {
				at = next;
				continue;
			}
		}
		if (!take_physical(logical, at, size, &continues, p->error))
			return false;
		at = next;
		if ((continues && at < end) || logical->size == 0)
			continue;
		if (!buffer_reserve(logical, 1, p->error) ||
		    !parse_line(p, (char *)logical->data, logical->size))
			return false;
		continues = false;
	}
	return true;
}

bool
meter_config_parse(struct meter_config *config, struct view text, meter_config_warn *warn_with, void *to,
    struct nest_error *error)
{
	struct parser p = {.config = config, .warn = warn_with, .to = to, .error = error};
	struct buffer logical = {0};
	if (text.size > METER_CONFIG_BYTES)
		return nest_error_set(error, NEST_USAGE, "larger than %d bytes", (int)METER_CONFIG_BYTES);
	p.pass = PASS_LISTS;
	bool parsed = parse_pass(&p, text, &logical);
	p.pass = PASS_VALUES;
	parsed = parsed && parse_pass(&p, text, &logical);
	buffer_free(&logical);
	/* Scoring would end before a name could be one. */
	if (parsed && config->hotspot && config->upper < config->lower)
		return nest_error_set(error, NEST_USAGE,
		    "hotspot.upper=%lld is below hotspot.lower=%lld: nothing could become a hotspot",
		    (long long)config->upper, (long long)config->lower);
	return parsed;
}

bool
meter_config_read(struct meter_config *config, const char *path, meter_config_warn *warn_with, void *to,
    struct nest_error *error)
{
	struct buffer text = {0};
	bool parsed = meter_file_read(path, METER_CONFIG_BYTES, &text, error);
	if (parsed && !meter_config_parse(config, (struct view){text.data, text.size}, warn_with, to, error))
		parsed = nest_error_prefix(error, "%s: ", path);
	buffer_free(&text);
	return parsed;
}

/* ---- printing ---- */

static bool print_text(struct buffer *text, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
print_text(struct buffer *text, struct nest_error *error, const char *format, ...)
{
	char line[256];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	return buffer_append(text, line, size < (int)sizeof line ? (size_t)size : sizeof line - 1, error);
}

static bool
print_groups(const struct meter_groups *list, size_t count, const char *list_key, const char *key,
    struct buffer *text, struct nest_error *error)
{
	bool printed = print_text(text, error, "j.s.p.%s=", list_key);
	for (size_t i = 0; printed && i < count; i++)
		printed = print_text(text, error, "%s%s", i > 0 ? "," : "", list[i].name);
	printed = printed && print_text(text, error, "\n");
	for (size_t i = 0; printed && i < count; i++) {
		printed = print_text(text, error, "j.s.p.%s.%s.name.groups=", key, list[i].name);
		for (size_t g = 0; printed && g < list[i].count; g++)
			printed = (g == 0 || buffer_append(text, ",", 1, error)) &&
			          buffer_append(text, list[i].groups[g], strlen(list[i].groups[g]), error);
		printed = printed && print_text(text, error, "\n");
	}
	return printed;
}

static bool
print_plain(const struct meter_config *config, const struct plain_key *plain, struct buffer *text,
    struct nest_error *error)
{
	const void *from = (const unsigned char *)config + plain->offset;
	unsigned long long ns;
	switch (plain->kind) {
	case KEY_SWITCH:
		return print_text(
		    text, error, "j.s.p.%s=%s\n", plain->key, *(const bool *)from ? "true" : "false");
	case KEY_SCORE:
		return print_text(
		    text, error, "j.s.p.%s=%lld\n", plain->key, (long long)*(const int64_t *)from);
	case KEY_TIME:
		ns = *(const uint64_t *)from;
		return print_text(text, error, "j.s.p.%s=%llu.%03llu\n", plain->key, ns / 1000, ns % 1000);
	case KEY_POINTS:
	case KEY_LIMIT:
		break;
	}
	return print_text(text, error, "j.s.p.%s=%u\n", plain->key, (unsigned)*(const uint32_t *)from);
}

bool
meter_config_print(const struct meter_config *config, struct buffer *text, struct nest_error *error)
{
	for (size_t i = 0; i < PLAIN_KEYS; i++)
		if (!print_plain(config, &plain_keys[i], text, error))
			return false;
	if (!print_groups(
		config->labels, config->label_count, "autolabel.labels", "autolabel.label", text, error) ||
	    !print_groups(
		config->tiers, config->tier_count, "tierpoint.tiers", "tierpoint.tier", text, error) ||
	    !print_text(text, error, "j.s.p.meters="))
		return false;
	for (size_t i = 0; i < config->meter_count; i++)
		if (!print_text(text, error, "%s%s", i > 0 ? "," : "", meter_kinds[config->meters[i]].name))
			return false;
	return print_text(text, error, "\n");
}
