// SPDX-License-Identifier: MPL-2.0
// The canvas a document is drawn on, between its drawers: only for the document room.
#pragma once

#include <pango/pangocairo.h>

#include <gridcase/document/paper.h>

enum paper_type { // sizes of type
    TYPE_TINY,
    TYPE_SMALL,
    TYPE_BODY,
    TYPE_LARGE,
    TYPE_HEADING,
    TYPE_TITLE,
    TYPE_FIGURE,
    TYPE_COUNT
};
enum { COLOUR_INK = 0x1f2933, COLOUR_FAINT = 0x5f6b76, COLOUR_LINE = 0xc3ccd4 };
enum { COLOUR_ACCENT = 0x1f5f8b, COLOUR_BAND = 0xeef2f6 };

struct canvas {
    const struct paper *paper;
    cairo_surface_t *surface;
    cairo_t *cairo;
    double width, height; // points
    double margin, bottom;
    double y; // the next block begins here
    int page, pages;
    struct error failure;
};

struct canvas_box {
    double x, y, width, height;
};

double canvas_inner(const struct canvas *canvas);
void canvas_colour(struct canvas *canvas, int colour);
int canvas_tone(enum paper_tone tone);
// A new page unless so much is left on this one.
void canvas_need(struct canvas *canvas, double height);
void canvas_new_page(struct canvas *canvas);
void canvas_rule(struct canvas *canvas, double x, double y, double width, double line);

// A text in its type: width 0 is as wide as it comes, one line. Freed by its cleanup.
struct canvas_text {
    const char *text;
    enum paper_type type;
    bool bold, number, one_line;
    double width;
};
PangoLayout *canvas_layout(struct canvas *canvas, const struct canvas_text *text);
void canvas_size(PangoLayout *layout, double *ret_width, double *ret_height);
void canvas_put(struct canvas *canvas, PangoLayout *layout, double x, double y, int colour);
static inline void canvas_layout_cleanup(PangoLayout **layout)
{
    if (*layout) {
        g_object_unref(*layout);
    }
}
#define LAYOUT_CLEANUP __attribute__((cleanup(canvas_layout_cleanup)))
// The usual: one line at a point; align -1 left, 0 middle, 1 right of x.
void canvas_label(struct canvas *canvas, const char *text, enum paper_type type, double x,
                  double y, int align, int colour);

void paper_draw_table(struct canvas *canvas, const struct paper_table *table);
void paper_draw_chart(struct canvas *canvas, const struct paper_chart *chart);
void paper_draw_map(struct canvas *canvas, const struct paper_map *map);
void paper_draw_pictures(struct canvas *canvas, const struct paper_pictures *pictures);
void paper_draw_cards(struct canvas *canvas, const struct paper_cards *cards);
