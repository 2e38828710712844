// SPDX-License-Identifier: MPL-2.0
// A document for people: blocks one below the other, laid out on pages as PDF.
//
// The caller says what there is, never where it stands: text, key figures, tables, charts
// of four plain forms, a map of areas, photos. Everything in the blocks is borrowed until
// the call returns; texts are UTF-8 (what is not, or cannot stand on paper, is left out).
// Text is laid out by Pango, which finds glyphs in the fonts of the system: Noto Sans CJK
// for Chinese. A call may come from any thread; it may take a second.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

enum {
    PAPER_COLUMNS_MOST = 16,
    PAPER_SERIES_MOST = 6,
    PAPER_SHADES = 5, // of a map, light to dark
    PAPER_PAGES_MOST = 500,
};

enum paper_tone {
    PAPER_PLAIN,
    PAPER_FAINT,
    PAPER_GOOD,
    PAPER_WARNING,
    PAPER_BAD,
    PAPER_TONE_COUNT
};

struct paper_card { // one figure, large
    const char *title, *value, *note;
    enum paper_tone tone; // of the note
};
struct paper_cards {
    size_t count;
    const struct paper_card *cards;
};

struct paper_column {
    const char *title;
    double weight; // share of the width
    bool number;   // set at the right
};
struct paper_cell {
    const char *text; // NULL: empty
    enum paper_tone tone;
};
struct paper_table {
    size_t column_count; // 1 .. PAPER_COLUMNS_MOST
    const struct paper_column *columns;
    size_t row_count;
    const struct paper_cell *cells; // row by row
    bool large;                     // in the type of the first page
};

enum paper_form {
    PAPER_BARS,    // lying, one series: what is largest
    PAPER_COLUMNS, // standing side by side: what came and went
    PAPER_LINES,   // over time
    PAPER_SHARES,  // each bar is the whole, cut by series
    PAPER_FORM_COUNT
};
struct paper_series {
    const char *name;
    const double *values; // one a point; NaN: there is none
};
struct paper_chart {
    enum paper_form form;
    size_t point_count;
    const char *const *labels;
    size_t series_count; // 1 .. PAPER_SERIES_MOST
    const struct paper_series *series;
    bool percent; // values are shares of 1
};

// A polygon's rings one after the other, as they are drawn by the even-odd rule.
struct paper_ring {
    size_t count;
    const double *lon_lat; // pairs, degrees
};
struct paper_shape {
    size_t ring_count;
    const struct paper_ring *rings;
    int shade; // 0 .. PAPER_SHADES - 1; -1: outline alone
};
struct paper_map {
    size_t shape_count;
    const struct paper_shape *shapes; // filled, thin line
    size_t outline_count;
    const struct paper_shape *outlines; // above them, thick line
    const char *legend[PAPER_SHADES];   // NULL: not used
    const char *none;                   // legend of shapes without a shade; NULL: none
    size_t mark_count;
    const double *marks; // lon, lat pairs: numbered circles, 1 ...
};

struct paper_picture {
    const uint8_t *jpeg; // NULL: a frame that says `missing`
    size_t length;
    const char *title, *text;
};
struct paper_pictures {
    size_t count;
    const struct paper_picture *pictures;
    const char *missing;
};

enum paper_kind {
    PAPER_TITLE, // text, and below it small
    PAPER_HEADING,
    PAPER_TEXT,
    PAPER_SMALL, // text in small type
    PAPER_CARDS,
    PAPER_TABLE,
    PAPER_CHART,
    PAPER_MAP,
    PAPER_PICTURES,
    PAPER_NEW_PAGE,
    PAPER_KIND_COUNT
};
struct paper_block {
    enum paper_kind kind;
    const char *text, *below; // of titles, headings and texts
    double keep;              // of a heading: points that must be left below it
    const struct paper_cards *cards;
    const struct paper_table *table;
    const struct paper_chart *chart;
    const struct paper_map *map;
    const struct paper_pictures *pictures;
};

enum paper_size { PAPER_A4, PAPER_PHONE, PAPER_SIZE_COUNT };
const char *paper_size_to_str(enum paper_size size); // "a4", "phone"
int paper_size_from_str(const char *text);           // -1: none

struct paper {
    enum paper_size size;
    const char *language; // "zh-CN": of the whole text
    const char *title, *author;
    const char *created; // ISO 8601, into the file's properties; NULL: none
    const char *footer;  // one line at the left; cut where the page number stands
    size_t block_count;
    const struct paper_block *blocks;
};

// ERROR_LIMIT "document.limit" for too many columns, series or pages; ERROR_IO
// "document.font" when no font of the system has the text's characters; ERROR_INPUT
// "document.picture" for a picture that is no JPEG.
int paper_pdf(const struct paper *paper, struct buffer *out,
              struct error *error) ERROR_MUST_CHECK;
