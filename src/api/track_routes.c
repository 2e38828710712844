// SPDX-License-Identifier: MPL-2.0
// Where people were while on shift: phones bring batches, shift leaders and managers read
// them, the administrator erases a person's. Everything stands in a database and a lane of
// its own. A city records nothing unless its city.ini says for how many days.
#include <string.h>

#include <gridcase/cases/track.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/datum.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/roster.h>

#include "api_internal.h"
#include "routes_internal.h"

enum {
    TRACK_ARENA = 64 * 1024 * 1024,
    PEOPLE_MOST = 5000,
    AHEAD_MS = 60 * 1000, // a clock may be ahead by what a request takes
};

int64_t api_track_days(const struct city_snapshot *city)
{
    const char *text = city_setting(city, "tracks.keep_days", "");
    int64_t days = 0;
    if (!text[0] || text_to_int(text, strlen(text), &days, NULL) || days < 0) {
        return 0;
    }
    return days < TRACK_KEEP_DAYS_MOST ? days : TRACK_KEEP_DAYS_MOST;
}

// ---- taking ----

struct track_data {
    struct track_fix *fixes;
    size_t count;
    int64_t sent_ms; // by the phone's clock; INSTANT_NONE
    uint8_t digest[HASH_SIZE];
    struct track_batch batch;
};

static int read_fix(const struct json *item, const struct city_snapshot *city,
                    enum geo_datum datum, struct track_fix *fix, struct error *error)
{
    static const char *const names[] = {"at", "lon", "lat", "accuracy_m", NULL};
    const char *at = NULL;
    double accuracy_m = TRACK_ACCURACY_MOST_M;
    int code = json_only(item, names, error);
    if (!code) {
        code = json_get_text(item, "at", JSON_REQUIRED, 40, &at, error);
    }
    if (!code) {
        code = instant_from_text(at, strlen(at), &fix->at_ms, error);
    }
    if (!code) {
        code = json_get_double(item, "lon", JSON_REQUIRED, &fix->lon_deg, error);
    }
    if (!code) {
        code = json_get_double(item, "lat", JSON_REQUIRED, &fix->lat_deg, error);
    }
    if (!code) {
        code = json_get_double(item, "accuracy_m", JSON_OPTIONAL, &accuracy_m, error);
    }
    if (!code) {
        code = api_check_degrees(city, fix->lon_deg, fix->lat_deg, error);
    }
    if (!code) {
        geo_datum_unshift(datum, &fix->lon_deg, &fix->lat_deg);
        fix->accuracy_m = accuracy_m >= 0 && accuracy_m < TRACK_ACCURACY_MOST_M
                              ? (int)(accuracy_m + 0.999)
                              : TRACK_ACCURACY_MOST_M;
    }
    return code;
}

// A batch that is sent again has another time of sending, and is the same batch.
static void digest_fixes(struct track_data *data)
{
    struct hash *hash = hash_new();
    for (size_t i = 0; i < data->count; i++) {
        hash_add(hash, &data->fixes[i].at_ms, sizeof(data->fixes[i].at_ms));
        hash_add(hash, &data->fixes[i].lon_deg, sizeof(data->fixes[i].lon_deg));
        hash_add(hash, &data->fixes[i].lat_deg, sizeof(data->fixes[i].lat_deg));
    }
    hash_finish(hash, data->digest);
}

static int read_fixes(struct api_call *call, const struct json *body,
                      struct track_data *data, struct error *error)
{
    const struct json *fixes = NULL;
    const char *word = "wgs84";
    enum geo_datum datum = GEO_WGS84;
    int code = json_get_array(body, "fixes", JSON_REQUIRED, &fixes, error);
    if (!code) {
        code = json_get_text(body, "datum", JSON_OPTIONAL, 16, &word, error);
    }
    if (!code) {
        code = geo_datum_from_str(word, strlen(word), &datum, error);
    }
    data->count = code ? 0 : json_array_length(fixes);
    if (!code && (data->count == 0 || data->count > TRACK_FIXES_MOST)) {
        code = error_set(error, ERROR_INPUT, "track.too_many", "1 to %d fixes a batch",
                         TRACK_FIXES_MOST);
    }
    data->fixes = code ? NULL : arena_array(call->arena, data->count, sizeof(*data->fixes));
    if (!code && !data->fixes) {
        code = error_set(error, ERROR_LIMIT, "http.request_too_large",
                         "the request is too large");
    }
    for (size_t i = 0; i < data->count && !code; i++) {
        code = read_fix(json_array_item(fixes, i), call->snapshot, datum, &data->fixes[i],
                        error);
    }
    return code;
}

int tracks_add_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"sent_at", "datum", "fixes", NULL};
    const struct json *body = NULL;
    const char *sent = NULL;
    struct track_data *data = arena_alloc(call->arena, sizeof(*data));
    if (!data) {
        return error_set(error, ERROR_LIMIT, "http.request_too_large",
                         "the request is too large");
    }
    *data = (struct track_data){.sent_ms = INSTANT_NONE};
    call->data = data;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "sent_at", JSON_OPTIONAL, 40, &sent, error);
    }
    if (!code && sent) {
        code = instant_from_text(sent, strlen(sent), &data->sent_ms, error);
    }
    if (!code) {
        code = read_fixes(call, body, data, error);
    }
    if (!code) {
        digest_fixes(data);
    }
    return code;
}

// What is kept: on shift, not older than a phone may bring. The phone's clock is corrected
// by when it says that it sent this.
struct sifted {
    int64_t off_shift, old;
};
static void sift(struct api_call *call, struct track_data *data, struct sifted *sifted)
{
    const struct roster *roster = city_roster(call->snapshot);
    int64_t person_id = call->session.actor.person_id;
    int64_t skew_ms = data->sent_ms == INSTANT_NONE ? 0 : call->now_ms - data->sent_ms;
    size_t kept = 0;
    for (size_t i = 0; i < data->count; i++) {
        struct track_fix fix = data->fixes[i];
        fix.at_ms += skew_ms;
        if (fix.at_ms > call->now_ms && fix.at_ms <= call->now_ms + AHEAD_MS) {
            fix.at_ms = call->now_ms;
        }
        if (fix.at_ms < call->now_ms - TRACK_OLDEST_MS || fix.at_ms > call->now_ms) {
            sifted->old++;
        } else if (!roster_on_duty(roster, person_id, 0, true, fix.at_ms)) {
            sifted->off_shift++;
        } else {
            data->fixes[kept++] = fix;
        }
    }
    data->count = kept;
}

// Unit grids that the fixes lie in, each once a day; people walk, so the last is mostly the
// next one's, too.
static int locate(struct api_call *call, struct track_data *data, struct error *error)
{
    const struct calendar *calendar = city_calendar(call->snapshot, 0);
    struct track_walked *walked = arena_array(call->arena, data->count, sizeof(*walked));
    size_t count = 0;
    int code = walked ? 0
                      : error_set(error, ERROR_LIMIT, "http.request_too_large",
                                  "the request is too large");
    for (size_t i = 0; i < data->count && !code; i++) {
        const struct track_fix *fix = &data->fixes[i];
        struct city_place place = {0};
        if (fix->accuracy_m > TRACK_GOOD_M) {
            continue;
        }
        code = city_locate(call->snapshot, fix->lon_deg, fix->lat_deg, &place, error);
        int64_t day = calendar_day(calendar, fix->at_ms);
        size_t at = count;
        while (at > 0 &&
               (walked[at - 1].grid_id != place.grid || walked[at - 1].day != day)) {
            at--;
        }
        if (!code && place.grid && at > 0) {
            walked[at - 1].fixes++;
        } else if (!code && place.grid) {
            walked[count++] = (struct track_walked){day, place.grid, 1};
        }
    }
    data->batch.walked = walked;
    data->batch.walked_count = count;
    return code;
}

static int add_work(struct db *db, void *context, struct error *error)
{
    const struct track_data *data = context;
    return track_add(db, &data->batch, error);
}

static int keep(struct api_call *call, struct track_data *data, struct error *error)
{
    struct db_lane *lane = NULL;
    if (data->count == 0) {
        return 0;
    }
    data->batch = (struct track_batch){.person_id = call->session.actor.person_id,
                                       .received_ms = call->now_ms,
                                       .key = call->key,
                                       .digest = data->digest,
                                       .fixes = data->fixes,
                                       .count = data->count};
    int code = locate(call, data, error);
    if (!code) {
        code = db_lane_get(call->api->store, call->city->slug, DB_TRACKS, &lane, error);
    }
    if (!code) {
        code = db_lane_call(lane, DB_PEOPLE, add_work, data, error);
    }
    db_lane_put(lane);
    return code;
}

int tracks_add(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct track_data *data = call->data;
    struct sifted sifted = {0};
    int64_t days = api_track_days(call->snapshot);
    if (days == 0) {
        return error_set(error, ERROR_CONFLICT, "track.off",
                         "this city records no tracks: drop them");
    }
    sift(call, data, &sifted);
    int code = keep(call, data, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "kept", (int64_t)data->count);
    json_put_int(json, "off_shift", sifted.off_shift);
    json_put_int(json, "old", sifted.old);
    json_put_int(json, "keep_days", days);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- reading ----

int api_tracks_read(struct api_call *call, struct db **ret_db, struct error *error)
{
    struct error why = {0};
    int code =
        db_reader_borrow(call->api->store, call->city->slug, DB_TRACKS, ret_db, &why);
    if (code == ERROR_NOT_FOUND && strcmp(why.slug, "db.missing") == 0) {
        *ret_db = NULL; // nobody has brought any
        return 0;
    }
    if (code) {
        *error = why;
    }
    return code;
}

struct track_day {
    int64_t day, from_ms, to_ms;
};

static int read_day(struct api_call *call, struct track_day *ret_day, struct error *error)
{
    static const char *const names[] = {"day", NULL};
    const struct calendar *calendar = city_calendar(call->snapshot, 0);
    const char *text = http_request_query(call->request, "day");
    int64_t day = calendar_day(calendar, call->now_ms);
    int code = api_query_only(call, names, error);
    if (!code && text) {
        code = date_from_text(text, strlen(text), &day, error);
    }
    *ret_day = (struct track_day){day, calendar_day_start(calendar, day),
                                  calendar_day_start(calendar, day + 1) - 1};
    return code;
}

static void put_head(struct json_writer *json, const struct api_call *call,
                     const struct track_day *day)
{
    char text[DATE_TEXT_SIZE];
    int64_t days = api_track_days(call->snapshot);
    date_to_text(day->day, text);
    json_put_text(json, "day", text);
    if (days) {
        json_put_int(json, "keep_days", days);
    } else {
        json_put_null(json, "keep_days"); // nothing is recorded
    }
}

static void put_person(struct api_view *view, const char *name, int64_t id)
{
    json_begin_object(view->json, name);
    json_put_int(view->json, "id", id);
    json_put_text(view->json, "name", api_person_name(view, id));
    json_end_object(view->json);
}

static int put_people(struct api_view *view, struct db *tracks, const struct track_day *day,
                      struct error *error)
{
    int64_t person_id = 0;
    int code = 0;
    for (int i = 0; tracks && i < PEOPLE_MOST; i++) {
        struct track_sum sum;
        code = track_next_person(tracks, person_id, &person_id, error);
        if (code || !person_id) {
            break;
        }
        code = track_sum(tracks, person_id, day->from_ms, day->to_ms, &sum, error);
        if (code) {
            break;
        }
        if (sum.fixes) {
            json_begin_object(view->json, NULL);
            put_person(view, "person", person_id);
            json_put_int(view->json, "fixes", sum.fixes);
            json_put_instant(view->json, "from", sum.first_ms);
            json_put_instant(view->json, "to", sum.last_ms);
            json_end_object(view->json);
        }
    }
    return code;
}

int tracks_list(struct api_call *call, struct db *db, struct error *error)
{
    DB_READER_CLEANUP struct db *tracks = NULL;
    struct account_sight sight;
    struct track_day day;
    account_sight(&call->session.actor, RIGHT_TRACK_READ, &sight);
    int code = sight.everything
                   ? read_day(call, &day, error)
                   : error_set(error, ERROR_DENIED, "account.denied",
                               "the right '%s' is missing for others than oneself",
                               right_to_str(RIGHT_TRACK_READ));
    if (!code) {
        code = api_tracks_read(call, &tracks, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    view.people = true;
    put_head(json, call, &day);
    json_begin_array(json, "items");
    code = put_people(&view, tracks, &day, error);
    json_end_array(json);
    if (!code) {
        api_answer_send_private(call, 200, &answer);
    }
    return code;
}

static int read_person(const struct api_call *call, int64_t *ret_id, struct error *error)
{
    const char *text = call->parameters[0];
    int64_t id = 0;
    if (text_to_int(text, strlen(text), &id, NULL) || id <= 0) {
        return error_set(error, ERROR_NOT_FOUND, "person.unknown", "no such person");
    }
    *ret_id = id;
    return 0;
}

// A list of numbers each: seconds since the day began, degrees, metres.
static void put_fixes(struct json_writer *json, const struct track_fix *fixes, size_t count,
                      int64_t from_ms)
{
    json_begin_array(json, "fixes");
    for (size_t i = 0; i < count; i++) {
        json_begin_array(json, NULL);
        json_put_int(json, NULL, (fixes[i].at_ms - from_ms) / 1000);
        json_put_double(json, NULL, fixes[i].lon_deg, 6);
        json_put_double(json, NULL, fixes[i].lat_deg, 6);
        json_put_int(json, NULL, fixes[i].accuracy_m);
        json_end_array(json);
    }
    json_end_array(json);
}

static void put_gaps(struct json_writer *json, const struct track_fix *fixes, size_t count)
{
    int64_t recorded_ms = 0;
    json_begin_array(json, "gaps");
    for (size_t i = 1; i < count; i++) {
        int64_t between_ms = fixes[i].at_ms - fixes[i - 1].at_ms;
        if (between_ms <= TRACK_GAP_MS) {
            recorded_ms += between_ms;
            continue;
        }
        json_begin_object(json, NULL);
        json_put_instant(json, "from", fixes[i - 1].at_ms);
        json_put_instant(json, "to", fixes[i].at_ms);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_int(json, "recorded_s", recorded_ms / 1000);
}

int tracks_get(struct api_call *call, struct db *db, struct error *error)
{
    DB_READER_CLEANUP struct db *tracks = NULL;
    struct arena *arena ARENA_CLEANUP = arena_new(TRACK_ARENA);
    struct account_sight sight;
    struct track_day day = {0};
    struct track_fix *fixes = NULL;
    size_t count = 0;
    int64_t person_id = 0;
    account_sight(&call->session.actor, RIGHT_TRACK_READ, &sight);
    int code = read_person(call, &person_id, error);
    if (!code && !sight.everything && person_id != sight.person_id) {
        code = error_set(error, ERROR_DENIED, "account.denied",
                         "the right '%s' is missing for others than oneself",
                         right_to_str(RIGHT_TRACK_READ));
    }
    if (!code) {
        code = read_day(call, &day, error);
    }
    if (!code) {
        code = api_tracks_read(call, &tracks, error);
    }
    if (!code && tracks) {
        code = track_read(tracks, person_id, day.from_ms, day.to_ms, arena, &fixes, &count,
                          error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    struct api_view view;
    api_view_init(&view, call, db, json);
    view.people = true;
    put_head(json, call, &day);
    put_person(&view, "person", person_id);
    json_put_instant(json, "day_starts_at", day.from_ms);
    put_fixes(json, fixes, count, day.from_ms);
    put_gaps(json, fixes, count);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- erasing ----

struct erasing {
    int64_t person_id, fixes, before_ms, batches;
};

static int erase_work(struct db *db, void *context, struct error *error)
{
    struct erasing *erasing = context;
    return track_erase(db, erasing->person_id, &erasing->fixes, error);
}

int tracks_erase(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    DB_READER_CLEANUP struct db *tracks = NULL;
    struct erasing erasing = {0};
    struct db_lane *lane = NULL;
    int code = read_person(call, &erasing.person_id, error);
    if (!code) {
        code = api_tracks_read(call, &tracks, error);
    }
    if (!code && tracks) {
        tracks = db_reader_return(tracks);
        code = db_lane_get(call->api->store, call->city->slug, DB_TRACKS, &lane, error);
        if (!code) {
            code = db_lane_call(lane, DB_PEOPLE, erase_work, &erasing, error);
        }
        db_lane_put(lane);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "fixes", erasing.fixes);
    api_answer_send_private(call, 200, &answer);
    return 0;
}

// ---- upkeep: what is older than the city keeps, or everything where it keeps none ----

enum { SWEPT_AT_ONCE = 500 };

static int sweep_work(struct db *db, void *context, struct error *error)
{
    struct erasing *erasing = context;
    return track_sweep(db, erasing->before_ms, SWEPT_AT_ONCE, &erasing->batches, error);
}

int api_tracks_sweep(struct api *api, struct api_city *city, int64_t now_ms,
                     int64_t *ret_batches, struct error *error)
{
    static const int64_t DAY_MS = 86400000;
    DB_READER_CLEANUP struct db *tracks = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot = api_city_snapshot(api, city);
    struct db_lane *lane = NULL;
    struct error why = {0};
    int64_t days = snapshot ? api_track_days(snapshot) : 0;
    struct erasing erasing = {.before_ms = days ? now_ms - days * DAY_MS : INT64_MAX,
                              .batches = SWEPT_AT_ONCE};
    *ret_batches = 0;
    int code =
        !snapshot ? 0 : db_reader_borrow(api->store, city->slug, DB_TRACKS, &tracks, &why);
    if (!snapshot || (code == ERROR_NOT_FOUND && strcmp(why.slug, "db.missing") == 0)) {
        return 0;
    }
    tracks = db_reader_return(tracks);
    if (code) {
        *error = why;
        return code;
    }
    code = db_lane_get(api->store, city->slug, DB_TRACKS, &lane, error);
    while (!code && erasing.batches == SWEPT_AT_ONCE && !atomic_load(&api->stopping)) {
        code = db_lane_call(lane, DB_MACHINES, sweep_work, &erasing, error);
        *ret_batches += code ? 0 : erasing.batches;
    }
    db_lane_put(lane);
    return code;
}
