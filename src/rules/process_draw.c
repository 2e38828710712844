// SPDX-License-Identifier: MPL-2.0
// The diagram of a process: steps in columns by stage, one arrow per pair of steps. Small
// and plain on purpose: presentation attributes only, no style, no script.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process_internal.h"

enum {
    BOX_WIDTH = 172,
    BOX_HEIGHT = 46,
    COLUMN_GAP = 120,
    ROW_GAP = 92,
    MARGIN = 56,
    TITLE = 90,
    LABELS_MOST = 4,
    GENERAL = 4, // an action from so many steps is told beside its target, without arrows
};

struct place {
    int column, row;
    int x, y; // upper left corner of the box
};

struct drawing {
    const struct process *process;
    const char *language;
    struct place places[PROCESS_STEPS_MOST];
    int columns[PROCESS_STAGE_COUNT]; // column of a stage, -1: empty
    int column_count;
    int rows; // of the fullest column
};

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buffer_append_text(out, "&lt;");
        else if (*text == '>')
            buffer_append_text(out, "&gt;");
        else if (*text == '&')
            buffer_append_text(out, "&amp;");
        else if (*text == '"')
            buffer_append_text(out, "&quot;");
        else
            buffer_append_char(out, *text);
    }
}

static const char *step_text(const struct drawing *drawing, int step)
{
    const struct process_step *at = &drawing->process->steps[step];
    const char *text = label_text(&at->label, drawing->language);
    return *text != '\0' ? text : at->code;
}

static const char *action_text(const struct drawing *drawing,
                               const struct process_action *action)
{
    const char *text = label_text(&action->label, drawing->language);
    return *text != '\0' ? text : action->code;
}

static void lay_out(struct drawing *drawing)
{
    int filled[PROCESS_STAGE_COUNT] = {0};
    for (size_t i = 0; i < drawing->process->step_count; i++)
        filled[drawing->process->steps[i].stage]++;
    for (int i = 0; i < PROCESS_STAGE_COUNT; i++) {
        drawing->columns[i] = filled[i] > 0 ? drawing->column_count++ : -1;
        drawing->rows = filled[i] > drawing->rows ? filled[i] : drawing->rows;
        filled[i] = 0;
    }
    for (size_t i = 0; i < drawing->process->step_count; i++) {
        int stage = (int)drawing->process->steps[i].stage;
        struct place *place = &drawing->places[i];
        place->column = drawing->columns[stage];
        place->row = filled[stage]++;
        place->x = MARGIN + place->column * (BOX_WIDTH + COLUMN_GAP);
        // Odd columns stand half a row lower: long arrows then pass between boxes.
        place->y =
            MARGIN + TITLE + place->row * ROW_GAP + place->column % 2 * (ROW_GAP / 2);
    }
}

static bool is_general(const struct drawing *drawing, const struct process_action *action)
{
    int count = 0;
    for (size_t i = 0; i < drawing->process->action_count; i++) {
        const struct process_action *other = &drawing->process->actions[i];
        count += other->line == action->line && !other->stays;
    }
    return count >= GENERAL;
}

// Labels of all actions that lead from one step to another; false when there are none or an
// earlier pair has drawn them.
static bool edge_label(const struct drawing *drawing, int from, int to, struct buffer *out)
{
    const struct process_rows *rows = &drawing->process->rows[from + 1];
    const char *seen[LABELS_MOST];
    int count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct process_action *action = &drawing->process->actions[rows->items[i]];
        if (action->to != to || action->stays || is_general(drawing, action))
            continue;
        bool double_one = false;
        for (int k = 0; k < count; k++)
            double_one |= strcmp(seen[k], action->code) == 0;
        if (double_one || count == LABELS_MOST)
            continue;
        seen[count] = action->code;
        buffer_append_text(out, count++ > 0 ? " / " : "");
        append_escaped(out, action_text(drawing, action));
    }
    return count > 0;
}

// Lines first, then boxes, then labels: label NULL draws the line.
static void draw_arrow(const struct drawing *drawing, int from, int to, const char *label,
                       struct buffer *out)
{
    const struct place *a = &drawing->places[from];
    const struct place *b = &drawing->places[to];
    int x1, y1, x2, y2, c1x, c1y, c2x, c2y;
    if (b->column > a->column + 1) {
        int rise = 24 + 14 * (b->column - a->column) + 10 * b->row;
        x1 = a->x + BOX_WIDTH / 2 + 24, y1 = a->y;
        x2 = b->x + BOX_WIDTH / 2 - 24, y2 = b->y;
        c1x = x1 + BOX_WIDTH / 2, c1y = y1 - rise, c2x = x2 - BOX_WIDTH / 2,
        c2y = y2 - rise;
    } else if (b->column > a->column) {
        x1 = a->x + BOX_WIDTH, y1 = a->y + BOX_HEIGHT / 2 - 6;
        x2 = b->x, y2 = b->y + BOX_HEIGHT / 2 - 6;
        c1x = x1 + COLUMN_GAP / 2, c1y = y1, c2x = x2 - COLUMN_GAP / 2, c2y = y2;
    } else if (b->column == a->column) {
        int bend = 30 + 12 * abs(a->row - b->row);
        bool down = b->row > a->row;
        x1 = x2 = down ? a->x + BOX_WIDTH : a->x;
        y1 = a->y + BOX_HEIGHT / 2 + 8, y2 = b->y + BOX_HEIGHT / 2 + 8;
        c1x = c2x = down ? x1 + bend : x1 - bend, c1y = y1, c2y = y2;
    } else {
        // Long ways back run below all boxes.
        int low = MARGIN + TITLE + drawing->rows * ROW_GAP;
        int far = a->column - b->column;
        int sink = far == 1 ? 40 : low - a->y - BOX_HEIGHT + 18 * far + 8 * b->row;
        x1 = a->x + BOX_WIDTH / 2, y1 = a->y + BOX_HEIGHT;
        x2 = b->x + BOX_WIDTH / 2 + 16, y2 = b->y + BOX_HEIGHT;
        c1x = x1, c1y = y1 + sink, c2x = x2, c2y = y2 + sink;
    }
    if (label == NULL) {
        bool back = b->column < a->column || (b->column == a->column && b->row < a->row);
        buffer_format(out,
                      "<path d=\"M%d %dC%d %d %d %d %d %d\" fill=\"none\" stroke=\"%s\" "
                      "stroke-width=\"1.4\" marker-end=\"url(#tip)\"/>\n",
                      x1, y1, c1x, c1y, c2x, c2y, x2, y2, back ? "#b0643c" : "#4a6fa5");
        return;
    }
    buffer_format(out,
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\" "
                  "fill=\"#333\" stroke=\"#fff\" stroke-width=\"3\" "
                  "paint-order=\"stroke\">%s</text>\n",
                  (x1 + 3 * c1x + 3 * c2x + x2) / 8, (y1 + 3 * c1y + 3 * c2y + y2) / 8 - 3,
                  label);
}

static void draw_step(const struct drawing *drawing, int step, struct buffer *out)
{
    const struct process_step *at = &drawing->process->steps[step];
    const struct place *place = &drawing->places[step];
    bool ended = at->stage == PROCESS_ENDED;
    buffer_format(
        out,
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" fill=\"%s\" "
        "stroke=\"#4a6fa5\"/>\n<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" "
        "font-size=\"13\" fill=\"#111\">",
        place->x, place->y, BOX_WIDTH, BOX_HEIGHT, ended ? 23 : 6,
        ended ? "#e9ecef" : "#eaf1fb", place->x + BOX_WIDTH / 2, place->y + 20);
    append_escaped(out, step_text(drawing, step));
    const char *holder =
        process_word_label(PROCESS_WORDS_ROLE, at->holder_role, drawing->language);
    buffer_format(out,
                  "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" "
                  "font-size=\"10\" fill=\"#666\">",
                  place->x + BOX_WIDTH / 2, place->y + 36);
    append_escaped(out, ended ? process_word_label(PROCESS_WORDS_OUTCOME, (int)at->outcome,
                                                   drawing->language)
                              : holder);
    buffer_append_text(out, "</text>\n");
}

static void draw_start(const struct drawing *drawing, struct buffer *out)
{
    for (size_t i = 0; i < drawing->process->step_count; i++) {
        const struct place *place = &drawing->places[i];
        const struct process_rows *rows = &drawing->process->rows[0];
        bool starts = false;
        for (size_t k = 0; k < rows->count; k++)
            starts |= drawing->process->actions[rows->items[k]].to == (int)i;
        if (starts)
            buffer_format(out,
                          "<circle cx=\"%d\" cy=\"%d\" r=\"6\" fill=\"#2b8a3e\"/>\n"
                          "<path d=\"M%d %dH%d\" stroke=\"#2b8a3e\" "
                          "marker-end=\"url(#tip)\"/>\n",
                          place->x - 24, place->y + 12, place->x - 18, place->y + 12,
                          place->x);
    }
}

// "Void: from 10 steps" beside the steps that nearly every other leads to.
static void draw_general(const struct drawing *drawing, struct buffer *out)
{
    int64_t told = -1;
    for (size_t i = 0; i < drawing->process->action_count; i++) {
        const struct process_action *action = &drawing->process->actions[i];
        if (action->stays || action->line == told || !is_general(drawing, action))
            continue;
        told = action->line;
        int count = 0;
        for (size_t k = 0; k < drawing->process->action_count; k++)
            count += drawing->process->actions[k].line == told;
        const struct place *place = &drawing->places[action->to];
        buffer_format(out,
                      "<path d=\"M%d %dH%d\" stroke=\"#4a6fa5\" "
                      "marker-end=\"url(#tip)\"/>\n<text x=\"%d\" y=\"%d\" "
                      "text-anchor=\"end\" font-size=\"11\" fill=\"#333\" stroke=\"#fff\" "
                      "stroke-width=\"3\" paint-order=\"stroke\">",
                      place->x - 18, place->y + BOX_HEIGHT - 8, place->x, place->x - 20,
                      place->y + BOX_HEIGHT - 4);
        append_escaped(out, action_text(drawing, action));
        buffer_format(out, " (%d)</text>\n", count);
    }
}

static void draw_arrows(const struct drawing *drawing, bool labels, struct buffer *out)
{
    struct buffer label BUFFER_CLEANUP;
    buffer_init(&label, BUFFER_CEILING_LINE);
    int count = (int)drawing->process->step_count;
    for (int from = 0; from < count; from++)
        for (int to = 0; to < count; to++) {
            buffer_clear(&label);
            if (from != to && edge_label(drawing, from, to, &label))
                draw_arrow(drawing, from, to, labels ? label.data : NULL, out);
        }
}

void process_draw_svg(const struct process *process, const char *language,
                      struct buffer *out)
{
    struct drawing *drawing = memory_new(sizeof *drawing);
    drawing->process = process;
    drawing->language = language;
    lay_out(drawing);
    int width = 2 * MARGIN + drawing->column_count * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP;
    int height = 2 * MARGIN + TITLE + drawing->rows * ROW_GAP + ROW_GAP;
    buffer_format(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "width=\"%d\" height=\"%d\" font-family=\"sans-serif\">\n"
                  "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
                  "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
                  "<path d=\"M0 0L8 4L0 8z\" fill=\"#4a6fa5\"/></marker></defs>\n"
                  "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
                  width, height, width, height, width, height);
    for (int i = 0; i < PROCESS_STAGE_COUNT; i++) {
        if (drawing->columns[i] < 0)
            continue;
        buffer_format(out,
                      "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"14\" "
                      "font-weight=\"bold\" fill=\"#4a6fa5\">",
                      MARGIN + drawing->columns[i] * (BOX_WIDTH + COLUMN_GAP) +
                          BOX_WIDTH / 2,
                      MARGIN);
        append_escaped(out, process_word_label(PROCESS_WORDS_STAGE, i, language));
        buffer_append_text(out, "</text>\n");
    }
    draw_start(drawing, out);
    draw_arrows(drawing, false, out);
    for (int i = 0; i < (int)process->step_count; i++)
        draw_step(drawing, i, out);
    draw_arrows(drawing, true, out);
    draw_general(drawing, out);
    buffer_append_text(out, "</svg>\n");
    free(drawing);
}

void process_draw_dot(const struct process *process, const char *language,
                      struct buffer *out)
{
    struct drawing drawing = {.process = process, .language = language};
    buffer_append_text(out, "digraph process {\n  rankdir=LR;\n  node [shape=box];\n");
    for (size_t i = 0; i < process->step_count; i++)
        buffer_format(out, "  %s [label=\"%s\"%s];\n", process->steps[i].code,
                      step_text(&drawing, (int)i),
                      process->steps[i].stage == PROCESS_ENDED ? " shape=oval" : "");
    for (size_t i = 0; i < process->action_count; i++) {
        const struct process_action *action = &process->actions[i];
        if (action->from >= 0 && !action->stays)
            buffer_format(out, "  %s -> %s [label=\"%s\"];\n",
                          process->steps[action->from].code,
                          process->steps[action->to].code, action_text(&drawing, action));
    }
    buffer_append_text(out, "}\n");
}
