// SPDX-License-Identifier: MPL-2.0
// Looking ahead: the smallest shift of work that avoids lateness, as advice.
#include <gridcase/evaluation/shift.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { SHIFT_ARENA = 256 * 1024 * 1024 };

static void put_party(struct json_writer *json, const struct city_snapshot *city,
                      const struct shift_party *party)
{
    json_begin_object(json, NULL);
    json_put_int(json, "id", party->id);
    if (party->role < 0) {
        json_put_null(json, "role");
        api_put_department(json, "department", city, party->id);
        api_put_department(json, "within", city, party->group_id);
        json_put_null(json, "person");
    } else {
        json_put_text(json, "role", role_to_str((enum role)party->role));
        json_put_null(json, "department");
        json_put_null(json, "within");
        json_begin_object(json, "person");
        json_put_text(json, "login", party->login);
        json_put_text(json, "name", party->name);
        json_end_object(json);
    }
    json_put_int(json, "held", party->held);
    json_put_int(json, "overdue", party->overdue);
    json_put_double(json, "a_day", party->a_day, 2);
    json_put_int(json, "late", party->late);
    json_put_int(json, "given", party->given);
    json_put_int(json, "taken", party->taken);
    json_end_object(json);
}

static void put_move(struct json_writer *json, const struct city_snapshot *city,
                     const struct shift_move *move)
{
    const struct catalogue_class *found =
        catalogue_class_by_id(city_catalogue(city, 0), move->class_id);
    json_begin_object(json, NULL);
    json_put_text(json, "number", move->number);
    json_begin_object(json, "class");
    json_put_int(json, "id", move->class_id);
    json_put_text(json, "code", city_class_code(city, move->class_id));
    if (found) {
        label_put(json, "name", &found->name);
    } else {
        json_put_null(json, "name");
    }
    json_end_object(json);
    if (move->task_id) {
        json_put_int(json, "task", move->task_id);
    } else {
        json_put_null(json, "task");
    }
    json_put_int(json, "from", (int64_t)move->from);
    json_put_int(json, "to", (int64_t)move->to);
    json_put_instant(json, "due_at", move->due_ms);
    json_put_instant(json, "from_at", move->from_at_ms);
    json_put_instant(json, "to_at", move->to_at_ms);
    json_end_object(json);
}

static void put_answer(struct api_call *call, const struct figure_query *query,
                       const struct shift_answer *found)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_instant(json, "as_of", query->now_ms);
    json_put_int(json, "days", SHIFT_DAYS);
    json_put_int(json, "done_least", SHIFT_DONE_LEAST);
    json_put_int(json, "looked_at", found->looked_at);
    json_put_int(json, "unknown", found->unknown);
    json_put_int(json, "late", found->late);
    json_put_int(json, "avoided", found->avoided);
    json_put_int(json, "passed_over", found->passed_over);
    json_begin_array(json, "holders");
    for (size_t i = 0; i < found->party_count; i++) {
        put_party(json, call->snapshot, &found->parties[i]);
    }
    json_end_array(json);
    json_begin_array(json, "moves");
    for (size_t i = 0; i < found->count; i++) {
        put_move(json, call->snapshot, &found->moves[i]);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
}

int shift_get(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"department", "lead",  "area", "outside",
                                        "class",      "major", NULL};
    struct figure_query query;
    struct shift_answer found;
    int code = api_query_only(call, names, error);
    if (!code) {
        code = figures_read_words(call, &query, error);
    }
    struct arena *arena ARENA_CLEANUP = arena_new(SHIFT_ARENA);
    if (!code) {
        code = shift_advise(call->city->facts, db, call->snapshot, &call->session.actor,
                            &query, arena, &found, error);
    }
    if (!code) {
        figures_log_trouble(call, &found.trouble);
        put_answer(call, &query, &found);
    }
    return code;
}
