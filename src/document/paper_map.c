// SPDX-License-Identifier: MPL-2.0
// A map of areas: filled polygons, outlines above them, numbered marks, a legend. Degrees
// are drawn as they are, narrowed by the latitude: true enough for a city on a page.
#include <math.h>
#include <stdio.h>

#include "paper_internal.h"

static const int shades[PAPER_SHADES] = {0xfdf0cf, 0xf9cf8a, 0xee9d53, 0xd3663a, 0x9c2f22};
enum { COLOUR_NONE = 0xf1f3f5 };

struct projection {
    double west, south, east, north;
    double scale_x, scale_y; // points a degree
    double x, y;             // of the north-west corner
};

static void stretch(struct projection *to, const struct paper_shape *shapes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t r = 0; r < shapes[i].ring_count; r++) {
            const struct paper_ring *ring = &shapes[i].rings[r];
            for (size_t k = 0; k < ring->count; k++) {
                to->west = fmin(to->west, ring->lon_lat[2 * k]);
                to->east = fmax(to->east, ring->lon_lat[2 * k]);
                to->south = fmin(to->south, ring->lon_lat[2 * k + 1]);
                to->north = fmax(to->north, ring->lon_lat[2 * k + 1]);
            }
        }
    }
}

static bool project(struct canvas *canvas, const struct paper_map *map, double high,
                    struct projection *out)
{
    *out = (struct projection){.west = 1000, .south = 1000, .east = -1000, .north = -1000};
    stretch(out, map->shapes, map->shape_count);
    stretch(out, map->outlines, map->outline_count);
    double narrow = cos((out->south + out->north) / 2 * M_PI / 180);
    double wide = (out->east - out->west) * narrow;
    double tall = out->north - out->south;
    if (!(wide > 0) || !(tall > 0)) {
        return false;
    }
    double scale = fmin(canvas_inner(canvas) / wide, high / tall);
    out->scale_y = scale;
    out->scale_x = scale * narrow;
    out->x = canvas->margin + (canvas_inner(canvas) - wide * scale) / 2;
    return true;
}

static void trace(struct canvas *canvas, const struct projection *by,
                  const struct paper_shape *shape)
{
    for (size_t r = 0; r < shape->ring_count; r++) {
        const struct paper_ring *ring = &shape->rings[r];
        for (size_t k = 0; k < ring->count; k++) {
            double x = by->x + (ring->lon_lat[2 * k] - by->west) * by->scale_x;
            double y = by->y + (by->north - ring->lon_lat[2 * k + 1]) * by->scale_y;
            (k ? cairo_line_to : cairo_move_to)(canvas->cairo, x, y);
        }
        cairo_close_path(canvas->cairo);
    }
}

static void put_shapes(struct canvas *canvas, const struct projection *by,
                       const struct paper_map *map)
{
    cairo_set_fill_rule(canvas->cairo, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < map->shape_count; i++) {
        int shade = map->shapes[i].shade;
        trace(canvas, by, &map->shapes[i]);
        canvas_colour(canvas,
                      shade >= 0 && shade < PAPER_SHADES ? shades[shade] : COLOUR_NONE);
        cairo_fill_preserve(canvas->cairo);
        cairo_set_line_width(canvas->cairo, 0.15);
        canvas_colour(canvas, COLOUR_LINE);
        cairo_stroke(canvas->cairo);
    }
    for (size_t i = 0; i < map->outline_count; i++) {
        trace(canvas, by, &map->outlines[i]);
        cairo_set_line_width(canvas->cairo, 0.9);
        canvas_colour(canvas, COLOUR_FAINT);
        cairo_stroke(canvas->cairo);
    }
}

static void put_marks(struct canvas *canvas, const struct projection *by,
                      const struct paper_map *map)
{
    for (size_t i = 0; i < map->mark_count; i++) {
        char number[24];
        double x = by->x + (map->marks[2 * i] - by->west) * by->scale_x;
        double y = by->y + (by->north - map->marks[2 * i + 1]) * by->scale_y;
        if (isnan(x) || isnan(y)) {
            continue; // its place is not known
        }
        cairo_new_sub_path(canvas->cairo);
        cairo_arc(canvas->cairo, x, y, 6.5, 0, 2 * M_PI);
        canvas_colour(canvas, COLOUR_ACCENT);
        cairo_fill_preserve(canvas->cairo);
        cairo_set_line_width(canvas->cairo, 1);
        canvas_colour(canvas, 0xffffff);
        cairo_stroke(canvas->cairo);
        snprintf(number, sizeof(number), "%zu", i + 1);
        canvas_label(canvas, number, TYPE_SMALL, x, y - 5.5, 0, 0xffffff);
    }
}

static void put_legend(struct canvas *canvas, const struct paper_map *map)
{
    double x = canvas->margin;
    for (int i = -1; i < PAPER_SHADES; i++) {
        const char *text = i < 0 ? map->none : map->legend[i];
        if (!text) {
            continue;
        }
        LAYOUT_CLEANUP PangoLayout *layout =
            canvas_layout(canvas, &(struct canvas_text){.text = text, .type = TYPE_SMALL});
        double width;
        double height;
        canvas_size(layout, &width, &height);
        if (x + width + 20 > canvas->width - canvas->margin) {
            x = canvas->margin;
            canvas->y += height + 2;
        }
        cairo_rectangle(canvas->cairo, x, canvas->y + 2, 12, 7);
        canvas_colour(canvas, i < 0 ? COLOUR_NONE : shades[i]);
        cairo_fill_preserve(canvas->cairo);
        cairo_set_line_width(canvas->cairo, 0.4);
        canvas_colour(canvas, COLOUR_FAINT);
        cairo_stroke(canvas->cairo);
        canvas_put(canvas, layout, x + 16, canvas->y, COLOUR_INK);
        x += width + 30;
    }
    canvas->y += 16;
}

void paper_draw_map(struct canvas *canvas, const struct paper_map *map)
{
    struct projection by;
    double high = canvas->paper->size == PAPER_PHONE ? 300 : 360;
    if (!project(canvas, map, high, &by)) {
        return;
    }
    double height = (by.north - by.south) * by.scale_y;
    canvas_need(canvas, height + 30);
    by.y = canvas->y + 2;
    if (canvas->pages > 0) { // not while pages are counted
        put_shapes(canvas, &by, map);
    }
    put_marks(canvas, &by, map);
    canvas->y += height + 8;
    put_legend(canvas, map);
}
