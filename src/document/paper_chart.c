// SPDX-License-Identifier: MPL-2.0
// Four plain charts: bars, columns, lines, shares. Values stand beside what is drawn, so
// that nothing is told by colour or length alone.
#include <math.h>
#include <stdio.h>

#include "paper_internal.h"

static const int palette[PAPER_SERIES_MOST] = {0x1f5f8b, 0xd07a1c, 0x4f8638,
                                               0x8a4f7d, 0x6b7480, 0x2a938d};

enum { VALUE_SIZE = 32 };
static void value_text(const struct paper_chart *chart, double value, char out[VALUE_SIZE])
{
    if (isnan(value)) {
        snprintf(out, VALUE_SIZE, "–");
    } else if (chart->percent) {
        snprintf(out, VALUE_SIZE, "%.1f %%", value * 100);
    } else if (value == floor(value)) {
        snprintf(out, VALUE_SIZE, "%.0f", value);
    } else {
        snprintf(out, VALUE_SIZE, "%.1f", value);
    }
}

static double largest(const struct paper_chart *chart)
{
    double most = 0;
    for (size_t s = 0; s < chart->series_count; s++) {
        for (size_t i = 0; i < chart->point_count; i++) {
            double value = chart->series[s].values[i];
            most = !isnan(value) && value > most ? value : most;
        }
    }
    return most;
}

// 1, 2 or 5 of a power of ten: about four lines up to most.
static double nice_step(double most)
{
    static const double steps[] = {1, 2, 5, 10};
    if (most <= 0) {
        return 1;
    }
    double power = pow(10, floor(log10(most / 4)));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i] * power * 4.5 >= most) {
            return steps[i] * power;
        }
    }
    return 10 * power;
}

static void put_legend(struct canvas *canvas, const struct paper_chart *chart)
{
    double x = canvas->margin;
    for (size_t s = 0; chart->series_count > 1 && s < chart->series_count; s++) {
        LAYOUT_CLEANUP PangoLayout *name =
            canvas_layout(canvas, &(struct canvas_text){.text = chart->series[s].name,
                                                        .type = TYPE_SMALL});
        double width;
        double height;
        canvas_size(name, &width, &height);
        if (x + width + 26 > canvas->width - canvas->margin && x > canvas->margin) {
            x = canvas->margin;
            canvas->y += height + 2;
        }
        canvas_colour(canvas, palette[s]);
        cairo_rectangle(canvas->cairo, x, canvas->y + height / 2 - 3, 10, 6);
        cairo_fill(canvas->cairo);
        canvas_put(canvas, name, x + 14, canvas->y, COLOUR_INK);
        x += width + 28;
    }
    canvas->y += chart->series_count > 1 ? 14 : 0;
}

// ---- lying bars, and shares of a whole ----

static void put_name(struct canvas *canvas, const char *text, double width)
{
    LAYOUT_CLEANUP PangoLayout *name =
        canvas_layout(canvas, &(struct canvas_text){.text = text,
                                                    .type = TYPE_SMALL,
                                                    .width = width,
                                                    .number = true,
                                                    .one_line = true});
    canvas_put(canvas, name, canvas->margin, canvas->y + 1, COLOUR_INK);
}

static void draw_bars(struct canvas *canvas, const struct paper_chart *chart)
{
    double names = canvas_inner(canvas) * 0.34;
    double room = canvas_inner(canvas) - names - 54;
    double most = largest(chart);
    for (size_t i = 0; i < chart->point_count; i++) {
        char text[VALUE_SIZE];
        double value = chart->series[0].values[i];
        double x = canvas->margin + names + 6;
        double width = most > 0 && value > 0 ? room * value / most : 0;
        canvas_need(canvas, 15);
        put_name(canvas, chart->labels[i], names);
        canvas_colour(canvas, palette[0]);
        cairo_rectangle(canvas->cairo, x, canvas->y + 2, width, 9);
        cairo_fill(canvas->cairo);
        value_text(chart, value, text);
        canvas_label(canvas, text, TYPE_SMALL, x + width + 4, canvas->y + 1, -1,
                     COLOUR_INK);
        canvas->y += 14;
    }
}

static void put_share(struct canvas *canvas, const struct paper_chart *chart, size_t i,
                      const struct canvas_box *box)
{
    double sum = 0;
    double x = box->x;
    for (size_t s = 0; s < chart->series_count; s++) {
        double value = chart->series[s].values[i];
        sum += value > 0 ? value : 0;
    }
    for (size_t s = 0; sum > 0 && s < chart->series_count; s++) {
        char text[VALUE_SIZE];
        double value = chart->series[s].values[i];
        double width = value > 0 ? box->width * value / sum : 0;
        canvas_colour(canvas, palette[s]);
        cairo_rectangle(canvas->cairo, x, box->y, width, box->height);
        cairo_fill(canvas->cairo);
        value_text(chart, value, text);
        if (width > 24) {
            canvas_label(canvas, text, TYPE_TINY, x + width / 2, box->y + 1, 0, 0xffffff);
        }
        x += width;
    }
}

static void draw_shares(struct canvas *canvas, const struct paper_chart *chart)
{
    double names = canvas_inner(canvas) * 0.34;
    put_legend(canvas, chart);
    for (size_t i = 0; i < chart->point_count; i++) {
        canvas_need(canvas, 15);
        struct canvas_box box = {canvas->margin + names + 6, canvas->y + 1,
                                 canvas_inner(canvas) - names - 6, 11};
        put_name(canvas, chart->labels[i], names);
        put_share(canvas, chart, i, &box);
        canvas->y += 14;
    }
}

// ---- standing columns, and lines ----

static double scale_lines(struct canvas *canvas, const struct paper_chart *chart,
                          const struct canvas_box *box)
{
    double most = largest(chart);
    double step = nice_step(most);
    double top = step * ceil(most / step);
    top = top > 0 ? top : step;
    for (double at = 0; at <= top * 1.0001; at += step) {
        char text[VALUE_SIZE];
        double y = box->y + box->height * (1 - at / top);
        value_text(chart, at, text);
        canvas_rule(canvas, box->x, y, box->width, at > 0 ? 0.3 : 0.8);
        canvas_label(canvas, text, TYPE_TINY, box->x - 4, y - 5, 1, COLOUR_FAINT);
    }
    return top;
}

// As many labels below as fit.
static void point_labels(struct canvas *canvas, const struct paper_chart *chart,
                         const struct canvas_box *box)
{
    double each = box->width / (double)chart->point_count;
    double widest = 1;
    for (size_t i = 0; i < chart->point_count; i++) {
        LAYOUT_CLEANUP PangoLayout *label = canvas_layout(
            canvas, &(struct canvas_text){.text = chart->labels[i], .type = TYPE_TINY});
        double width;
        canvas_size(label, &width, NULL);
        widest = fmax(widest, width + 5);
    }
    size_t skip = (size_t)ceil(widest / each);
    for (size_t i = 0; i < chart->point_count; i += skip) {
        canvas_label(canvas, chart->labels[i], TYPE_TINY, box->x + each * ((double)i + 0.5),
                     box->y + box->height + 2, 0, COLOUR_FAINT);
    }
}

static void put_columns(struct canvas *canvas, const struct paper_chart *chart,
                        const struct canvas_box *box, double top)
{
    double each = box->width / (double)chart->point_count;
    double width = each * 0.76 / (double)chart->series_count;
    for (size_t s = 0; s < chart->series_count; s++) {
        canvas_colour(canvas, palette[s]);
        for (size_t i = 0; i < chart->point_count; i++) {
            double value = chart->series[s].values[i];
            double height = value > 0 ? box->height * value / top : 0;
            cairo_rectangle(canvas->cairo,
                            box->x + each * ((double)i + 0.12) + width * (double)s,
                            box->y + box->height - height, width, height);
        }
        cairo_fill(canvas->cairo);
    }
}

static void put_line(struct canvas *canvas, const struct paper_chart *chart, size_t s,
                     const struct canvas_box *box, double top)
{
    static const double dashes[][2] = {{1, 0}, {5, 2}, {2, 2}};
    double each = box->width / (double)chart->point_count;
    const double *values = chart->series[s].values;
    bool pen = false;
    cairo_set_line_width(canvas->cairo, 1.6);
    canvas_colour(canvas, palette[s]);
    cairo_set_dash(canvas->cairo, dashes[s % 3], s % 3 ? 2 : 0, 0);
    for (size_t i = 0; i < chart->point_count; i++) {
        double x = box->x + each * ((double)i + 0.5);
        double y = box->y + box->height * (1 - values[i] / top);
        if (!isnan(values[i])) {
            (pen ? cairo_line_to : cairo_move_to)(canvas->cairo, x, y);
        }
        pen = !isnan(values[i]);
    }
    cairo_stroke(canvas->cairo);
    cairo_set_dash(canvas->cairo, NULL, 0, 0);
    for (size_t i = 0; i < chart->point_count; i++) {
        if (!isnan(values[i])) {
            cairo_arc(canvas->cairo, box->x + each * ((double)i + 0.5),
                      box->y + box->height * (1 - values[i] / top), 1.8, 0, 2 * M_PI);
            cairo_fill(canvas->cairo);
        }
    }
}

static void draw_upright(struct canvas *canvas, const struct paper_chart *chart)
{
    double high = canvas->paper->size == PAPER_PHONE ? 110 : 130;
    canvas_need(canvas, high + 40);
    put_legend(canvas, chart);
    struct canvas_box box = {canvas->margin + 34, canvas->y + 6, canvas_inner(canvas) - 34,
                             high};
    double top = scale_lines(canvas, chart, &box);
    if (chart->form == PAPER_COLUMNS) {
        put_columns(canvas, chart, &box, top);
    }
    for (size_t s = 0; chart->form == PAPER_LINES && s < chart->series_count; s++) {
        put_line(canvas, chart, s, &box, top);
    }
    point_labels(canvas, chart, &box);
    canvas->y += high + 18;
}

void paper_draw_chart(struct canvas *canvas, const struct paper_chart *chart)
{
    if (chart->point_count > 0) {
        switch (chart->form) {
        case PAPER_BARS:
            draw_bars(canvas, chart);
            break;
        case PAPER_SHARES:
            draw_shares(canvas, chart);
            break;
        case PAPER_COLUMNS:
        case PAPER_LINES:
        case PAPER_FORM_COUNT:
            draw_upright(canvas, chart);
            break;
        }
    }
    canvas->y += 8;
}
