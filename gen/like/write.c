#include "gen/like/write.h"

#include "gen/like/draw.h"
#include "lib/schema/schema.h"

enum { LENGTH_LEAST = 16 };

/* Half of the random words that a row may take (nest-recipe(5)). */
#define WORDS_MOST (double)(1 << 23)

struct writer {
	const struct guess *guess;
	const struct write_options *options;
	struct drawer drawer;
	struct paper paper;
	double instances_most; /* of the group that is written, in a row */
	double words;          /* random ones, in a row */
};

static void write_field(
    struct writer *writer, uint32_t node, struct view name, uint64_t instances, unsigned depth);

/* ---- drawings ---- */

static void
write_choice(struct writer *writer, uint64_t instances, uint64_t values, unsigned depth)
{
	struct drawer *drawer = &writer->drawer;
	if (instances > values) {
		draw_next(drawer, (double)(instances - values), 0);
		paper_put(&drawer->choice.paper, "null");
	}
	choice_write(&drawer->choice, &writer->paper, depth + 1);
	writer->words += (drawer->draws + 1) * writer->instances_most;
	drawer->draws = 0;
}

static void
draw_boolean(struct drawer *drawer, uint32_t index)
{
	const struct profile_node *node = &drawer->profile->nodes[index];
	draw_next(drawer, (double)node->trues, 0);
	paper_put(&drawer->choice.paper, "true");
	draw_next(drawer, (double)(node->values - node->trues), 0);
	paper_put(&drawer->choice.paper, "false");
}

static void
draw_leaf(struct writer *writer, uint32_t node, const char *type, const char *annotation)
{
	struct drawer *drawer = &writer->drawer;
	if (strcmp(type, "boolean") == 0)
		draw_boolean(drawer, node);
	else if (strcmp(annotation, " (JSON)") == 0)
		draw_json(drawer, node);
	else if (writer->guess->nodes[node].kinds == GUESS_STRING && strcmp(type, "binary") != 0)
		draw_times(drawer, node, true);
	else if (strcmp(type, "binary") == 0)
		draw_text(drawer, node);
	else
		draw_number(drawer, node, strcmp(type, "int64") == 0);
}

/* ---- fields ---- */

/* REPETITION TYPE NAME: the name in quotes if a recipe could take it for something else. */
static void
write_head(struct writer *writer, const char *repetition, const char *type, struct view name, unsigned depth)
{
	bool is_plain = name.size > 0;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.data[i];
		is_plain = is_plain && (byte == '_' || (byte >= '0' && byte <= '9') ||
					   (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'));
	}
	struct paper *paper = &writer->paper;
	paper_line(paper, depth);
	paper_put(paper, "%s %s ", repetition, type);
	paper->has_failed = paper->has_failed || !(is_plain ? schema_put_name : schema_put_quoted)(
						     &paper->out, name, paper->error);
}

static void
write_leaf(struct writer *writer, uint32_t node, const char *type, const char *annotation, uint64_t instances,
    unsigned depth)
{
	paper_put(&writer->paper, "%s: ", annotation);
	draw_leaf(writer, node, type, annotation);
	write_choice(writer, instances, writer->drawer.profile->nodes[node].values, depth);
	paper_put(&writer->paper, ";");
	if (writer->drawer.note != NULL)
		paper_put(&writer->paper, " # %s", writer->drawer.note);
	writer->drawer.note = NULL;
}

static void
write_map_key(struct writer *writer, uint32_t node, uint64_t most, unsigned depth)
{
	static const char key[] = "key";
	write_head(writer, "required", "binary", view_of_text(key), depth);
	paper_put(&writer->paper, " (STRING): ");
	bool is_distinct = draw_keys(&writer->drawer, node, most);
	paper_put(&writer->paper, is_distinct ? "distinct(" : "");
	write_choice(writer, 0, 0, depth);
	paper_put(&writer->paper, is_distinct ? ");" : ";");
	writer->drawer.note = NULL;
}

/* A list or a map. */
static void
write_list(struct writer *writer, uint32_t node, uint64_t instances, unsigned depth)
{
	static const char element[] = "element", value[] = "value";
	const struct profile_node *profiled = &writer->drawer.profile->nodes[node];
	const struct guess_node *guessed = &writer->guess->nodes[node];
	double outer = writer->instances_most;
	uint64_t most;
	paper_put(&writer->paper, " (%s): length ", guessed->is_map ? "MAP" : "LIST");
	draw_length(&writer->drawer, node, &most);
	write_choice(writer, instances, profiled->values, depth);
	writer->instances_most *= (double)most;
	paper_put(&writer->paper, " {");
	paper_line(&writer->paper, depth + 1);
	paper_put(&writer->paper, "repeated group %s {", guessed->is_map ? "key_value" : "list");
	if (guessed->is_map)
		write_map_key(writer, node, most, depth + 2);
	if (guessed->first_child != 0) {
		write_field(writer, guessed->first_child, view_of_text(guessed->is_map ? value : element),
		    profiled->elements, depth + 2);
	} else {
		paper_line(&writer->paper, depth + 2);
		paper_put(&writer->paper, "optional binary element (JSON): null;");
	}
	paper_line(&writer->paper, depth + 1);
	paper_put(&writer->paper, "}");
	paper_line(&writer->paper, depth);
	paper_put(&writer->paper, "}");
	writer->instances_most = outer;
}

static void
write_fields(struct writer *writer, uint32_t node, unsigned depth)
{
	const struct guess_node *nodes = writer->guess->nodes;
	paper_put(&writer->paper, " {");
	for (uint32_t i = nodes[node].first_child; i != 0; i = nodes[i].next)
		write_field(writer, i, view_of_text(nodes[i].name),
		    writer->drawer.profile->nodes[node].values, depth + 1);
	paper_line(&writer->paper, depth);
	paper_put(&writer->paper, "}");
}

static void
write_presence(struct writer *writer, uint64_t values, uint64_t instances)
{
	if (values >= instances)
		return;
	paper_put(&writer->paper, ": present %.9g%%", 100 * (double)values / (double)instances);
	writer->words += writer->instances_most;
}

static void
write_field(struct writer *writer, uint32_t index, struct view name, uint64_t instances, unsigned depth)
{
	const struct guess_node *node = &writer->guess->nodes[index];
	const char *annotation, *type = guess_leaf(node, writer->options->dates, &annotation);
	write_head(writer, "optional", type != NULL ? type : "group", name, depth);
	if (type != NULL) {
		write_leaf(writer, index, type, annotation, instances, depth);
	} else if (node->is_map || node->kinds == GUESS_ARRAY) {
		write_list(writer, index, instances, depth);
	} else {
		write_presence(writer, writer->drawer.profile->nodes[index].values, instances);
		write_fields(writer, index, depth);
	}
}

/* ---- the recipe ---- */

static bool
write_once(struct writer *writer)
{
	struct profile *profile = writer->drawer.profile;
	seen_forget_taken(&profile->seen);
	writer->words = 0;
	writer->instances_most = 1;
	buffer_clear(&writer->paper.out);
	paper_put(&writer->paper, "# Like a sample of %llu records%s", (unsigned long long)profile->records,
	    writer->options->keeps_values ? ", with values of theirs.\n" : ", without values of theirs.\n");
	paper_put(&writer->paper, "message record");
	write_fields(writer, 0, 0);
	paper_put(&writer->paper, "\n");
	return !writer->paper.has_failed;
}

/* Writes with less and less detail, and then with shorter lists, until a recipe allows it. */
static bool
write_until_it_fits(struct writer *writer)
{
	struct drawer *drawer = &writer->drawer;
	for (drawer->detail = DRAW_DETAIL_MOST, drawer->length_most = PROFILE_LENGTH_MOST;;) {
		if (!write_once(writer))
			return false;
		bool is_long = writer->paper.out.size > SCHEMA_TEXT_LIMIT,
		     is_wide = writer->words > WORDS_MOST;
		if (!is_long && !is_wide)
			return true;
		if (drawer->detail > 1)
			drawer->detail /= 2;
		else if (is_wide && drawer->length_most > LENGTH_LEAST)
			drawer->length_most /= 2;
		else
			return nest_error_set(writer->paper.error, NEST_INVALID,
			    "the sample has more fields than a recipe has room for");
	}
}

static bool
has_row(const struct guess *guess)
{
	for (uint32_t i = 1; i < guess->count; i++)
		if (guess->nodes[i].name != NULL && strcmp(guess->nodes[i].name, "row") == 0)
			return true;
	return false;
}

bool
write_recipe(struct profile *profile, const struct write_options *options, struct buffer *text,
    struct nest_error *error)
{
	struct writer writer = {.guess = profile->guess,
	    .options = options,
	    .drawer = {.profile = profile,
		.hides_row = has_row(profile->guess),
		.keeps_values = options->keeps_values,
		.choice.paper.error = error,
		.error = error},
	    .paper.error = error};
	bool fine = write_until_it_fits(&writer) &&
	            buffer_append(text, writer.paper.out.data, writer.paper.out.size, error);
	paper_free(&writer.paper);
	choice_free(&writer.drawer.choice);
	buffer_free(&writer.drawer.made);
	return fine;
}
