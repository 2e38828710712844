// SPDX-License-Identifier: MPL-2.0
// What a model would change in a city before it is loaded.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct city_model;
struct city_report;
struct db_store;

enum city_diff_kind {
    CITY_DIFF_NEW,
    CITY_DIFF_CHANGED, // keeps its code
    CITY_DIFF_RENEWED, // a grid of another shape: closed, its place taken by a new code
    CITY_DIFF_CLOSED,  // in the city, not in the model
    CITY_DIFF_KIND_COUNT,
};
const char *city_diff_kind_to_str(enum city_diff_kind kind); // "new", "changed" ...

struct city_difference {
    enum city_diff_kind kind;
    const char
        *what; // "grids", "level ward", "coverage crews", "table limits", "components"
    const char *code; // of the grid, area or component in the city, or else in the model
    const char *new_code; // of a renewed grid; ""
    // "moved" by less than a shape, "returned" as it was, "taken": its code was another's,
    // "lines" of a table; "": the detail tells.
    const char *reason;
    const char *detail;           // in words, English; ""
    size_t lines_new, lines_gone; // of a table
    double before_m2, after_m2;   // 0: not there
    double common;                // share of the surface before and after that is in both
    double lon_deg, lat_deg;      // a point in it
    int64_t id;                   // of the grid in force; 0
};
struct city_diff; // differences by what they are about, then kind, then code

struct city_diff *city_diff_new(void);
struct city_diff *city_diff_free(struct city_diff *diff); // takes NULL, returns NULL
static inline void city_diff_cleanup(struct city_diff **diff)
{
    *diff = city_diff_free(*diff);
}
#define CITY_DIFF_CLEANUP __attribute__((cleanup(city_diff_cleanup)))
size_t city_diff_count(const struct city_diff *diff);
const struct city_difference *city_diff_item(const struct city_diff *diff, size_t index);
// what NULL: all.
size_t city_diff_count_of(const struct city_diff *diff, const char *what,
                          enum city_diff_kind kind);
int64_t city_diff_version(const struct city_diff *diff); // in force; 0: none
// SHA-256 over everything in it, as hexadecimal: the same differences, the same tag.
void city_diff_tag(const struct city_diff *diff, char ret_tag[65]);
// kind, what, code, new_code, before_m2, after_m2, common, lon, lat, detail.
void city_diff_csv(const struct city_diff *diff, struct buffer *out);

// Compares a model without errors with the city in force, and gives each grid whose shape
// changed a new code (gridcase-city(1)): the model's grids carry them afterwards, and the
// report tells them ("grid.renewed", a note; "grid.serials", an error, when there is no
// code left). A grid that comes back as it was keeps its code ("grid.code_reused", a
// warning). diff may be NULL.
int city_model_diff(struct db_store *store, const char *slug, struct city_model *model,
                    struct city_report *report, struct city_diff *diff,
                    struct error *error) ERROR_MUST_CHECK;
