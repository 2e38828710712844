// SPDX-License-Identifier: MPL-2.0
// Who is on duty: one's own shifts, the roster of a day, duty officers and vehicles.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/roster.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { OWN_DAYS = 14, DAY_MINUTES = 1440, COLLEAGUES_MOST = 32 };

static void put_minute(struct json_writer *json, const char *name, int32_t minute)
{
    char text[8];
    int32_t of_day = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
    snprintf(text, sizeof(text), "%02d:%02d", (int)(of_day / 60) % 25, (int)(of_day % 60));
    json_put_text(json, name, text);
}

static void put_shifts(struct json_writer *json, const struct roster *roster)
{
    json_begin_array(json, "shifts");
    for (size_t i = 0; i < roster_shifts(roster); i++) {
        const struct roster_shift *shift = roster_shift(roster, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", shift->code);
        label_put(json, "name", &shift->name);
        put_minute(json, "starts", shift->starts_min);
        put_minute(json, "ends", shift->ends_min);
        json_end_object(json);
    }
    json_end_array(json);
}

// ---- the roster of a day ----

struct shown {
    struct api_view view;
    struct account_sight sight; // a company's desk: its own people
    int64_t now_ms;
};

static bool is_shown(const struct shown *shown, int64_t person_id)
{
    if (shown->sight.everything) {
        return true;
    }
    int64_t home = roster_home(city_roster(shown->view.call->snapshot), person_id);
    struct account_scope scope = {.company_ids = &home, .company_count = 1};
    return home && account_sight_allows(&shown->sight, &scope);
}

static void put_duty(struct shown *shown, const struct roster_row *row, int64_t starts_ms,
                     int64_t ends_ms)
{
    struct json_writer *json = shown->view.json;
    const struct city_snapshot *city = shown->view.call->snapshot;
    const struct roster *roster = city_roster(city);
    int64_t person_id = roster_person_id(roster, row->person);
    const struct city_area *area = city_area_by_id(city, row->area_id);
    if (!area) {
        return;
    }
    json_begin_object(json, NULL);
    json_put_text(json, "login", roster_person_login(roster, row->person));
    if (person_id) {
        json_begin_object(json, "person");
        json_put_int(json, "id", person_id);
        json_put_text(json, "name", api_person_name(&shown->view, person_id));
        json_end_object(json);
    } else {
        json_put_null(json, "person"); // nobody open has that login
    }
    api_put_area(json, "duty_grid", city, area);
    json_put_text(json, "shift", roster_shift(roster, row->shift)->code);
    json_put_bool(json, "backup", row->backup);
    json_put_instant(json, "starts_at", starts_ms);
    json_put_instant(json, "ends_at", ends_ms);
    json_put_bool(json, "now", shown->now_ms >= starts_ms && shown->now_ms < ends_ms);
    json_end_object(json);
}

// Duty grids without a main person in a shift on that day: what the shift leader mends.
static void put_empty(struct json_writer *json, const struct city_snapshot *city,
                      int64_t day)
{
    const struct roster *roster = city_roster(city);
    int level = city_roster_level(city);
    json_begin_array(json, "empty");
    for (size_t a = 0; level >= 0 && a < city_areas(city); a++) {
        const struct city_area *area = city_area(city, a);
        if (area->closed || area->level != (size_t)level) {
            continue;
        }
        size_t first = 0, count = 0;
        uint32_t manned = 0; // bit per shift
        roster_rows_of_grid(roster, area->id, &first, &count);
        for (size_t i = first; i < first + count; i++) {
            int64_t starts = 0, ends = 0;
            const struct roster_row *row = roster_row(roster, i);
            if (!row->backup && roster_row_on_day(roster, row, day, &starts, &ends)) {
                manned |= 1U << row->shift;
            }
        }
        for (size_t s = 0; s < roster_shifts(roster); s++) {
            if (!(manned >> s & 1)) {
                json_begin_object(json, NULL);
                api_put_area(json, "duty_grid", city, area);
                json_put_text(json, "shift", roster_shift(roster, s)->code);
                json_end_object(json);
            }
        }
    }
    json_end_array(json);
}

int duty_roster(struct api_call *call, struct db *db, struct error *error)
{
    const struct city_snapshot *city = call->snapshot;
    const struct roster *roster = city_roster(city);
    const char *text = http_request_query(call->request, "day");
    char day_text[DATE_TEXT_SIZE];
    int64_t day = roster_today(roster, call->now_ms);
    int code = text ? date_from_text(text, strlen(text), &day, error) : 0;
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct shown shown = {.now_ms = call->now_ms};
    api_view_init(&shown.view, call, db, json);
    shown.view.people = true; // who may read the staff may read its names
    account_sight(&call->session.actor, RIGHT_STAFF_READ, &shown.sight);
    date_to_text(day, day_text);
    json_put_text(json, "day", day_text);
    put_shifts(json, roster);
    json_begin_array(json, "items");
    for (size_t i = 0; i < roster_rows(roster); i++) {
        const struct roster_row *row = roster_row(roster, i);
        int64_t starts = 0, ends = 0;
        if (roster_row_on_day(roster, row, day, &starts, &ends) &&
            is_shown(&shown, roster_person_id(roster, row->person))) {
            put_duty(&shown, row, starts, ends);
        }
    }
    json_end_array(json);
    put_empty(json, city, day);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- one's own ----

static void put_own(struct json_writer *json, const struct city_snapshot *city,
                    const struct roster_row *row, int64_t starts_ms, int64_t ends_ms)
{
    const struct roster *roster = city_roster(city);
    const struct city_area *area = city_area_by_id(city, row->area_id);
    if (!area) {
        return;
    }
    json_begin_object(json, NULL);
    api_put_area(json, "duty_grid", city, area);
    json_begin_array(json, "bbox");
    json_put_double(json, NULL, area->west_deg, 7);
    json_put_double(json, NULL, area->south_deg, 7);
    json_put_double(json, NULL, area->east_deg, 7);
    json_put_double(json, NULL, area->north_deg, 7);
    json_end_array(json);
    json_put_text(json, "shift", roster_shift(roster, row->shift)->code);
    json_put_bool(json, "backup", row->backup);
    json_put_instant(json, "starts_at", starts_ms);
    json_put_instant(json, "ends_at", ends_ms);
    json_end_object(json);
}

// Who else is on duty now in the duty grids where this person is.
static void put_colleagues(struct api_view *view, const size_t *rows, size_t count,
                           int64_t now_ms)
{
    const struct city_snapshot *city = view->call->snapshot;
    const struct roster *roster = city_roster(city);
    int64_t self = view->call->session.actor.person_id;
    int64_t today = roster_today(roster, now_ms), starts = 0, ends = 0;
    size_t put = 0;
    json_begin_array(view->json, "colleagues");
    for (size_t i = 0; i < count; i++) {
        struct city_duty duty[COLLEAGUES_MOST];
        const struct roster_row *row = roster_row(roster, rows[i]);
        if (!roster_row_at(roster, row, today, now_ms, &starts, &ends)) {
            continue;
        }
        size_t found = city_on_duty(city, row->area_id, (double)NAN, (double)NAN, now_ms,
                                    duty, COLLEAGUES_MOST);
        for (size_t k = 0; k < found && put < COLLEAGUES_MOST; k++) {
            if (duty[k].person_id == self) {
                continue;
            }
            put++;
            json_begin_object(view->json, NULL);
            json_put_text(view->json, "name", api_person_name(view, duty[k].person_id));
            json_put_bool(view->json, "backup", duty[k].backup);
            api_put_area(view->json, "duty_grid", city,
                         city_area_by_id(city, row->area_id));
            json_end_object(view->json);
        }
    }
    json_end_array(view->json);
}

// Whether the phone records where its person walks, and what they are to be told of it.
static void put_tracks(struct api_call *call, struct json_writer *json)
{
    int64_t days = api_track_days(call->snapshot);
    if (days == 0 || !api_may(call, RIGHT_TRACK_ADD)) {
        json_put_null(json, "tracks");
        return;
    }
    json_begin_object(json, "tracks");
    json_put_int(json, "keep_days", days);
    json_end_object(json);
}

int duty_own(struct api_call *call, struct db *db, struct error *error)
{
    (void)error;
    const struct city_snapshot *city = call->snapshot;
    const struct roster *roster = city_roster(city);
    size_t person = 0, count = 0;
    const size_t *rows = NULL;
    if (roster_person_find(roster, call->session.actor.person_id, &person)) {
        rows = roster_rows_of_person(roster, person, &count);
    }
    int64_t today = roster_today(roster, call->now_ms);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    view.people = true; // of those in the same duty grids
    put_shifts(json, roster);
    json_begin_array(json, "items");
    for (int64_t day = today - 1; day < today + OWN_DAYS; day++) {
        for (size_t i = 0; i < count; i++) {
            int64_t starts = 0, ends = 0;
            const struct roster_row *row = roster_row(roster, rows[i]);
            if (roster_row_on_day(roster, row, day, &starts, &ends) &&
                ends > call->now_ms) {
                put_own(json, city, row, starts, ends);
            }
        }
    }
    json_end_array(json);
    put_colleagues(&view, rows, count, call->now_ms);
    json_put_bool(
        json, "on_duty",
        roster_on_duty(roster, call->session.actor.person_id, 0, true, call->now_ms));
    put_tracks(call, json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- offices ----

static void put_officers(struct json_writer *json, const struct roster *roster, int64_t id,
                         int64_t today)
{
    json_begin_array(json, "officers");
    for (size_t i = 0; i < roster_officers(roster); i++) {
        const struct roster_officer *officer = roster_officer(roster, i);
        if (officer->department_id != id || !roster_officer_on_day(officer, today)) {
            continue;
        }
        json_begin_object(json, NULL);
        json_put_text(json, "name", officer->name);
        json_put_text(json, "phone", officer->phone);
        json_put_text(json, "night_phone", officer->night_phone);
        json_put_text(json, "note", officer->note);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_vehicles(struct json_writer *json, const struct roster *roster, int64_t id)
{
    json_begin_array(json, "vehicles");
    for (size_t i = 0; i < roster_vehicles(roster); i++) {
        const struct roster_vehicle *vehicle = roster_vehicle(roster, i);
        if (vehicle->department_id != id) {
            continue;
        }
        json_begin_object(json, NULL);
        json_put_text(json, "code", vehicle->code);
        label_put(json, "name", &vehicle->name);
        label_put(json, "kind", &vehicle->kind);
        json_put_text(json, "plate", vehicle->plate);
        json_put_text(json, "phone", vehicle->phone);
        json_put_text(json, "note", vehicle->note);
        json_put_bool(json, "out", vehicle->out_of_service);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool has_office(const struct roster *roster, int64_t id)
{
    for (size_t i = 0; i < roster_officers(roster); i++) {
        if (roster_officer(roster, i)->department_id == id) {
            return true;
        }
    }
    for (size_t i = 0; i < roster_vehicles(roster); i++) {
        if (roster_vehicle(roster, i)->department_id == id) {
            return true;
        }
    }
    return false;
}

int duty_offices(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const struct city_snapshot *city = call->snapshot;
    const struct roster *roster = city_roster(city);
    const struct calendar *calendar = city_calendar(city, 0);
    int64_t only = 0, today = roster_today(roster, call->now_ms);
    int code = api_query_int(call, "department", 1, INT64_MAX, &only, error);
    if (code) {
        return code;
    }
    struct calendar_piece piece;
    calendar_piece_at(calendar, call->now_ms, "en", &piece);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    bool working = piece.why == CALENDAR_OPEN || piece.why == CALENDAR_OPEN_MAKE_UP;
    json_put_bool(json, "night", !working);
    json_begin_array(json, "items");
    for (size_t i = 0; i < city_departments(city); i++) {
        const struct city_department *department = city_department(city, i);
        if ((only && department->id != only) || department->closed ||
            !has_office(roster, department->id)) {
            continue;
        }
        json_begin_object(json, NULL);
        api_put_department(json, "department", city, department->id);
        put_officers(json, roster, department->id, today);
        put_vehicles(json, roster, department->id);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send_private(call, 200, &answer);
    return 0;
}
