// SPDX-License-Identifier: MPL-2.0
// What a report takes from frozen periods (freeze.h) instead of counting: of its own period
// the whole bulletin; of those beside it totals, and the tables that a frozen document has.
// Everything else is counted.
#include <math.h>
#include <string.h>

#include <gridcase/account/right.h>
#include <gridcase/cases/seal.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/freeze.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

struct report_frozen { // the newest version of a period
    struct frozen frozen;
    int64_t from_day, to_day;
    struct json *document;       // NULL: not read yet
    const struct json *freezing; // the document that is being made; instead
};

static const struct json *document_of(const struct report_frozen *frozen)
{
    return frozen->freezing ? frozen->freezing : frozen->document;
}

// The period that is being frozen speaks for itself, whatever was frozen of it before.
static void add_freezing(struct report_job *job)
{
    const struct report_period *period = &job->report->period;
    size_t kept = 0;
    for (size_t i = 0; i < job->frozen_count; i++) {
        if (job->frozen[i].from_day != period->from_day ||
            job->frozen[i].to_day != period->to_day) {
            job->frozen[kept++] = job->frozen[i];
        }
    }
    job->frozen[kept++] = (struct report_frozen){.from_day = period->from_day,
                                                 .to_day = period->to_day,
                                                 .freezing = job->from->freezing};
    job->frozen_count = kept;
}

int report_frozen_list(struct report_job *job, struct error *error)
{
    struct account_sight sight;
    struct frozen *list = NULL;
    size_t count = 0;
    account_sight(job->from->actor, RIGHT_CASE_READ, &sight);
    if (job->from->counted_now || !sight.everything) { // a document tells all departments
        return 0;
    }
    int code = freeze_list(job->from->cases, NULL, job->arena, &list, &count, error);
    if (!code) {
        job->frozen = arena_array(job->arena, count + 2, sizeof(*job->frozen));
        if (!job->frozen) {
            return error_set(error, ERROR_LIMIT, "report.memory",
                             "the report is too large");
        }
    }
    for (size_t i = 0; i < count && !code; i++) {
        struct freeze_period period;
        if (i > 0 && text_equal(list[i].period, list[i - 1].period)) {
            continue;
        }
        code = freeze_period_read(list[i].period, &period, error);
        if (!code) {
            job->frozen[job->frozen_count++] = (struct report_frozen){
                .frozen = list[i], .from_day = period.from_day, .to_day = period.to_day};
        }
    }
    if (!code && job->from->freezing) {
        add_freezing(job);
    }
    return code;
}

void report_frozen_done(struct report_job *job)
{
    for (size_t i = 0; i < job->frozen_count; i++) {
        json_free(job->frozen[i].document);
    }
    job->frozen_count = 0;
}

static struct report_frozen *find_frozen(struct report_job *job, int64_t from_day,
                                         int64_t to_day)
{
    for (size_t i = 0; i < job->frozen_count; i++) {
        if (job->frozen[i].from_day == from_day && job->frozen[i].to_day == to_day) {
            return &job->frozen[i];
        }
    }
    return NULL;
}

static int read_document(struct report_job *job, struct report_frozen *frozen,
                         struct error *error)
{
    const char *text = NULL;
    struct frozen again;
    if (document_of(frozen)) {
        return 0;
    }
    int code = freeze_document(job->from->cases, frozen->frozen.period,
                               frozen->frozen.version, job->arena, &text, &again, error);
    return code ? code : json_parse(text, strlen(text), &frozen->document, error);
}

// ---- rows of a document ----

static int find_rows(const struct json *document, const char *by,
                     const struct json **ret_rows, struct error *error)
{
    const struct json *tables = NULL;
    int code = json_get_array(document, "tables", JSON_REQUIRED, &tables, error);
    *ret_rows = NULL;
    for (size_t i = 0; i < json_array_length(tables) && !code; i++) {
        const struct json *table = json_array_item(tables, i);
        const char *own = NULL;
        code = json_get_text(table, "by", JSON_REQUIRED, 80, &own, error);
        if (!code && text_equal(own, by)) {
            return json_get_array(table, "rows", JSON_REQUIRED, ret_rows, error);
        }
    }
    return code;
}

// Where the document has each measure of the question; *ret_all: it has all.
static int find_places(const struct json *document, const struct figure_query *query,
                       size_t *places, bool *ret_all, struct error *error)
{
    const struct json *measures = NULL;
    int code = json_get_array(document, "measures", JSON_REQUIRED, &measures, error);
    *ret_all = !code;
    for (size_t i = 0; i < query->measure_count && *ret_all && !code; i++) {
        bool found = false;
        for (size_t k = 0; k < json_array_length(measures) && !found && !code; k++) {
            const char *own = NULL;
            code = json_get_text(json_array_item(measures, k), "code", JSON_REQUIRED, 80,
                                 &own, error);
            found = !code && text_equal(own, figure_measure(query, i)->code);
            places[i] = k;
        }
        *ret_all = found;
    }
    return code;
}

static int read_row(const struct json *row, const size_t *places, size_t count,
                    struct arena *arena, struct figure_row *ret_row, struct error *error)
{
    const struct json *values = NULL;
    const char *own = "";
    int64_t id = 0;
    int code = json_get_array(row, "values", JSON_REQUIRED, &values, error);
    if (!code) {
        code = json_get_int(row, "id", JSON_OPTIONAL, 0, INT64_MAX, &id, error);
    }
    if (!code) {
        code = json_get_text(row, "code", JSON_OPTIONAL, 80, &own, error);
    }
    double *to = arena_array(arena, count + 1, sizeof(*to));
    if (!code && !to) {
        code = error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    for (size_t i = 0; i < count && !code; i++) {
        if (!json_as_double(json_array_item(values, places[i]), &to[i])) {
            to[i] = (double)NAN;
        }
    }
    *ret_row = (struct figure_row){.keys[0] = {.id = id, .code = arena_text(arena, own)},
                                   .values = to};
    return code;
}

static int read_rows(struct report_job *job, const struct json *rows, const size_t *places,
                     struct report_asked *asked, struct error *error)
{
    struct figure_answer *answer = &asked->answer;
    size_t count = json_array_length(rows);
    int code = 0;
    answer->rows = arena_array(job->arena, count + 1, sizeof(*answer->rows));
    if (!answer->rows) {
        return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    for (size_t i = 0; i < count && !code; i++) {
        code = read_row(json_array_item(rows, i), places, asked->query.measure_count,
                        job->arena, &answer->rows[answer->row_count++], error);
    }
    return code;
}

// ---- answering ----

static bool has_below(const struct city_snapshot *city, int64_t id)
{
    for (size_t i = 0; i < city_departments(city); i++) {
        if (city_department(city, i)->parent == id) {
            return true;
        }
    }
    return false;
}

// A department with all below it: the table of offices has those under the root, the table
// of leads those who have nobody below them.
static int take_department(struct report_job *job, const struct json *document, int64_t id,
                           const size_t *places, struct report_asked *asked,
                           bool *ret_found, struct error *error)
{
    static const char *const tables[] = {"department:2", "department"};
    bool alone = !has_below(job->from->city, id);
    int code = 0;
    for (int i = 0; i < (alone ? 2 : 1) && !code && !*ret_found; i++) {
        const struct json *rows = NULL;
        code = find_rows(document, tables[i], &rows, error);
        for (size_t k = 0; k < json_array_length(rows) && !code && !*ret_found; k++) {
            struct figure_row row;
            code = read_row(json_array_item(rows, k), places, asked->query.measure_count,
                            job->arena, &row, error);
            *ret_found = !code && row.keys[0].id == id;
            asked->answer.totals = row.values;
        }
    }
    return code;
}

static int take(struct report_job *job, const struct report_ask *ask,
                const struct report_frozen *frozen, struct report_asked *asked,
                bool *ret_found, struct error *error)
{
    const struct json *rows = NULL;
    struct figure_row whole;
    bool all = false;
    size_t *places =
        arena_array(job->arena, asked->query.measure_count + 1, sizeof(*places));
    int64_t department = 0;
    if (!places) {
        return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    int64_t position = frozen->frozen.position;
    int code = json_get_int(document_of(frozen), "position", JSON_OPTIONAL, 0, INT64_MAX,
                            &position, error);
    if (code) {
        return code;
    }
    asked->answer = (struct figure_answer){.position = position};
    code = find_places(document_of(frozen), &asked->query, places, &all, error);
    if (code || !all) {
        return code;
    }
    if (ask->filter) {
        if (!text_equal(ask->filter, "department") || ask->by ||
            text_to_int(ask->value, strlen(ask->value), &department, NULL)) {
            return 0;
        }
        return take_department(job, document_of(frozen), department, places, asked,
                               ret_found, error);
    }
    code = find_rows(document_of(frozen), "", &rows, error);
    if (code || json_array_length(rows) != 1) {
        return code;
    }
    code = read_row(json_array_item(rows, 0), places, asked->query.measure_count,
                    job->arena, &whole, error);
    asked->answer.totals = whole.values;
    *ret_found = !code && !ask->by;
    if (!code && ask->by) {
        code = find_rows(document_of(frozen), ask->by, &rows, error);
        *ret_found = !code && rows;
    }
    return *ret_found && ask->by ? read_rows(job, rows, places, asked, error) : code;
}

int report_frozen_ask(struct report_job *job, const struct report_ask *ask,
                      struct report_asked *asked, bool *ret_found, struct error *error)
{
    struct report_frozen *frozen = find_frozen(job, ask->from_day, ask->to_day);
    *ret_found = false;
    if (!frozen) {
        return 0;
    }
    int code = read_document(job, frozen, error);
    return code ? code : take(job, ask, frozen, asked, ret_found, error);
}

// ---- the report's own period ----

static struct report_frozen *own_frozen(struct report_job *job)
{
    struct report_frozen *found =
        find_frozen(job, job->report->period.from_day, job->report->period.to_day);
    return found && !found->freezing ? found : NULL;
}

int report_frozen_bulletin(struct report_job *job, const struct json **ret_bulletin,
                           const struct json **ret_map, struct error *error)
{
    struct report_frozen *frozen = own_frozen(job);
    const struct json *bulletin = NULL;
    const struct json *languages = NULL;
    if (!frozen) {
        return 0;
    }
    int code = read_document(job, frozen, error);
    if (!code) {
        code =
            json_get_object(frozen->document, "bulletin", JSON_OPTIONAL, &bulletin, error);
    }
    if (code || !bulletin) {
        return code;
    }
    code = json_get_object(bulletin, "map", JSON_REQUIRED, ret_map, error);
    if (!code) {
        code = json_get_object(bulletin, "languages", JSON_REQUIRED, &languages, error);
    }
    return code ? code
                : json_get_object(languages, job->report->language, JSON_OPTIONAL,
                                  ret_bulletin, error);
}

int report_frozen_tell(struct report_job *job, bool whole, struct error *error)
{
    struct report *report = job->report;
    const struct report_frozen *found = own_frozen(job);
    struct case_seal seal;
    char line[SEAL_LINE_SIZE];
    if (!found) {
        return 0;
    }
    int code = case_seal_of_frozen(job->from->cases, found->frozen.id, &seal, error);
    if (code) {
        return code;
    }
    report->root = "";
    if (seal.number > 0) {
        case_seal_line(&seal, line);
        report->root = arena_text(job->arena, line);
    }
    report->frozen_version = found->frozen.version;
    report->frozen_ms = found->frozen.made_ms;
    hash_to_hex(found->frozen.digest, report->frozen_digest);
    report->made_ms = whole ? found->frozen.made_ms : report->made_ms;
    const char *then = report_local_words(job, found->frozen.made_ms);
    long long version = (long long)found->frozen.version;
    report->made =
        whole ? arena_format(job->arena,
                             REPORT_TEXT(report, "%s (frozen, version %lld)",
                                         "%s（已封存，第 %lld 版）"),
                             then, version)
              : arena_format(
                    job->arena,
                    REPORT_TEXT(report, "%s (frozen, version %lld; spots and map as of %s)",
                                "%s（已封存，第 %lld 版；点位与地图截至 %s）"),
                    then, version, report->made);
    return 0;
}
