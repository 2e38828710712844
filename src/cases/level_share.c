// SPDX-License-Identifier: MPL-2.0
// The share of each level: out of the sealed history, in whose hands a case was while its
// handling clock ran.
#include <string.h>

#include <gridcase/core/text.h>

#include "case_internal.h"

enum { SHARES_MOST = 32 };

struct hands {
    struct case_work *work;
    const struct case_detail *detail;
    struct case_share shares[SHARES_MOST];
    size_t count;
    int64_t desk_task; // whose clock runs; 0: none
    bool handling;     // runs
    struct limit limit;
    bool any_desk;
};

static int64_t department_of_task(const struct hands *hands, int64_t task_no)
{
    for (size_t i = 0; i < hands->detail->task_count; i++)
        if ((hands->detail->tasks[i].id & CASE_TASKS_PER_CASE) == task_no)
            return hands->detail->tasks[i].department_id;
    return 0;
}

static void take_effect(struct hands *hands, const struct case_noted *noted)
{
    bool runs = noted->effect == CLOCK_EFFECT_START ||
                noted->effect == CLOCK_EFFECT_RESTART ||
                noted->effect == CLOCK_EFFECT_RESUME;
    bool stands = noted->effect == CLOCK_EFFECT_PAUSE || noted->effect == CLOCK_EFFECT_STOP;
    if (noted->kind == PROCESS_CLOCK_HANDLING && noted->task_no == 0) {
        hands->handling = runs || (hands->handling && !stands);
        if (runs && noted->has_limit)
            hands->limit = noted->limit;
    }
    if (noted->kind != PROCESS_CLOCK_DESK)
        return;
    hands->any_desk = true;
    if (runs)
        hands->desk_task = noted->task_no;
    else if (stands && hands->desk_task == noted->task_no)
        hands->desk_task = 0;
}

static void take_row(struct hands *hands, const struct case_history_row *row)
{
    const char *effects = row->clock_effect;
    size_t length = 0;
    for (const char *piece;
         effects != NULL && (piece = text_next(&effects, ';', &length)) != NULL;) {
        struct case_noted noted;
        if (length > 0 && case_noted_effect(hands->work->arena, piece, length, &noted))
            take_effect(hands, &noted);
    }
}

static void add(struct hands *hands, int64_t department_id, int64_t from_ms, int64_t to_ms)
{
    size_t i = 0;
    while (i < hands->count && hands->shares[i].department_id != department_id)
        i++;
    if (i == SHARES_MOST || to_ms <= from_ms || department_id == 0)
        return;
    const struct city_department *department =
        city_department_by_id(hands->work->city, department_id);
    if (i == hands->count)
        hands->shares[hands->count++] =
            (struct case_share){.department_id = department_id,
                                .command = department != NULL ? department->command : 0};
    hands->shares[i].elapsed_ms += to_ms - from_ms;
    hands->shares[i].counted_ms +=
        calendar_count(hands->work->calendar, &hands->limit, from_ms, to_ms);
}

int case_shares(struct case_work *work, int64_t now_ms, struct case_detail *detail,
                struct error *error)
{
    struct hands *hands = arena_alloc(work->arena, sizeof *hands);
    if (hands == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_long", "the case is too long");
    memset(hands, 0, sizeof *hands);
    hands->work = work;
    hands->detail = detail;
    for (size_t i = 0; i < detail->history_count; i++) {
        const struct case_history_row *row = &detail->history[i];
        take_row(hands, row);
        int64_t to_ms =
            i + 1 < detail->history_count ? detail->history[i + 1].done_ms : now_ms;
        int64_t desk_id = department_of_task(hands, hands->desk_task);
        if (hands->handling)
            add(hands, desk_id != 0 ? desk_id : row->department_id, row->done_ms, to_ms);
    }
    detail->shares = hands->shares;
    detail->share_count = hands->any_desk ? hands->count : 0;
    return 0;
}
