// SPDX-License-Identifier: MPL-2.0
// Tables, key figures and photos of a document.
#include <math.h>
#include <string.h>

#include "jpeg_size.h"
#include "paper_internal.h"

// ---- tables ----

enum { PAD = 4 };

struct table_row {
    PangoLayout *layouts[PAPER_COLUMNS_MOST];
    double widths[PAPER_COLUMNS_MOST];
    double height;
};

static void column_widths(const struct canvas *canvas, const struct paper_table *table,
                          double widths[PAPER_COLUMNS_MOST])
{
    double sum = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        sum += table->columns[i].weight;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        widths[i] = canvas_inner(canvas) * table->columns[i].weight / sum;
    }
}

static void row_make(struct canvas *canvas, const struct paper_table *table,
                     const struct paper_cell *cells, struct table_row *row)
{
    enum paper_type type = table->large ? TYPE_LARGE : TYPE_BODY;
    row->height = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        struct canvas_text text = {.text = cells ? cells[i].text : table->columns[i].title,
                                   .type = cells ? type : TYPE_SMALL,
                                   .bold = !cells,
                                   .number = table->columns[i].number,
                                   .width = row->widths[i] - PAD};
        double height;
        row->layouts[i] = canvas_layout(canvas, &text);
        canvas_size(row->layouts[i], NULL, &height);
        row->height = fmax(row->height, height);
    }
    row->height += table->large ? 6 : 5;
}

static void row_put(struct canvas *canvas, const struct paper_table *table,
                    const struct paper_cell *cells, struct table_row *row)
{
    double x = canvas->margin;
    if (!cells) {
        canvas_colour(canvas, COLOUR_BAND);
        cairo_rectangle(canvas->cairo, x, canvas->y, canvas_inner(canvas), row->height);
        cairo_fill(canvas->cairo);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        canvas_put(canvas, row->layouts[i], x + PAD / 2.0,
                   canvas->y + (table->large ? 3 : 2),
                   cells ? canvas_tone(cells[i].tone) : COLOUR_FAINT);
        x += row->widths[i];
    }
    canvas->y += row->height;
    canvas_rule(canvas, canvas->margin, canvas->y, canvas_inner(canvas), cells ? 0.3 : 0.8);
}

static void row_done(const struct paper_table *table, struct table_row *row)
{
    for (size_t i = 0; i < table->column_count; i++) {
        g_object_unref(row->layouts[i]);
    }
}

void paper_draw_table(struct canvas *canvas, const struct paper_table *table)
{
    struct table_row head;
    column_widths(canvas, table, head.widths);
    row_make(canvas, table, NULL, &head);
    canvas_need(canvas, head.height * 3);
    row_put(canvas, table, NULL, &head);
    for (size_t i = 0; i < table->row_count && !canvas->failure.code; i++) {
        struct table_row row;
        const struct paper_cell *cells = table->cells + i * table->column_count;
        memcpy(row.widths, head.widths, sizeof(row.widths));
        row_make(canvas, table, cells, &row);
        if (canvas->y + row.height > canvas->bottom) {
            canvas_new_page(canvas);
            row_put(canvas, table, NULL, &head);
        }
        row_put(canvas, table, cells, &row);
        row_done(table, &row);
    }
    row_done(table, &head);
    canvas->y += 8;
}

// ---- key figures ----

static double put_card(struct canvas *canvas, const struct paper_card *card, double x,
                       double width)
{
    const struct canvas_text texts[] = {
        {.text = card->title, .type = TYPE_SMALL, .width = width},
        {.text = card->value, .type = TYPE_FIGURE, .bold = true, .width = width},
        {.text = card->note, .type = TYPE_SMALL, .width = width},
    };
    int colours[] = {COLOUR_FAINT, COLOUR_INK, canvas_tone(card->tone)};
    double y = canvas->y + 5;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        LAYOUT_CLEANUP PangoLayout *layout = canvas_layout(canvas, &texts[i]);
        double height;
        canvas_size(layout, NULL, &height);
        canvas_put(canvas, layout, x, y, colours[i]);
        y += height + 1;
    }
    return y - canvas->y + 4;
}

void paper_draw_cards(struct canvas *canvas, const struct paper_cards *cards)
{
    size_t across = canvas->paper->size == PAPER_PHONE ? 2
                    : cards->count < 4                 ? cards->count
                                                       : 4;
    double gap = 8;
    for (size_t i = 0; i < cards->count; i += across) {
        double width = (canvas_inner(canvas) - gap * (double)(across - 1)) / (double)across;
        double tallest = 0;
        canvas_need(canvas, 74);
        for (size_t k = 0; k < across && i + k < cards->count; k++) {
            double x = canvas->margin + (double)k * (width + gap);
            double height = put_card(canvas, &cards->cards[i + k], x + 6, width - 8);
            canvas_colour(canvas, COLOUR_ACCENT);
            cairo_rectangle(canvas->cairo, x, canvas->y + 4, 2, height - 8);
            cairo_fill(canvas->cairo);
            tallest = fmax(tallest, height);
        }
        canvas->y += tallest + 4;
    }
    canvas->y += 4;
}

// ---- photos ----

static void put_frame(struct canvas *canvas, const struct canvas_box *box,
                      const char *missing)
{
    canvas_colour(canvas, COLOUR_BAND);
    cairo_rectangle(canvas->cairo, box->x, box->y, box->width, box->height);
    cairo_fill(canvas->cairo);
    canvas_label(canvas, missing, TYPE_SMALL, box->x + box->width / 2,
                 box->y + box->height / 2 - 5, 0, COLOUR_FAINT);
}

// The file's bytes go into the document as they are; the pixels here are never looked at.
static void put_jpeg(struct canvas *canvas, const struct canvas_box *box,
                     const struct paper_picture *picture, const char *missing)
{
    int width = 0;
    int height = 0;
    if (!picture->jpeg) {
        put_frame(canvas, box, missing);
        return;
    }
    if (!jpeg_size(picture->jpeg, picture->length, &width, &height)) {
        if (!canvas->failure.code) {
            (void)error_set(&canvas->failure, ERROR_INPUT, "document.picture",
                            "a picture is no JPEG");
        }
        return;
    }
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    double scale = fmax(box->width / width, box->height / height);
    (void)cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, picture->jpeg,
                                      picture->length, NULL, NULL);
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, box->x, box->y, box->width, box->height);
    cairo_clip(canvas->cairo);
    cairo_translate(canvas->cairo, box->x + (box->width - width * scale) / 2,
                    box->y + (box->height - height * scale) / 2);
    cairo_scale(canvas->cairo, scale, scale);
    cairo_set_source_surface(canvas->cairo, image, 0, 0);
    cairo_paint(canvas->cairo);
    cairo_restore(canvas->cairo);
    cairo_surface_destroy(image);
}

void paper_draw_pictures(struct canvas *canvas, const struct paper_pictures *pictures)
{
    bool phone = canvas->paper->size == PAPER_PHONE;
    double wide = phone ? 84 : 68;
    double high = phone ? 63 : 50;
    for (size_t i = 0; i < pictures->count && !canvas->failure.code; i++) {
        const struct paper_picture *picture = &pictures->pictures[i];
        char number[24];
        double width = canvas_inner(canvas) - wide - 34;
        double x = canvas->margin + wide + 12;
        canvas_need(canvas, high + 6);
        struct canvas_box box = {canvas->margin, canvas->y, wide, high};
        put_jpeg(canvas, &box, picture, pictures->missing);
        g_snprintf(number, sizeof(number), "%u", (unsigned)i + 1);
        canvas_label(canvas, number, TYPE_HEADING, x, canvas->y, -1, COLOUR_ACCENT);
        LAYOUT_CLEANUP PangoLayout *title = canvas_layout(
            canvas,
            &(struct canvas_text){
                .text = picture->title, .type = TYPE_LARGE, .bold = true, .width = width});
        LAYOUT_CLEANUP PangoLayout *text = canvas_layout(
            canvas, &(struct canvas_text){
                        .text = picture->text, .type = TYPE_BODY, .width = width});
        double title_height;
        double text_height;
        canvas_size(title, NULL, &title_height);
        canvas_size(text, NULL, &text_height);
        canvas_put(canvas, title, x + 22, canvas->y, COLOUR_INK);
        canvas_put(canvas, text, x + 22, canvas->y + title_height + 2, COLOUR_FAINT);
        canvas->y += fmax(high, title_height + text_height + 2) + 6;
    }
}
