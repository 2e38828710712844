// SPDX-License-Identifier: MPL-2.0
// Open work of a person, and handing it to somebody else.
#include <string.h>

#include <gridcase/cases/work.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

static int read_person(const struct api_call *call, struct db *db,
                       struct account_person *ret_person, struct error *error)
{
    const char *text = call->parameters[0];
    int64_t id = 0;
    return text_to_int(text, strlen(text), &id, NULL)
               ? error_set(error, ERROR_NOT_FOUND, "account.person_unknown",
                           "there is no such person")
               : account_person_by_id(db, id, ret_person, error);
}

int staff_work(struct api_call *call, struct db *db, struct error *error)
{
    struct account_person person;
    struct work_item *items = NULL;
    size_t count = 0;
    int64_t total = 0;
    int code = read_person(call, db, &person, error);
    if (!code) {
        code = case_work_list(db, call->snapshot, &call->session.actor, person.id,
                              call->arena, &items, &count, &total, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    json_put_int(json, "total", total);
    json_begin_array(json, "items");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_put_int(json, "task", items[i].task_id);
        json_put_text(json, "kind", process_task_to_str((int)items[i].kind));
        json_put_instant(json, "opened_at", items[i].opened_ms);
        api_put_summary(&view, "case", &items[i].summary);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- handing on: a task a job, so that nobody waits for the whole heap ----

struct refused {
    int64_t task_id;
    const char *slug, *message; // in the arena
};

struct hand_on {
    const char *to;  // login; NULL: back to the roster, or to the role
    int64_t task_id; // 0: all
    const char *opinion;
    struct api_call *call;
    struct case_handing handing; // of the task at hand
    struct refused refused[WORK_LIST_MOST];
    size_t refused_count;
    int64_t handed;
};

int staff_hand_on_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"to", "task", "opinion", NULL};
    const struct json *body = NULL;
    struct hand_on *work = arena_alloc(call->arena, sizeof(*work));
    if (!work) {
        return error_set(error, ERROR_LIMIT, "http.request_too_large", "out of memory");
    }
    call->data = work;
    work->opinion = "";
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code =
            json_get_text(body, "to", JSON_OPTIONAL, ACCOUNT_LOGIN_MOST, &work->to, error);
    }
    if (!code) {
        code =
            json_get_int(body, "task", JSON_OPTIONAL, 1, INT64_MAX, &work->task_id, error);
    }
    if (!code) {
        code = json_get_text(body, "opinion", JSON_OPTIONAL, WORK_OPINION_MOST / 4,
                             &work->opinion, error);
    }
    return code;
}

static int hand_one(struct db *db, void *context, struct error *error)
{
    const struct hand_on *work = context;
    return case_hand_on(db, work->call->snapshot, &work->handing, error);
}

static int hand_task(struct hand_on *work, int64_t task_id, struct error *error)
{
    struct error why = {0};
    work->handing.task_id = task_id;
    int code = db_lane_call(work->call->city->lane, DB_PEOPLE, hand_one, work, &why);
    if (!code) {
        work->handed++;
    } else if (code == ERROR_CONFLICT || code == ERROR_NOT_FOUND) {
        struct arena *arena = work->call->arena;
        work->refused[work->refused_count++] = (struct refused){
            task_id, arena_text(arena, why.slug), arena_text(arena, why.message)};
        code = 0;
    } else {
        *error = why;
    }
    return code;
}

static int hand_all(struct hand_on *work, struct db *db, int64_t *ret_total,
                    struct error *error)
{
    struct api_call *call = work->call;
    struct work_item *items = NULL;
    size_t count = 0;
    int code = case_work_list(db, call->snapshot, &call->session.actor, work->handing.from,
                              call->arena, &items, &count, ret_total, error);
    for (size_t i = 0; i < count && !code; i++) {
        if (!work->task_id || work->task_id == items[i].task_id) {
            code = hand_task(work, items[i].task_id, error);
        }
    }
    return code;
}

int staff_hand_on(struct api_call *call, struct db *db, struct error *error)
{
    struct hand_on *work = call->data;
    struct account_person from, to = {0};
    int64_t total = 0;
    work->call = call;
    int code = read_person(call, db, &from, error);
    if (!code && work->to) {
        code = account_person_by_login(db, work->to, &to, error);
    }
    if (!code && to.id == from.id) {
        code = error_set(error, ERROR_INPUT, "work.same", "it is that person's already");
    }
    if (!code) {
        work->handing = (struct case_handing){.actor = &call->session.actor,
                                              .from = from.id,
                                              .to = to.id,
                                              .opinion = work->opinion,
                                              .now_ms = call->now_ms};
        code = hand_all(work, db, &total, error);
    }
    if (work->handed > 0) {
        changes_notify(call->api->changes, call->city);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "handed", work->handed);
    json_begin_array(json, "refused");
    for (size_t i = 0; i < work->refused_count; i++) {
        json_begin_object(json, NULL);
        json_put_int(json, "task", work->refused[i].task_id);
        json_put_text(json, "code", work->refused[i].slug);
        json_put_text(json, "text", work->refused[i].message);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_int(json, "left", total - work->handed);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
