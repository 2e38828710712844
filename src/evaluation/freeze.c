// SPDX-License-Identifier: MPL-2.0
// Freezing: counted with a reader, compared with the version before, added through the
// lane.
#include <gridcase/evaluation/freeze.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "freeze_internal.h"

enum { COUNT_ARENA = 512 * 1024 * 1024, DOCUMENT_ARENA = 128 * 1024 * 1024 };

// ---- periods ----
int freeze_period_read(const char *text, struct freeze_period *ret_period,
                       struct error *error)
{
    int64_t year = 0, number = 0;
    int months = 12;
    char from[24], to[24];
    size_t length = text != NULL ? strlen(text) : 0;
    bool fine = length >= 4 && text_to_int(text, 4, &year, NULL) == 0 && year >= 1970 &&
                year <= 2999;
    if (fine && length == 7 && text[4] == '-' && text[5] == 'Q') {
        months = 3;
        fine = text[6] >= '1' && text[6] <= '4';
        number = text[6] - '0';
    } else if (fine && length == 7 && text[4] == '-') {
        months = 1;
        fine = text_to_int(text + 5, 2, &number, NULL) == 0 && number >= 1 && number <= 12;
    } else {
        fine = fine && length == 4;
        number = 1;
    }
    if (!fine)
        return error_set(error, ERROR_INPUT, "freeze.period",
                         "a period is a month 2026-10, a quarter 2026-Q4 or a year 2026");
    int64_t first = (number - 1) * months, next = first + months;
    struct freeze_period period = {0};
    memcpy(period.code, text, length);
    snprintf(from, sizeof from, "%04d-%02d-01", (int)year, (int)(first + 1));
    snprintf(to, sizeof to, "%04d-%02d-01", (int)(year + next / 12), (int)(next % 12 + 1));
    int code = date_from_text(from, strlen(from), &period.from_day, error);
    if (code == 0)
        code = date_from_text(to, strlen(to), &period.to_day, error);
    period.to_day--;
    if (code == 0)
        *ret_period = period;
    return code;
}

// ---- adding ----
struct adding {
    struct frozen *frozen;
    const struct freeze_order *order;
    const char *document;
    bool raced;
};

static struct db_value blob(const uint8_t *bytes, size_t length)
{
    return bytes != NULL ? DB_BLOB(bytes, length) : DB_NULL;
}

static int add(struct db *db, void *context, struct error *error)
{
    struct adding *adding = context;
    struct frozen *frozen = adding->frozen;
    int64_t last = 0, version = 0;
    int code = db_fetch_int(db, QUERY_PROOF_FROZEN_MOST, NULL, 0, &last, error);
    if (code == 0)
        code =
            db_fetch_int(db, QUERY_FROZEN_LAST_VERSION,
                         (struct db_value[]){DB_TEXT(frozen->period)}, 1, &version, error);
    if (code != 0)
        return code;
    adding->raced = version + 1 != frozen->version;
    if (adding->raced)
        return 0;
    frozen->id = last + 1;
    return db_execute(db, QUERY_FROZEN_ADD,
                      (struct db_value[]){
                          DB_INT(frozen->id), DB_TEXT(frozen->period),
                          DB_INT(frozen->version), DB_INT(frozen->made_ms),
                          DB_INT(frozen->made_by), DB_TEXT(frozen->reason),
                          DB_INT(frozen->position), DB_TEXT(adding->document),
                          DB_BLOB(frozen->digest, HASH_SIZE), blob(adding->order->key, 16),
                          blob(adding->order->body_digest, HASH_SIZE)},
                      11, error);
}

static int store(const struct freeze_place *place, const struct freeze_writing *writing,
                 const struct buffer *text, struct frozen *ret_frozen, struct error *error)
{
    const struct freeze_order *order = writing->order;
    struct frozen frozen = {
        .version = writing->before->version + 1,
        .made_ms = order->now_ms,
        .made_by = order->person_id,
        .reason = arena_text(writing->arena, order->reason != NULL ? order->reason : ""),
        .position = writing->figures->position,
        .bytes = (int64_t)text_characters(text->data, text->length)};
    memcpy(frozen.period, order->period.code, sizeof frozen.period);
    hash_bytes(text->data, text->length, frozen.digest);
    struct adding adding = {.frozen = &frozen, .order = order, .document = text->data};
    int code = db_lane_call(place->lane, DB_MACHINES, add, &adding, error);
    bool unique = code == ERROR_CONFLICT && strcmp(error->slug, "db.unique") == 0;
    if ((code == 0 && adding.raced) || unique) // before us, or in the same moment
        code = error_set(error, ERROR_CONFLICT, "freeze.raced",
                         "somebody else froze %s meanwhile: look at that version",
                         frozen.period);
    if (code == 0)
        *ret_frozen = frozen;
    return code;
}

// ---- freezing ----
static int check_order(const struct freeze_place *place, const struct freeze_order *order,
                       struct error *error)
{
    const struct calendar *calendar = city_calendar(place->city, 0);
    size_t length = order->reason != NULL ? strlen(order->reason) : 0;
    if (calendar_day(calendar, order->now_ms) <= order->period.to_day)
        return error_set(error, ERROR_CONFLICT, "freeze.not_over", "%s is not over yet",
                         order->period.code);
    if (length > 0 && (!text_is_utf8(order->reason, length) ||
                       text_characters(order->reason, length) > FREEZE_REASON_MOST))
        return error_set(error, ERROR_INPUT, "freeze.reason",
                         "the reason is longer than %d characters", FREEZE_REASON_MOST);
    return 0;
}

static int read_before(const struct freeze_place *place, const struct freeze_order *order,
                       struct arena *arena, struct json **ret_document,
                       struct freeze_before *before, struct error *error)
{
    const char *text = NULL;
    struct frozen frozen;
    struct error missing = {0};
    *before = (struct freeze_before){0};
    int code = freeze_document(place->reader, order->period.code, 0, arena, &text, &frozen,
                               &missing);
    if (code == ERROR_NOT_FOUND)
        return 0;
    if (code != 0) {
        *error = missing;
        return code;
    }
    code = json_parse(text, strlen(text), ret_document, error);
    if (code == 0)
        *before = (struct freeze_before){.version = frozen.version,
                                         .position = frozen.position,
                                         .document = *ret_document};
    if (code == 0 && text_is_blank(order->reason))
        code = error_set(error, ERROR_INPUT, "freeze.reason",
                         "%s is frozen already: a new version needs a reason",
                         order->period.code);
    return code;
}

static int freeze(const struct freeze_place *place, const struct freeze_order *order,
                  const struct freeze_before *before, struct arena *arena,
                  struct frozen *ret_frozen, struct error *error)
{
    struct arena *scratch ARENA_CLEANUP = arena_new(COUNT_ARENA);
    struct freeze_figures *figures = arena_array(scratch, 1, sizeof *figures);
    struct buffer text BUFFER_CLEANUP;
    size_t differs = 0;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    int code = freeze_count(place, order,
                            before->evaluation != NULL ? before->evaluation
                                                       : city_evaluation(place->city),
                            scratch, figures, error);
    if (code != 0)
        return code;
    struct freeze_writing writing = {place, order, figures, before, arena};
    code = freeze_write(&writing, &text, &differs, error);
    if (code == 0 && differs == 0)
        code = error_set(error, ERROR_CONFLICT, "freeze.same",
                         "no figure of %s differs from version %lld", order->period.code,
                         (long long)before->version);
    return code != 0 ? code : store(place, &writing, &text, ret_frozen, error);
}

static int freeze_new(const struct freeze_place *place, const struct freeze_order *order,
                      struct arena *arena, struct frozen *ret_frozen, struct error *error)
{
    struct json *document JSON_CLEANUP = NULL;
    struct arena *scratch ARENA_CLEANUP = arena_new(DOCUMENT_ARENA);
    struct freeze_before before = {0};
    struct error unreadable = {0}; // words of another time: those of today, and it is told
    int code = check_order(place, order, error);
    if (code == 0)
        code = read_before(place, order, scratch, &document, &before, error);
    if (code == 0 && before.version > 0 &&
        freeze_read_definitions(document, city_evaluation(place->city), &before.evaluation,
                                &unreadable) != 0)
        before.evaluation = NULL;
    if (code == 0)
        code = freeze(place, order, &before, arena, ret_frozen, error);
    evaluation_free(before.evaluation);
    return code;
}

int freeze_period_now(const struct freeze_place *place, const struct freeze_order *order,
                      struct arena *arena, struct frozen *ret_frozen, struct error *error)
{
    struct frozen known;
    struct error ignored = {0};
    int code = freeze_by_key(place->reader, order, arena, &known, error);
    if (code == 0 && known.id == 0) {
        code = freeze_new(place, order, arena, ret_frozen, error);
        if (code == 0)
            return 0;
        // The same request twice at once: the other one made it.
        if (code != ERROR_CONFLICT && code != ERROR_INPUT)
            return code;
        if (freeze_by_key(place->reader, order, arena, &known, &ignored) != 0 ||
            known.id == 0)
            return code;
        error_clear(error);
        code = 0;
    }
    if (code == 0)
        *ret_frozen = known;
    return code;
}

// ---- by itself ----
static int look_set(struct db *db, void *context, struct error *error)
{
    const int64_t *position = context;
    return db_execute(db, QUERY_FROZEN_LOOKED_SET, (struct db_value[]){DB_INT(*position)},
                      1, error);
}

static int renew_one(const struct freeze_place *place, const struct frozen *latest,
                     int64_t looked, int64_t last, int64_t now_ms, unsigned *made,
                     struct error *error)
{
    struct freeze_order order = {.now_ms = now_ms};
    const struct calendar *calendar = city_calendar(place->city, 0);
    int64_t corrections = 0;
    int code = freeze_period_read(latest->period, &order.period, error);
    if (code == 0)
        code = db_fetch_int(
            place->reader, QUERY_FROZEN_CORRECTION_COUNT,
            (struct db_value[]){
                DB_INT(latest->position > looked ? latest->position : looked), DB_INT(last),
                DB_INT(calendar_day_start(calendar, order.period.to_day + 1))},
            3, &corrections, error);
    if (code != 0 || corrections == 0)
        return code;
    struct arena *arena ARENA_CLEANUP = arena_new(1024 * 1024);
    struct frozen frozen;
    order.reason = arena_format(arena,
                                "cases of the period were corrected afterwards: %lld "
                                "moves",
                                (long long)corrections);
    code = freeze_period_now(place, &order, arena, &frozen, error);
    if (code == ERROR_CONFLICT) { // nothing differs for it, or another server was first
        error_clear(error);
        return 0;
    }
    *made += code == 0;
    return code;
}

int freeze_renew(const struct freeze_place *place, int64_t now_ms, unsigned *ret_made,
                 struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(16 * 1024 * 1024);
    struct frozen *list = NULL;
    size_t count = 0;
    int64_t looked = 0;
    struct facts_state state = {0};
    *ret_made = 0;
    int code = freeze_list(place->reader, NULL, arena, &list, &count, error);
    if (code != 0 || count == 0)
        return code;
    code = db_fetch_int(place->reader, QUERY_FROZEN_LOOKED, NULL, 0, &looked, error);
    if (code == 0)
        code = facts_hold(place->facts, place->reader, place->city, &state, error);
    if (code != 0)
        return code;
    facts_release(place->facts);
    for (size_t i = 0; i < count && code == 0; i++)
        if (i == 0 || strcmp(list[i].period, list[i - 1].period) != 0) // its last version
            code =
                renew_one(place, &list[i], looked, state.position, now_ms, ret_made, error);
    if (code == 0 && state.position > looked)
        code = db_lane_call(place->lane, DB_MACHINES, look_set, &state.position, error);
    return code;
}
