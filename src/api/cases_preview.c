// SPDX-License-Identifier: MPL-2.0
// What an action would change, as JSON: one member for each thing that would differ.
#include <string.h>

#include <gridcase/cases/read.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

struct previewing {
    struct api_call *call;
    struct json_writer *json;
    const struct case_prospect *sides[2]; // before, after
};
static const char *const SIDES[] = {"before", "after"};

static void begin(struct previewing *p, const char *what)
{
    json_begin_object(p->json, NULL);
    json_put_text(p->json, "what", what);
}

static void put_departments(struct previewing *p, const char *what, const int64_t ids[2])
{
    if (ids[0] == ids[1]) {
        return;
    }
    begin(p, what);
    for (int i = 0; i < 2; i++) {
        api_put_department(p->json, SIDES[i], p->call->snapshot, ids[i]);
    }
    json_end_object(p->json);
}

static void put_label(struct previewing *p, const char *name, const struct label *label)
{
    if (label) {
        label_put(p->json, name, label);
    } else {
        json_put_null(p->json, name);
    }
}

static void put_class(struct previewing *p)
{
    const struct catalogue *catalogue = city_catalogue(p->call->snapshot, 0);
    if (p->sides[0]->class_id != p->sides[1]->class_id) {
        begin(p, "class");
        for (int i = 0; i < 2; i++) {
            const struct catalogue_class *class =
                catalogue_class_by_id(catalogue, p->sides[i]->class_id);
            put_label(p, SIDES[i], class ? &class->name : NULL);
        }
        json_end_object(p->json);
    }
    if (p->sides[0]->condition_id != p->sides[1]->condition_id) {
        begin(p, "condition");
        for (int i = 0; i < 2; i++) {
            const struct catalogue_condition *condition =
                catalogue_condition_by_id(catalogue, p->sides[i]->condition_id);
            put_label(p, SIDES[i],
                      condition && !condition->implicit ? &condition->name : NULL);
        }
        json_end_object(p->json);
    }
}

static void put_place(struct previewing *p)
{
    const struct city_snapshot *city = p->call->snapshot;
    if (p->sides[0]->grid_id != p->sides[1]->grid_id) {
        begin(p, "grid");
        for (int i = 0; i < 2; i++) {
            const struct city_grid *grid = city_grid_by_id(city, p->sides[i]->grid_id);
            json_put_text(p->json, SIDES[i], grid ? grid->code : NULL);
        }
        json_end_object(p->json);
    }
    for (size_t level = 0; level < city_levels(city); level++) {
        if (p->sides[0]->areas[level] == p->sides[1]->areas[level]) {
            continue;
        }
        begin(p, "area");
        json_put_text(p->json, "level", city_level(city, level)->code);
        for (int i = 0; i < 2; i++) {
            const struct city_area *area = city_area_by_id(city, p->sides[i]->areas[level]);
            if (area) {
                api_put_names(p->json, SIDES[i], city, &area->name);
            } else {
                json_put_null(p->json, SIDES[i]);
            }
        }
        json_end_object(p->json);
    }
}

static void put_limit(struct previewing *p)
{
    const struct limit *before = &p->sides[0]->limit, *after = &p->sides[1]->limit;
    if (before->unit != after->unit || before->milli != after->milli ||
        strcmp(before->season, after->season) != 0) {
        begin(p, "limit");
        for (int i = 0; i < 2; i++) {
            struct case_clock clock = {.state = {.limit = p->sides[i]->limit}};
            json_begin_object(p->json, SIDES[i]);
            for (size_t k = 0; k < city_languages(p->call->snapshot); k++) {
                const char *language = city_language(p->call->snapshot, k);
                BUFFER_CLEANUP struct buffer text;
                buffer_init(&text, BUFFER_CEILING_LINE);
                case_limit_text(&clock, language, &text);
                json_put_text(p->json, language, text.data ? text.data : "");
            }
            json_end_object(p->json);
        }
        json_end_object(p->json);
    }
    if (p->sides[0]->due_ms != p->sides[1]->due_ms) {
        begin(p, "due");
        json_put_instant(p->json, "before", p->sides[0]->due_ms);
        json_put_instant(p->json, "after", p->sides[1]->due_ms);
        json_end_object(p->json);
    }
}

static void put_step(struct previewing *p)
{
    if (p->sides[0]->step == p->sides[1]->step) {
        return;
    }
    begin(p, "step");
    for (int i = 0; i < 2; i++) {
        label_put(p->json, SIDES[i], &p->sides[i]->step->label);
    }
    json_end_object(p->json);
}

int cases_reply_preview(struct api_call *call, struct db *db, const struct case_move *move,
                        struct error *error)
{
    struct case_preview preview;
    int code = case_preview(db, call->snapshot, move, &preview, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct previewing p = {.call = call,
                           .json = api_answer_begin(&answer),
                           .sides = {&preview.before, &preview.after}};
    json_begin_array(p.json, "changes");
    put_step(&p);
    put_class(&p);
    put_place(&p);
    put_departments(&p, "route",
                    (int64_t[2]){preview.before.route_id, preview.after.route_id});
    put_departments(
        &p, "department",
        (int64_t[2]){preview.before.department_id, preview.after.department_id});
    put_limit(&p);
    json_end_array(p.json);
    api_answer_send(call, 200, &answer);
    return 0;
}
