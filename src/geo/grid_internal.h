// SPDX-License-Identifier: MPL-2.0
// The arrangement under grid_make: faces, the edges between them, groups of faces; only
// for the geo floor.
#pragma once

#define GEOS_USE_ONLY_R_API
#include <geos_c.h>

#include <gridcase/geo/grid.h>

#include "shape_internal.h"

static const uint32_t GRID_NONE = UINT32_MAX;

struct grid_face {
    uint32_t area;  // index of grid_input.area; GRID_NONE outside of all
    uint32_t group; // a face that stands for the group; itself at first
    double m2;      // of the face; of the whole group where group is the face itself
    double perimeter_m;
    struct geo_point at; // in it
};

struct grid_edge { // a straight piece of border; left of a -> b lies `left`
    struct geo_point a, b;
    uint32_t left, right; // faces; GRID_NONE beyond everything
    float length_m;
    uint8_t strength; // 0: of no line that was given
};

struct grid_map {
    GEOSContextHandle_t geos;
    struct grid_face *face;
    size_t face_count;
    struct grid_edge *edge; // by left, then right
    size_t edge_count;
    size_t *first; // per face + 1: where the edges sorted by group begin (grid_trace)
};

// Lines gathered for the noder.
struct grid_lines {
    GEOSContextHandle_t geos;
    GEOSGeometry **line;
    size_t count, capacity;
    size_t points;
};

int grid_failed(struct error *error, const char *what);
int grid_memory(struct error *error);
// Metres of a lattice step east and north at a latitude of the WGS 84 ellipsoid.
void grid_metres(int32_t y, double *ret_x_m, double *ret_y_m);

// ---- grid_arrange.c ----
int grid_lines_add(struct grid_lines *lines, const struct geo_point *point, size_t count,
                   bool closed, struct error *error) ERROR_MUST_CHECK;
void grid_lines_done(struct grid_lines *lines);
// Nodes the lines (which are used up) and makes the map of their faces, in an order that
// hangs on nothing but where they lie. overlaps and overlap_m2 of *result are added to.
int grid_map_make(const struct grid_input *input, struct grid_lines *lines,
                  struct grid_map *ret_map, struct grid_result *result,
                  struct error *error) ERROR_MUST_CHECK;
void grid_map_done(struct grid_map *map);
uint32_t grid_group(const struct grid_map *map, uint32_t face);

// ---- grid_merge.c ----
enum grid_pass {
    GRID_ROUGH, // large ones will be cut: only how even the pieces get counts
    GRID_LAST,  // small leftovers of the cutting go to a neighbour
};
int grid_merge(const struct grid_input *input, struct grid_map *map, enum grid_pass pass,
               struct error *error) ERROR_MUST_CHECK;

// ---- grid_trace.c ----
// The borders of all groups, sorted so that grid_trace finds them.
struct grid_border {
    struct geo_point a, b; // the group on the left
    uint32_t group;
    bool used;
};
struct grid_borders {
    struct grid_border *border; // by group, then a, then b
    size_t count;
};
int grid_borders_make(const struct grid_map *map, struct grid_borders *ret_borders,
                      struct error *error) ERROR_MUST_CHECK;
void grid_borders_done(struct grid_borders *borders);
// Polygon of a group; one part for each piece of it that does not touch the others.
int grid_trace(struct grid_borders *borders, uint32_t group,
               struct geo_polygon **ret_polygon, struct error *error) ERROR_MUST_CHECK;

// ---- grid_split.c ----
// Cuts a polygon across its longest axis into `pieces` of the same size; adds the rings of
// the pieces to lines. *ret_made (may be 0: it could not be cut) counts them.
int grid_split(GEOSContextHandle_t geos, const struct geo_polygon *polygon, unsigned pieces,
               struct grid_lines *lines, size_t *ret_made,
               struct error *error) ERROR_MUST_CHECK;
