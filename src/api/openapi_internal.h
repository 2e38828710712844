// SPDX-License-Identifier: MPL-2.0
// Schemas of the description.
#pragma once

#include <stddef.h>

// One member of one schema. Type: "text", "integer", "number", "boolean", "instant",
// "label" (a text per language), "any", "=<schema>", "[<type>" (an array). A trailing "?"
// allows null.
struct openapi_member {
    const char *schema; // "" continues the one above
    const char *name;
    const char *type;
    int optional; // may be absent
};

extern const struct openapi_member openapi_members[];
extern const size_t openapi_member_count;
extern const struct openapi_member openapi_figure_members[]; // openapi_figures.c
extern const size_t openapi_figure_member_count;
