/* print.c - the canonical text, spaced as parquet-mr prints a message type. */
#include "lib/schema/internal.h"

#include <stdio.h>

/* After a failure nothing more is printed, so that only the end has to ask. */
struct printer {
	const struct schema *schema;
	struct buffer out;
	struct nest_error *error;
	bool fine;
};

static void
put(struct printer *printer, const char *text)
{
	printer->fine = printer->fine && buffer_append(&printer->out, text, strlen(text), printer->error);
}

static void
put_name(struct printer *printer, const struct schema_node *node)
{
	printer->fine =
	    printer->fine && schema_put_name(&printer->out, view_of_text(node->name), printer->error);
}

static void
put_number(struct printer *printer, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)number);
	put(printer, text);
}

/* An algorithm needs a system before it, and "" is one that is not told. */
static void
put_place(struct printer *printer, const struct schema_node *node)
{
	struct view crs = view_of_text(node->crs != NULL ? node->crs : "");
	printer->fine = printer->fine && schema_put_name(&printer->out, crs, printer->error);
	if (node->logical.algorithm == EDGE_SPHERICAL)
		return;
	put(printer, ",");
	put(printer, algorithm_name(node->logical.algorithm));
}

static void
put_parameters(struct printer *printer, const struct schema_node *node)
{
	const struct logical_type *logical = &node->logical;
	put(printer, "(");
	if (logical->kind == LOGICAL_DECIMAL) {
		put_number(printer, logical->precision);
		put(printer, ",");
		put_number(printer, logical->scale);
	} else if (logical->kind == LOGICAL_INTEGER) {
		put_number(printer, logical->bit_width);
		put(printer, logical->is_signed ? ",true" : ",false");
	} else if (logical->kind == LOGICAL_VARIANT) {
		put_number(printer, logical->version);
	} else if (logical->kind == LOGICAL_GEOMETRY || logical->kind == LOGICAL_GEOGRAPHY) {
		put_place(printer, node);
	} else {
		put(printer, unit_name(logical->unit));
		put(printer, logical->is_adjusted_to_utc ? ",true" : ",false");
	}
	put(printer, ")");
}

static bool
has_parameters(const struct schema_node *node)
{
	const struct logical_type *logical = &node->logical;
	switch (logical->kind) {
	case LOGICAL_DECIMAL:
	case LOGICAL_INTEGER:
	case LOGICAL_TIME:
	case LOGICAL_TIMESTAMP:
		return true;
	case LOGICAL_VARIANT:
		return logical->version != 0;
	case LOGICAL_GEOMETRY:
	case LOGICAL_GEOGRAPHY:
		return node->crs != NULL || logical->algorithm != EDGE_SPHERICAL;
	default:
		return false;
	}
}

static void
put_annotation(struct printer *printer, const struct schema_node *node)
{
	put(printer, " (");
	put(printer, annotation_name(node->logical.kind));
	if (has_parameters(node))
		put_parameters(printer, node);
	put(printer, ")");
}

/* All of a field but what ends its line. */
static void
put_field(struct printer *printer, const struct schema_node *node)
{
	put(printer, repetition_name(node->repetition));
	put(printer, " ");
	put(printer, schema_physical_name(node->physical));
	if (node->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY) {
		put(printer, "(");
		put_number(printer, node->type_length);
		put(printer, ")");
	}
	put(printer, " ");
	put_name(printer, node);
	if (node->logical.kind != LOGICAL_NONE)
		put_annotation(printer, node);
	if (node->field_id >= 0) {
		put(printer, " = ");
		put_number(printer, node->field_id);
	}
}

static void
indent(struct printer *printer, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		put(printer, "  ");
}

static void
put_fields(struct printer *printer, uint32_t group, unsigned depth)
{
	const struct schema_node *nodes = printer->schema->nodes;
	for (uint32_t i = group + 1; i < nodes[group].end; i = nodes[i].end) {
		indent(printer, depth);
		put_field(printer, &nodes[i]);
		if (nodes[i].physical != PHYSICAL_GROUP) {
			put(printer, ";\n");
			continue;
		}
		put(printer, " {\n");
		put_fields(printer, i, depth + 1);
		indent(printer, depth);
		put(printer, "}\n");
	}
}

bool
schema_put_field(struct buffer *out, const struct schema_node *node, struct nest_error *error)
{
	struct printer printer = {.out = *out, .error = error, .fine = true};
	put_field(&printer, node);
	*out = printer.out;
	return printer.fine;
}

bool
schema_print(struct schema *schema, struct nest_error *error)
{
	struct printer printer = {.schema = schema, .error = error, .fine = true};
	put(&printer, "message ");
	put_name(&printer, &schema->nodes[0]);
	put(&printer, " {\n");
	put_fields(&printer, 0, 1);
	put(&printer, "}\n");
	printer.fine = printer.fine && buffer_append(&printer.out, "", 1, error);
	size_t size = printer.out.size - 1;
	/* What is printed must be readable again; indentation can make it longer than what was read. */
	if (printer.fine && size > SCHEMA_TEXT_LIMIT)
		printer.fine = nest_error_set(error, NEST_INVALID,
		    "invalid message type: its canonical text has %zu bytes, more than the limit of %d", size,
		    SCHEMA_TEXT_LIMIT);
	if (!printer.fine) {
		buffer_free(&printer.out);
		return false;
	}
	schema->text = (char *)printer.out.data;
	schema->text_size = size;
	return true;
}
