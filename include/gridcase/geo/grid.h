// SPDX-License-Identifier: MPL-2.0
// Unit grids out of areas: communities (or any polygons) cut along roads and water into
// cells of about the same size, without gap or overlap, each within one area.
//
// All of it happens on the lattice of 1e-7 degree: borders, roads and cuts become one
// arrangement of lines by snap rounding, cells are sets of its faces, and neighbours share
// every vertex of their border. The same input gives the same cells.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

enum {
    GRID_STRENGTH_MOST = 9,       // a border that is given up last
    GRID_CELLS_MOST = 500 * 1000, // of one run
    GRID_POINTS_MOST = 20 * 1000 * 1000,
};
static const double GRID_SIZE_LEAST_M2 = 100;
static const double GRID_SIZE_MOST_M2 = 1e8;

struct grid_area {
    struct geo_polygon *polygon; // its borders are noded in place
    const char *code;            // for messages; not NULL
};

// What to cut along: a line, or the outline of a polygon.
struct grid_along {
    const struct geo_point *point;
    size_t count;
    bool closed;
    uint8_t strength; // 1 .. GRID_STRENGTH_MOST: how much it divides
};

struct grid_input {
    struct grid_area *area;
    size_t area_count;
    const struct grid_along *along;
    size_t along_count;
    double size_m2;       // wanted size of a cell
    double snap_m;        // borders of areas that miss each other by less are one
    double gap_m2;        // what lies between areas and is no larger goes to one of them
    unsigned serial_most; // cells of one area
};

struct grid_cell {
    size_t area;
    unsigned serial;             // 1 ..: rows from north to south, each from west to east
    struct geo_polygon *polygon; // owned
    double area_m2;              // on the plane of its latitude; for the size only
};

struct grid_result {
    struct grid_cell *cell; // by area, then serial
    size_t count;
    size_t faces;      // of the arrangement of borders, roads and water
    size_t cuts;       // pieces made by cutting large ones
    size_t overlaps;   // faces that lie in more than one area: the first one has them
    double overlap_m2; // together
    size_t gaps;       // places between areas that were given to one
    double gap_m2;     // together
};

// ERROR_INPUT "grid.area" (none, or without area), "grid.size", "grid.line";
// ERROR_LIMIT "grid.serials" (an area has more cells than serials), "grid.limit",
// "geo.memory"; ERROR_GEO "grid.failed". Nothing is in *ret_result after an error.
int grid_make(const struct grid_input *input, struct grid_result *ret_result,
              struct error *error) ERROR_MUST_CHECK;
void grid_result_done(struct grid_result *result);

// How even a set of cells is.
struct grid_figures {
    size_t count;
    double sum_m2, least_m2, tenth_m2, median_m2, ninetieth_m2, most_m2;
    double variation;  // standard deviation / mean
    double near_share; // of cells, between half and one and a half times size_m2
    double near_area;  // of the surface, in such cells
};
// Reorders area_m2.
void grid_figures(double *area_m2, size_t count, double size_m2,
                  struct grid_figures *ret_figures);

// How much an OpenStreetMap value of highway, railway, waterway or natural divides, or the
// number 1 .. 9 itself; 0 for a word that is not known.
uint8_t grid_strength_of(const char *text);

// ---- the plane that surfaces are measured on, and the file of cells ----
struct grid_plane; // a projected coordinate system; one thread at a time

// crs: "EPSG:4548", a PROJ string or WKT; NULL: one that fits the middle of box, the
// 3-degree Gauss-Kruger zone of CGCS2000 (china) or the zone of UTM. ERROR_INPUT
// "grid.crs": unknown, or not projected in metres.
int grid_plane_open(const char *crs, struct geo_box box, bool china,
                    struct grid_plane **ret_plane, struct error *error) ERROR_MUST_CHECK;
struct grid_plane *grid_plane_free(struct grid_plane *plane); // takes NULL, returns NULL
const char *grid_plane_name(const struct grid_plane *plane);
// ERROR_GEO "grid.crs" when a vertex has no place on the plane.
int grid_plane_area(struct grid_plane *plane, const struct geo_polygon *polygon,
                    double *ret_m2, struct error *error) ERROR_MUST_CHECK;

enum { GRID_PARTS = 4 };
struct grid_row {
    const char *code;
    const char *part[GRID_PARTS]; // in the order of grid_sheet.part_name; NULL: none
    const char *name;             // of the area
    double area_m2;
    const struct geo_polygon *polygon;
};
struct grid_sheet {
    const char *part_name[GRID_PARTS]; // columns; NULL: not written
    const struct grid_row *row;
    size_t count;
};
// Writes a layer "grids": ".gpkg" on the plane, ".geojson" in degrees. The file appears
// whole or not at all. ERROR_INPUT "grid.format"; ERROR_IO "grid.write".
int grid_write(const char *path, struct grid_plane *plane, const struct grid_sheet *sheet,
               struct error *error) ERROR_MUST_CHECK;
