// SPDX-License-Identifier: MPL-2.0
// Pages through Cairo, text through Pango. The document is laid out twice: the first time
// nothing is written and the pages are counted.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairo-pdf.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

#include "paper_internal.h"

static const struct {
    const char *name;
    double width, height, margin;
} sizes[PAPER_SIZE_COUNT] = {
    [PAPER_A4] = {"a4", 595.28, 841.89, 46},
    [PAPER_PHONE] = {"phone", 283.46, 566.93, 15}, // 100 x 200 mm: 10 pt are 14 px there
};

const char *paper_size_to_str(enum paper_size size)
{
    return sizes[size].name;
}

int paper_size_from_str(const char *text)
{
    for (int i = 0; i < PAPER_SIZE_COUNT; i++) {
        if (text_equal(text, sizes[i].name)) {
            return i;
        }
    }
    return -1;
}

// ---- the canvas ----

double canvas_inner(const struct canvas *canvas)
{
    return canvas->width - 2 * canvas->margin;
}

void canvas_colour(struct canvas *canvas, int colour)
{
    cairo_set_source_rgb(canvas->cairo, (colour >> 16 & 255) / 255.0,
                         (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
}

int canvas_tone(enum paper_tone tone)
{
    static const int colours[PAPER_TONE_COUNT] = {
        [PAPER_PLAIN] = COLOUR_INK, [PAPER_FAINT] = COLOUR_FAINT, [PAPER_GOOD] = 0x25702a,
        [PAPER_WARNING] = 0x8f5500, [PAPER_BAD] = 0xa8201a,
    };
    return colours[tone];
}

void canvas_rule(struct canvas *canvas, double x, double y, double width, double line)
{
    cairo_set_line_width(canvas->cairo, line);
    canvas_colour(canvas, COLOUR_LINE);
    cairo_move_to(canvas->cairo, x, y);
    cairo_line_to(canvas->cairo, x + width, y);
    cairo_stroke(canvas->cairo);
}

static void set_type(const struct canvas *canvas, PangoLayout *layout,
                     const struct canvas_text *text)
{
    static const double points[PAPER_SIZE_COUNT][TYPE_COUNT] = {
        [PAPER_A4] = {6.5, 7.5, 9, 10.5, 14, 21, 22},
        [PAPER_PHONE] = {7, 8, 9.5, 10, 13, 17, 19},
    };
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(
        font, text_starts(canvas->paper->language, "zh")
                  ? "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, sans-serif"
                  : "Noto Sans, DejaVu Sans, Noto Sans CJK SC, sans-serif");
    pango_font_description_set_absolute_size(font, points[canvas->paper->size][text->type] *
                                                       PANGO_SCALE);
    pango_font_description_set_weight(font,
                                      text->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
}

// What Pango may have: UTF-8 without control characters.
static char *clean(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (!text || !text_is_utf8(text, length)) {
        return memory_text(text ? "?" : "");
    }
    char *out = memory_text(text);
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n' || (c >= 0x20 && c != 0x7f)) {
            out[kept++] = text[i];
        }
    }
    out[kept] = '\0';
    return out;
}

PangoLayout *canvas_layout(struct canvas *canvas, const struct canvas_text *text)
{
    PangoLayout *layout = pango_cairo_create_layout(canvas->cairo);
    char *shown = clean(text->text);
    pango_context_set_language(pango_layout_get_context(layout),
                               pango_language_from_string(canvas->paper->language));
    set_type(canvas, layout, text);
    pango_layout_set_text(layout, shown, -1);
    free(shown);
    if (text->width > 0) {
        pango_layout_set_width(layout, (int)(text->width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
        pango_layout_set_alignment(layout,
                                   text->number ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
    }
    if (text->one_line) {
        pango_layout_set_single_paragraph_mode(layout, TRUE);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_spacing(layout, PANGO_SCALE);
    return layout;
}

void canvas_size(PangoLayout *layout, double *ret_width, double *ret_height)
{
    int width = 0;
    int height = 0;
    pango_layout_get_size(layout, &width, &height);
    if (ret_width) {
        *ret_width = (double)width / PANGO_SCALE;
    }
    if (ret_height) {
        *ret_height = (double)height / PANGO_SCALE;
    }
}

void canvas_put(struct canvas *canvas, PangoLayout *layout, double x, double y, int colour)
{
    canvas_colour(canvas, colour);
    cairo_move_to(canvas->cairo, x, y);
    pango_cairo_show_layout(canvas->cairo, layout);
}

void canvas_label(struct canvas *canvas, const char *text, enum paper_type type, double x,
                  double y, int align, int colour)
{
    LAYOUT_CLEANUP PangoLayout *layout =
        canvas_layout(canvas, &(struct canvas_text){.text = text, .type = type});
    double width;
    canvas_size(layout, &width, NULL);
    canvas_put(canvas, layout, x - width * (align + 1) / 2, y, colour);
}

// ---- pages ----

static void end_page(struct canvas *canvas)
{
    char number[32];
    double y = canvas->height - canvas->margin * 0.75;
    if (canvas->pages > 0) {
        snprintf(number, sizeof(number), "%d / %d", canvas->page, canvas->pages);
    } else {
        snprintf(number, sizeof(number), "%d", canvas->page);
    }
    canvas_rule(canvas, canvas->margin, y - 4, canvas_inner(canvas), 0.4);
    LAYOUT_CLEANUP PangoLayout *footer =
        canvas_layout(canvas, &(struct canvas_text){.text = canvas->paper->footer,
                                                    .type = TYPE_TINY,
                                                    .one_line = true,
                                                    .width = canvas_inner(canvas) - 40});
    canvas_put(canvas, footer, canvas->margin, y, COLOUR_FAINT);
    canvas_label(canvas, number, TYPE_TINY, canvas->width - canvas->margin, y, 1,
                 COLOUR_FAINT);
    cairo_show_page(canvas->cairo);
}

void canvas_new_page(struct canvas *canvas)
{
    if (canvas->page >= PAPER_PAGES_MOST) {
        if (!canvas->failure.code) {
            (void)error_set(&canvas->failure, ERROR_LIMIT, "document.limit",
                            "a document has at most %d pages", PAPER_PAGES_MOST);
        }
        return;
    }
    end_page(canvas);
    canvas->page++;
    canvas->y = canvas->margin;
}

void canvas_need(struct canvas *canvas, double height)
{
    if (canvas->y + height > canvas->bottom && canvas->y > canvas->margin) {
        canvas_new_page(canvas);
    }
}

// ---- text ----

static void put_text(struct canvas *canvas, const struct canvas_text *text, int colour,
                     double after)
{
    double height;
    LAYOUT_CLEANUP PangoLayout *layout = canvas_layout(canvas, text);
    canvas_size(layout, NULL, &height);
    canvas_need(canvas, height);
    canvas_put(canvas, layout, canvas->margin, canvas->y, colour);
    canvas->y += height + after;
}

static void outline(struct canvas *canvas, const char *text)
{
    char place[80];
    char *shown = clean(text);
    snprintf(place, sizeof(place), "page=%d pos=[%d %d]", canvas->page, (int)canvas->margin,
             (int)canvas->y);
    cairo_pdf_surface_add_outline(canvas->surface, CAIRO_PDF_OUTLINE_ROOT, shown, place, 0);
    free(shown);
}

static void draw_words(struct canvas *canvas, const struct paper_block *block)
{
    struct canvas_text text = {.text = block->text, .width = canvas_inner(canvas)};
    int colour = COLOUR_INK;
    double after = 6;
    if (block->kind == PAPER_TITLE) {
        text.type = TYPE_TITLE;
        text.bold = true;
        after = 2;
    } else if (block->kind == PAPER_HEADING) {
        canvas->y += canvas->y > canvas->margin ? 8 : 0;
        canvas_need(canvas, fmax(90, block->keep)); // never alone at the foot of a page
        outline(canvas, block->text);
        text.type = TYPE_HEADING;
        text.bold = true;
        colour = COLOUR_ACCENT;
        after = 4;
    } else {
        text.type = block->kind == PAPER_SMALL ? TYPE_SMALL : TYPE_LARGE;
        colour = block->kind == PAPER_SMALL ? COLOUR_FAINT : COLOUR_INK;
    }
    put_text(canvas, &text, colour, after);
    if (block->below && block->below[0]) {
        text = (struct canvas_text){
            .text = block->below, .type = TYPE_BODY, .width = canvas_inner(canvas)};
        put_text(canvas, &text, COLOUR_FAINT, 8);
    }
}

static void draw_block(struct canvas *canvas, const struct paper_block *block)
{
    switch (block->kind) {
    case PAPER_CARDS:
        paper_draw_cards(canvas, block->cards);
        break;
    case PAPER_TABLE:
        paper_draw_table(canvas, block->table);
        break;
    case PAPER_CHART:
        paper_draw_chart(canvas, block->chart);
        break;
    case PAPER_MAP:
        paper_draw_map(canvas, block->map);
        break;
    case PAPER_PICTURES:
        paper_draw_pictures(canvas, block->pictures);
        break;
    case PAPER_NEW_PAGE:
        if (canvas->y > canvas->margin) {
            canvas_new_page(canvas);
        }
        break;
    case PAPER_TITLE:
    case PAPER_HEADING:
    case PAPER_TEXT:
    case PAPER_SMALL:
    case PAPER_KIND_COUNT:
        draw_words(canvas, block);
        break;
    }
}

// ---- the whole ----

static cairo_status_t write_bytes(void *context, const unsigned char *bytes,
                                  unsigned int length)
{
    struct buffer *out = context;
    buffer_append(out, bytes, length);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void set_properties(const struct canvas *canvas)
{
    const struct paper *paper = canvas->paper;
    cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_TITLE, paper->title);
    cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_AUTHOR,
                                   paper->author ? paper->author : "");
    cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATOR, "gridcase");
    if (paper->created) {
        cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                       paper->created);
    }
}

// A language whose characters no font has would come out as boxes.
static void check_font(struct canvas *canvas)
{
    const char *probe = text_starts(canvas->paper->language, "zh") ? "城市管理" : "Grid";
    LAYOUT_CLEANUP PangoLayout *layout =
        canvas_layout(canvas, &(struct canvas_text){.text = probe});
    if (pango_layout_get_unknown_glyphs_count(layout) > 0 && !canvas->failure.code) {
        (void)error_set(&canvas->failure, ERROR_IO, "document.font",
                        "no font of this system has the characters of %s: install "
                        "fonts-noto-cjk",
                        canvas->paper->language);
    }
}

// out NULL: only counts the pages.
static int lay_out(const struct paper *paper, int pages, struct buffer *out, int *ret_pages,
                   struct error *error)
{
    struct canvas canvas = {.paper = paper,
                            .width = sizes[paper->size].width,
                            .height = sizes[paper->size].height,
                            .margin = sizes[paper->size].margin,
                            .page = 1,
                            .pages = pages};
    canvas.y = canvas.margin;
    canvas.bottom = canvas.height - canvas.margin - 10;
    canvas.surface = cairo_pdf_surface_create_for_stream(out ? write_bytes : NULL, out,
                                                         canvas.width, canvas.height);
    canvas.cairo = cairo_create(canvas.surface);
    set_properties(&canvas);
    check_font(&canvas);
    for (size_t i = 0; i < paper->block_count && !canvas.failure.code; i++) {
        draw_block(&canvas, &paper->blocks[i]);
    }
    if (!canvas.failure.code) {
        end_page(&canvas);
    }
    cairo_status_t status = cairo_status(canvas.cairo);
    cairo_destroy(canvas.cairo);
    cairo_surface_finish(canvas.surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(canvas.surface);
    }
    cairo_surface_destroy(canvas.surface);
    *ret_pages = canvas.page;
    if (canvas.failure.code) {
        *error = canvas.failure;
        return error->code;
    }
    return status == CAIRO_STATUS_SUCCESS
               ? 0
               : error_set(error, ERROR_IO, "document.io", "the pages cannot be drawn: %s",
                           cairo_status_to_string(status));
}

static int check(const struct paper *paper, struct error *error)
{
    for (size_t i = 0; i < paper->block_count; i++) {
        const struct paper_block *block = &paper->blocks[i];
        const struct paper_table *table = block->kind == PAPER_TABLE ? block->table : NULL;
        const struct paper_chart *chart = block->kind == PAPER_CHART ? block->chart : NULL;
        if (table &&
            (table->column_count < 1 || table->column_count > PAPER_COLUMNS_MOST)) {
            return error_set(error, ERROR_LIMIT, "document.limit",
                             "a table has 1 to %d columns", PAPER_COLUMNS_MOST);
        }
        if (chart && (chart->series_count < 1 || chart->series_count > PAPER_SERIES_MOST)) {
            return error_set(error, ERROR_LIMIT, "document.limit",
                             "a chart has 1 to %d series", PAPER_SERIES_MOST);
        }
    }
    return 0;
}

int paper_pdf(const struct paper *paper, struct buffer *out, struct error *error)
{
    int pages = 0;
    int code = check(paper, error);
    if (!code) {
        code = lay_out(paper, 0, NULL, &pages, error);
    }
    if (!code) {
        code = lay_out(paper, pages, out, &pages, error);
    }
    return code ? code : buffer_check(out, error);
}
