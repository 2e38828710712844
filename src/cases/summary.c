// SPDX-License-Identifier: MPL-2.0
// A row of case_file as the summary that everybody else sees.
#include <string.h>

#include "case_internal.h"

const char *case_queue_to_str(int queue)
{
    static const char *const NAMES[] = {"", "where", "manual"};
    return queue >= 0 && queue <= CASE_QUEUE_MANUAL ? NAMES[queue] : "";
}

void case_summarise(const struct case_row *row, struct arena *arena,
                    struct case_summary *ret_summary)
{
    const struct case_place *place = &row->place;
    *ret_summary = (struct case_summary){
        .id = row->case_id,
        .number = arena_text(arena, row->number),
        .class_id = place->class_id,
        .condition_id = place->condition_id,
        .stage = (enum process_stage)row->stage,
        .outcome = (enum process_outcome)row->outcome,
        .step = row->step,
        .process_version = row->process_version,
        .catalogue_version = row->catalogue_version,
        .department_id = row->department_id,
        .grid_id = place->grid_id,
        .has_point = place->has_point,
        .lon_deg = place->point.lon_deg,
        .lat_deg = place->point.lat_deg,
        .accuracy_m = place->point.accuracy_m,
        .datum = place->point.datum,
        .queue = case_queue_to_str(row->queue),
        .place = place->address,
        .description = row->description,
        .external_id = row->external_id,
        .opened_ms = row->opened_ms,
        .closed_ms = row->closed_ms,
        .source = (enum process_source)row->source,
        .mark = (enum case_mark)row->mark,
        .reporter_id = row->reporter_id,
        .task_id =
            row->task_no != 0 ? row->case_id * (1 << CASE_TASK_SHIFT) + row->task_no : 0,
        .task_version = row->task_version,
        .task = (enum process_task)row->task_kind,
        .holder_role = row->holder_role,
        .holder_person_id = row->holder_person,
        .holder_department_id = row->holder_department,
        .clock = {.kind = (enum process_clock)row->clock_kind, .state = row->clock},
        .version = row->version,
    };
    memcpy(ret_summary->areas, place->areas, sizeof ret_summary->areas);
}

enum clock_light case_row_light(const struct case_row *row, int64_t now_ms)
{
    const struct clock *clock = &row->clock;
    if (row->clock_kind == PROCESS_CLOCK_NONE || clock->status == CLOCK_IDLE)
        return CLOCK_LIGHT_NONE;
    // A target that the source gave has no limit to take 80 % of.
    if (clock->limit.unit == LIMIT_NONE)
        return clock->due_ms == INSTANT_NONE ? CLOCK_LIGHT_NONE
               : (row->closed_ms != INSTANT_NONE ? row->closed_ms : now_ms) > clock->due_ms
                   ? CLOCK_LIGHT_RED
                   : CLOCK_LIGHT_GREEN;
    return clock_light(clock, now_ms);
}

enum clock_light case_light(const struct case_summary *summary, int64_t now_ms)
{
    struct case_row row = {.closed_ms = summary->closed_ms,
                           .clock_kind = (int)summary->clock.kind,
                           .clock = summary->clock.state};
    return case_row_light(&row, now_ms);
}

void case_limit_text(const struct case_clock *clock, const char *language,
                     struct buffer *out)
{
    if (clock->state.limit.unit != LIMIT_NONE)
        limit_text(&clock->state.limit, language, out);
}
