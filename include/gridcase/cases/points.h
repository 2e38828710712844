// SPDX-License-Identifier: MPL-2.0
// Open cases in memory, for the map's tiles and for headline figures.
//
// The set is read from cases.db once and then follows the change stream: every move of a
// case writes a change, so whoever catches up to the stream's end knows what the database
// knows. Who may see a case, and whether it fits a filter, is asked of the same functions
// as for lists. It remembers where things changed lately, so that a tile made earlier can
// be told to be good still without looking at its cases.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gridcase/cases/read.h>
#include <gridcase/geo/tile.h>

struct case_points; // any thread; one per city

struct case_points *case_points_new(void);
struct case_points *case_points_free(struct case_points *points); // takes NULL

// Catches up with the store. wait false: never blocks behind another thread's catching up
// (ERROR_BUSY "db.over_budget" then, as when the handle's budget runs out: what was read so
// far is kept). The first time reads all open cases: some 100,000 a second.
int case_points_refresh(struct case_points *points, struct db *db, bool wait,
                        struct error *error) ERROR_MUST_CHECK;

// Was it read? Never waits: false while another thread reads it anew.
bool case_points_is_ready(struct case_points *points);

// case_figures and case_count of the actor's own work, of the set as it was last caught up;
// db is asked only for what today brought.
int case_points_figures(struct case_points *points, struct db *db,
                        const struct city_snapshot *city, size_t level, int64_t now_ms,
                        struct arena *arena, struct case_figures *ret_figures,
                        struct error *error) ERROR_MUST_CHECK;
int64_t case_points_mine(struct case_points *points, const struct city_snapshot *city,
                         const struct actor *actor, int64_t now_ms);

struct case_points_state {
    int64_t epoch, position; // of the change stream, as far as it was followed
    size_t count;            // open cases
    size_t bytes;            // memory held, about
};
void case_points_state(struct case_points *points, struct case_points_state *ret_state);

// True when nothing inside the tile has changed after `since`; *ret_position: up to where.
bool case_points_same(struct case_points *points, const struct tile_id *tile, int64_t since,
                      int64_t *ret_position);

// From this zoom on each case is a point of its own (unless several lie in one place);
// below, cases that lie together are one point with a count.
enum { CASE_POINTS_ZOOM = 15 };

// Appends the tile of the cases that the actor may see and that fit the filter, of which
// `open` must be 1; its box, order, page and search are not looked at. *ret_position: up to
// which change it is true; *ret_until_ms: when the first light in it turns (INT64_MAX:
// never).
int case_points_tile(struct case_points *points, const struct city_snapshot *city,
                     const struct actor *actor, const struct case_filter *filter,
                     int64_t now_ms, const struct tile_id *tile, struct tile_pen *pen,
                     struct buffer *out, int64_t *ret_position, int64_t *ret_until_ms,
                     struct error *error) ERROR_MUST_CHECK;
