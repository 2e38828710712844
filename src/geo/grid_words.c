// SPDX-License-Identifier: MPL-2.0
// How much a line divides, and how even cells are.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/geo/grid.h>

struct strength_word {
    const char *word;
    uint8_t strength;
};
// Values of highway, railway, waterway and natural in OpenStreetMap.
static const struct strength_word words[] = {
    {"motorway", 9},      {"motorway_link", 6}, {"trunk", 8},       {"trunk_link", 6},
    {"primary", 7},       {"primary_link", 5},  {"secondary", 6},   {"secondary_link", 5},
    {"tertiary", 5},      {"tertiary_link", 4}, {"residential", 4}, {"unclassified", 4},
    {"living_street", 3}, {"road", 4},          {"pedestrian", 3},  {"service", 2},
    {"track", 2},         {"cycleway", 1},      {"footway", 1},     {"path", 1},
    {"steps", 1},         {"bridleway", 1},     {"corridor", 1},    {"rail", 8},
    {"subway", 3},        {"light_rail", 7},    {"tram", 3},        {"river", 9},
    {"canal", 8},         {"stream", 5},        {"ditch", 3},       {"drain", 3},
    {"water", 8},         {"coastline", 9},
};

uint8_t grid_strength_of(const char *text)
{
    if (text[0] >= '1' && text[0] <= '0' + GRID_STRENGTH_MOST && !text[1])
        return (uint8_t)(text[0] - '0');
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(words[i].word, text) == 0)
            return words[i].strength;
    return 0;
}

static int compare_doubles(const void *left, const void *right)
{
    double x = *(const double *)left, y = *(const double *)right;
    return (x > y) - (x < y);
}

static double rank(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t low = (size_t)at;
    double rest = at - (double)low;
    return low + 1 < count ? sorted[low] * (1 - rest) + sorted[low + 1] * rest
                           : sorted[low];
}

void grid_figures(double *area_m2, size_t count, double size_m2,
                  struct grid_figures *ret_figures)
{
    struct grid_figures f = {.count = count};
    double squares = 0, near_m2 = 0;
    size_t near = 0;
    if (count) {
        qsort(area_m2, count, sizeof(*area_m2), compare_doubles);
        for (size_t i = 0; i < count; i++) {
            bool is_near = area_m2[i] >= 0.5 * size_m2 && area_m2[i] <= 1.5 * size_m2;
            f.sum_m2 += area_m2[i];
            near += is_near;
            near_m2 += is_near ? area_m2[i] : 0;
        }
        double mean = f.sum_m2 / (double)count;
        for (size_t i = 0; i < count; i++)
            squares += (area_m2[i] - mean) * (area_m2[i] - mean);
        f.variation = mean > 0 ? sqrt(squares / (double)count) / mean : 0;
        f.near_share = (double)near / (double)count;
        f.near_area = f.sum_m2 > 0 ? near_m2 / f.sum_m2 : 0;
        f.least_m2 = area_m2[0];
        f.most_m2 = area_m2[count - 1];
        f.tenth_m2 = rank(area_m2, count, 0.1);
        f.median_m2 = rank(area_m2, count, 0.5);
        f.ninetieth_m2 = rank(area_m2, count, 0.9);
    }
    *ret_figures = f;
}
