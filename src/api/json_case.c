// SPDX-License-Identifier: MPL-2.0
// Cases as JSON: what a person sees of them. Masks are put on here.
#include <string.h>

#include <gridcase/rules/catalogue.h>

#include "api_internal.h"

void api_view_init(struct api_view *view, struct api_call *call, struct db *db,
                   struct json_writer *json)
{
    *view = (struct api_view){.call = call, .db = db, .json = json};
    struct account_sight sight;
    account_sight(&call->session.actor, RIGHT_PERSON_READ, &sight);
    view->people = sight.everything; // else case by case: api_put_detail
}

// ---- people ----

const char *api_person_name(struct api_view *view, int64_t id)
{
    size_t most = sizeof(view->names) / sizeof(view->names[0]);
    if (!view->people && id != view->call->session.actor.person_id) {
        return "";
    }
    for (size_t i = 0; i < view->name_count; i++) {
        if (view->names[i].id == id) {
            return view->names[i].name;
        }
    }
    struct account_person person;
    struct error error = {0};
    const char *name = "";
    if (account_person_by_id(view->db, id, &person, &error) == 0) {
        name = arena_text(view->call->arena, person.name);
    } else {
        api_reply_misses(view->call, &error);
    }
    if (view->name_count < most) {
        view->names[view->name_count].id = id;
        view->names[view->name_count++].name = name;
    }
    return name ? name : "";
}

static void put_person(struct api_view *view, const char *name, int64_t id)
{
    if (!id) {
        json_put_null(view->json, name);
        return;
    }
    json_begin_object(view->json, name);
    json_put_int(view->json, "id", id);
    json_put_text(view->json, "name", api_person_name(view, id));
    json_end_object(view->json);
}

// ---- clocks and holders ----

static void put_clock_members(struct api_view *view, const struct case_clock *clock)
{
    struct json_writer *json = view->json;
    json_put_text(json, "kind", process_clock_to_str((int)clock->kind));
    json_put_text(json, "state", clock_status_to_str(clock->state.status));
    api_put_limit_text(json, view->call->snapshot, clock);
    json_put_instant(json, "started_at", clock->state.started_at_ms);
    json_put_instant(json, "due_at", clock->state.due_ms);
    json_put_instant(json, "yellow_at", clock->state.yellow_at_ms);
    json_put_bool(json, "provisional", clock->state.provisional);
}

static void put_clock(struct api_view *view, const struct case_clock *clock)
{
    if (clock->kind == PROCESS_CLOCK_NONE) {
        json_put_null(view->json, "clock");
        return;
    }
    json_begin_object(view->json, "clock");
    put_clock_members(view, clock);
    json_end_object(view->json);
}

struct holder {
    int64_t department_id;
    int role;
    int64_t person_id;
};

static void put_holder(struct api_view *view, const struct holder *holder)
{
    struct json_writer *json = view->json;
    if (!holder->department_id && holder->role < 0 && !holder->person_id) {
        json_put_null(json, "holder");
        return;
    }
    json_begin_object(json, "holder");
    if (holder->department_id) {
        api_put_department(json, "department", view->call->snapshot, holder->department_id);
    }
    if (holder->role >= 0) {
        json_put_text(json, "role", process_role_to_str(holder->role));
    }
    if (holder->person_id) {
        put_person(view, "person", holder->person_id);
    }
    json_end_object(json);
}

// ---- summary ----

static void put_class(struct api_view *view, const struct case_summary *summary)
{
    const struct city_snapshot *city = view->call->snapshot;
    struct json_writer *json = view->json;
    const struct catalogue *catalogue = city_catalogue(city, summary->catalogue_version);
    const struct catalogue_class *class =
        catalogue ? catalogue_class_by_id(catalogue, summary->class_id) : NULL;
    const struct catalogue_condition *condition =
        catalogue ? catalogue_condition_by_id(catalogue, summary->condition_id) : NULL;
    if (class) {
        json_begin_object(json, "class");
        json_put_int(json, "id", class->id);
        json_put_text(json, "code", class->code);
        json_put_text(json, "kind", catalogue_kind_to_str(class->kind));
        label_put(json, "name", &class->name);
        json_end_object(json);
    } else {
        json_put_null(json, "class");
    }
    if (condition && !condition->implicit) {
        json_begin_object(json, "condition");
        json_put_int(json, "id", condition->id);
        json_put_text(json, "code", condition->code);
        label_put(json, "name", &condition->name);
        json_end_object(json);
    } else {
        json_put_null(json, "condition");
    }
}

static void put_where(struct api_view *view, const struct case_summary *summary)
{
    const struct city_snapshot *city = view->call->snapshot;
    struct json_writer *json = view->json;
    api_put_located(json, city, summary->grid_id, summary->areas);
    if (summary->has_point) {
        json_begin_object(json, "point");
        json_put_double(json, "lon", summary->lon_deg, 7);
        json_put_double(json, "lat", summary->lat_deg, 7);
        if (summary->datum != GEO_WGS84) { // what it was converted from
            json_put_text(json, "datum", geo_datum_to_str(summary->datum));
        }
        json_end_object(json);
    } else {
        json_put_null(json, "point");
    }
    json_put_text(json, "queue", summary->queue);
    json_put_text(json, "place", summary->place);
}

static void put_step(struct api_view *view, const struct case_summary *summary)
{
    const struct process *process =
        city_process(view->call->snapshot, summary->process_version);
    int step = process ? process_step_find(process, summary->step) : -1;
    json_put_text(view->json, "stage", process_stage_to_str((int)summary->stage));
    json_put_text(view->json, "step", summary->step);
    if (step >= 0) {
        label_put(view->json, "step_label", &process_step(process, (size_t)step)->label);
    } else {
        json_put_null(view->json, "step_label");
    }
}

static void put_summary_members(struct api_view *view, const struct case_summary *summary)
{
    struct json_writer *json = view->json;
    json_put_text(json, "number", summary->number);
    put_class(view, summary);
    put_step(view, summary);
    api_put_department(json, "department", view->call->snapshot, summary->department_id);
    put_where(view, summary);
    json_put_text(json, "description", summary->description);
    if (summary->external_id) {
        json_put_text(json, "external_id", summary->external_id);
    }
    json_put_instant(json, "opened_at", summary->opened_ms);
    json_put_instant(json, "closed_at", summary->closed_ms);
    json_put_text(json, "outcome",
                  summary->outcome == PROCESS_OUTCOME_NONE
                      ? NULL
                      : process_outcome_to_str((int)summary->outcome));
    put_clock(view, &summary->clock);
    json_put_text(json, "light",
                  clock_light_to_str(case_light(summary, view->call->now_ms)));
    json_put_text(json, "source", process_source_to_str((int)summary->source));
    struct holder holder = {summary->holder_department_id, summary->holder_role,
                            summary->holder_person_id};
    put_holder(view, &holder);
    json_put_int(json, "version", summary->version);
}

void api_put_summary(struct api_view *view, const char *name,
                     const struct case_summary *summary)
{
    json_begin_object(view->json, name);
    put_summary_members(view, summary);
    json_end_object(view->json);
}

// ---- detail ----

static void put_tasks(struct api_view *view, const struct case_detail *detail)
{
    struct json_writer *json = view->json;
    json_begin_array(json, "tasks");
    for (size_t i = 0; i < detail->task_count; i++) {
        const struct case_task *task = &detail->tasks[i];
        struct holder holder = {task->department_id, task->holder_role, task->person_id};
        json_begin_object(json, NULL);
        json_put_int(json, "id", task->id);
        json_put_text(json, "kind", process_task_to_str((int)task->kind));
        put_holder(view, &holder);
        json_put_text(json, "state", task->open ? "open" : "closed");
        json_put_int(json, "version", task->version);
        json_put_instant(json, "opened_at", task->opened_ms);
        json_put_instant(json, "closed_at", task->closed_ms);
        json_put_instant(json, "due_at", task->due_ms);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_clocks(struct api_view *view, const struct case_detail *detail)
{
    struct json_writer *json = view->json;
    json_begin_array(json, "clocks");
    for (size_t i = 0; i < detail->clock_count; i++) {
        const struct case_clock *clock = &detail->clocks[i];
        json_begin_object(json, NULL);
        json_put_int(json, "id", clock->id);
        put_clock_members(view, clock);
        if (clock->task_id) {
            json_put_int(json, "task", clock->task_id);
        }
        json_put_instant(json, "since_at", clock->state.since_ms);
        json_put_int(json, "extensions", clock->extensions);
        json_end_object(json);
    }
    json_end_array(json);
}

// A department without login, and who spoke for it.
static void put_spoken_for(struct api_view *view, const struct case_history_row *row)
{
    struct json *inputs JSON_CLEANUP = NULL;
    const char *name = NULL;
    json_begin_object(view->json, "on_behalf_of");
    api_put_department(view->json, "department", view->call->snapshot,
                       row->behalf_department_id);
    if (json_parse(row->inputs, strlen(row->inputs), &inputs, NULL) == 0 &&
        json_get_text(inputs, "on_behalf", JSON_OPTIONAL, CASE_BEHALF_MOST, &name, NULL) ==
            0) {
        json_put_text(view->json, "name", name);
    }
    json_end_object(view->json);
}

static void put_history_actor(struct api_view *view, const struct case_history_row *row)
{
    if (row->system) {
        json_begin_object(view->json, "actor");
        json_put_bool(view->json, "system", true);
        json_end_object(view->json);
    } else {
        put_person(view, "actor", row->actor_id);
    }
    if (row->behalf_department_id) {
        put_spoken_for(view, row);
    } else {
        put_person(view, "on_behalf_of", row->on_behalf_of);
    }
}

// The label of an action by its code: any row of the process that has it.
static const struct label *action_label(const struct process *process, const char *code)
{
    for (size_t i = 0; process && i < process_actions(process); i++) {
        const struct process_action *action = process_action(process, i);
        if (strcmp(action->code, code) == 0) {
            return &action->label;
        }
    }
    return NULL;
}

// What no process lists is called by its kind.
static void put_kind_label(struct api_view *view, enum process_kind kind)
{
    api_put_words(view->json, "label", view->call->snapshot, PROCESS_WORDS_KIND, (int)kind);
}

static const char *mark_to_str(enum case_mark mark)
{
    static const char *const names[] = {"live", "recorded", "filled", "synthetic"};
    return (unsigned)mark < sizeof(names) / sizeof(names[0]) ? names[mark] : "live";
}

// Received longer after it was done than the table clocks allows; never the system's moves
// nor those of a record.
static bool is_late(const struct api_view *view, const struct case_history_row *row)
{
    const struct catalogue *catalogue = city_catalogue(view->call->snapshot, 0);
    bool live = row->mark == CASE_MARK_LIVE || row->mark == CASE_MARK_SYNTHETIC;
    return live && !row->system && catalogue &&
           row->received_ms - row->done_ms >
               catalogue_time(catalogue, PROCESS_CLOCK_HANDLING)->late_ms;
}

void api_put_history(struct api_view *view, const char *name,
                     const struct case_history_row *rows, size_t count,
                     const struct process *process)
{
    struct json_writer *json = view->json;
    json_begin_array(json, name);
    for (size_t i = 0; i < count; i++) {
        const struct case_history_row *row = &rows[i];
        const struct label *label = action_label(process, row->action);
        json_begin_object(json, NULL);
        json_put_int(json, "seq", row->seq);
        json_put_instant(json, "at", row->done_ms);
        json_put_instant(json, "received_at", row->received_ms);
        json_put_bool(json, "late", is_late(view, row));
        json_put_text(json, "action", row->action);
        json_put_text(json, "kind", process_kind_to_str((int)row->kind));
        if (label) {
            label_put(json, "label", label);
        } else {
            put_kind_label(view, row->kind);
        }
        json_put_text(json, "from", row->from);
        json_put_text(json, "to", row->to);
        json_put_text(json, "stage", process_stage_to_str((int)row->stage_to));
        json_put_int(json, "task", row->task_id);
        put_history_actor(view, row);
        json_put_text(json, "opinion", row->opinion);
        json_put_raw(json, "inputs", row->inputs && row->inputs[0] ? row->inputs : "{}",
                     row->inputs && row->inputs[0] ? strlen(row->inputs) : 2);
        json_put_text(json, "clock_effect", row->clock_effect);
        json_put_text(json, "mark", mark_to_str(row->mark));
        json_put_bool(json, "filled", row->mark == CASE_MARK_FILLED);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_allowed(struct api_view *view, const struct case_detail *detail)
{
    struct json_writer *json = view->json;
    json_begin_array(json, "allowed_actions");
    for (size_t i = 0; i < detail->allowed_count; i++) {
        const struct case_allowed *allowed = &detail->allowed[i];
        json_begin_object(json, NULL);
        api_put_action(json, allowed->action);
        if (allowed->task_id) {
            json_put_int(json, "task", allowed->task_id);
            json_put_int(json, "task_version", allowed->task_version);
        } else {
            json_put_null(json, "task");
            json_put_null(json, "task_version");
        }
        if (allowed->behalf_department_id) {
            api_put_department(json, "on_behalf", view->call->snapshot,
                               allowed->behalf_department_id);
        }
        if (allowed->inside_id) {
            json_put_int(json, "inside", allowed->inside_id);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

// In whose hands the case was while its handling clock ran.
static void put_levels(struct api_view *view, const struct case_detail *detail)
{
    struct json_writer *json = view->json;
    int64_t counted_ms = 0;
    for (size_t i = 0; i < detail->share_count; i++) {
        counted_ms += detail->shares[i].counted_ms;
    }
    json_begin_array(json, "levels");
    for (size_t i = 0; i < detail->share_count; i++) {
        const struct case_share *share = &detail->shares[i];
        json_begin_object(json, NULL);
        api_put_department(json, "department", view->call->snapshot, share->department_id);
        json_put_int(json, "command", share->command);
        json_put_int(json, "elapsed_ms", share->elapsed_ms);
        json_put_int(json, "counted_ms", share->counted_ms);
        if (counted_ms > 0) {
            json_put_double(json, "share", (double)share->counted_ms / (double)counted_ms,
                            4);
        } else {
            json_put_null(json, "share");
        }
        json_end_object(json);
    }
    json_end_array(json);
    json_put_bool(json, "one_sided", detail->one_sided);
}

// What the person who reported should look at again. The case is kept all the same.
static void put_warnings(struct api_view *view, const struct case_summary *summary)
{
    const struct city_snapshot *city = view->call->snapshot;
    struct api_point point = {summary->lon_deg, summary->lat_deg};
    bool outside = summary->has_point && !summary->grid_id;
    json_begin_array(view->json, "warnings");
    if (outside) {
        json_put_text(view->json, NULL,
                      api_point_swapped(city, point.lon_deg, point.lat_deg)
                          ? "point.swapped"
                          : "point.outside");
    }
    json_end_array(view->json);
    api_put_outside(view->json, city, outside ? &point : NULL);
}

// The component with its departments as they were when it was named.
static void put_component(struct api_view *view, const struct case_component *component)
{
    const struct city_snapshot *city = view->call->snapshot;
    struct json_writer *json = view->json;
    if (!component->id) {
        json_put_null(json, "component");
        return;
    }
    json_begin_object(json, "component");
    json_put_int(json, "id", component->id);
    json_put_text(json, "code", component->code);
    api_put_department(json, "owner", city, component->owner_id);
    api_put_department(json, "maintainer", city, component->maintainer_id);
    api_put_department(json, "competent", city, component->competent_id);
    json_end_object(json);
}

void api_put_detail(struct api_view *view, const struct case_detail *detail)
{
    view->people = view->people || api_may_case(view->call, RIGHT_PERSON_READ, detail);
    json_begin_object(view->json, NULL);
    put_summary_members(view, &detail->summary);
    put_component(view, &detail->component);
    json_put_text(view->json, "urgency", detail->urgency[0] ? detail->urgency : NULL);
    put_warnings(view, &detail->summary);
    put_tasks(view, detail);
    put_clocks(view, detail);
    put_levels(view, detail);
    api_put_history(view, "history", detail->history, detail->history_count,
                    detail->process);
    api_put_media(view, detail);
    api_put_contacts(view, detail);
    json_put_text(view->json, "follows", detail->follows[0] ? detail->follows : NULL);
    json_begin_array(view->json, "successors");
    for (size_t i = 0; i < detail->successor_count; i++) {
        json_put_text(view->json, NULL, detail->successors[i]);
    }
    json_end_array(view->json);
    put_allowed(view, detail);
    json_end_object(view->json);
}
