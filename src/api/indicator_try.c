// SPDX-License-Identifier: MPL-2.0
// A dry run: figures by definitions that are not in force, beside those that are.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { TRY_TABLES = 8, TRY_ARENA = 256 * 1024 * 1024, TRY_TABLE = 256 * 1024 };

struct draft_tables {
    struct table *tables[TRY_TABLES];
    size_t count;
};

static const struct table *find_table(void *context, const char *name)
{
    struct draft_tables *draft = context;
    for (size_t i = 0; i < draft->count; i++) {
        if (text_equal(table_name(draft->tables[i]), name)) {
            return draft->tables[i];
        }
    }
    return NULL;
}

static void draft_done(struct draft_tables *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        table_free(draft->tables[i]);
    }
}

// {"counts": "code,on,when...", "own_indicators": "..."}: each a table as CSV.
static int read_tables(struct api_call *call, struct draft_tables *draft,
                       struct error *error)
{
    const char *names[TRY_TABLES + 1] = {NULL};
    const struct json *body = NULL;
    for (size_t i = 0; i < TRY_TABLES && evaluation_table_name(i); i++) {
        names[i] = evaluation_table_name(i);
    }
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    for (size_t i = 0; !code && names[i]; i++) {
        const char *text = NULL;
        code = json_get_text(body, names[i], JSON_OPTIONAL, TRY_TABLE, &text, error);
        if (!code && text) {
            code = table_parse_csv(names[i], names[i], text, strlen(text),
                                   &draft->tables[draft->count], error);
            draft->count += !code;
        }
    }
    if (!code && draft->count == 0) {
        code = error_set(error, ERROR_INPUT, "indicators.no_tables",
                         "the body has none of the tables of indicators");
    }
    return code;
}

// The measures asked for that these definitions know.
static const char *known(struct api_call *call, const struct evaluation *evaluation)
{
    const char *cursor = http_request_query(call->request, "measures");
    const char *kept = "";
    size_t length = 0;
    if (!cursor || !*cursor) {
        return cursor;
    }
    for (const char *word; (word = text_next(&cursor, ',', &length));) {
        if (evaluation_find(evaluation, word, length) >= 0) {
            kept = arena_format(call->arena, "%s%s%.*s", kept, *kept ? "," : "",
                                (int)length, word);
        }
    }
    return kept;
}

static int put_figures(struct api_view *view, const char *name, const char *measures,
                       const struct evaluation *evaluation, struct arena *arena,
                       struct error *error)
{
    struct api_call *call = view->call;
    struct figure_query query;
    struct figure_answer answer;
    int code = figures_read_with(call, measures, evaluation, &query, error);
    if (!code) {
        code = figures_compute(call->city->facts, view->db, call->snapshot,
                               &call->session.actor, &query, arena, &answer, error);
    }
    if (!code) {
        figures_log_trouble(call, &answer.trouble);
        figures_put(view, name, &query, &answer);
    }
    return code;
}

static int reply(struct api_call *call, struct db *db, const struct evaluation *draft,
                 struct error *error)
{
    const struct evaluation *now = city_evaluation(call->snapshot);
    const char *measures = known(call, now);
    struct arena *arena ARENA_CLEANUP = arena_new(TRY_ARENA);
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    struct api_view view;
    char digest[HASH_HEX_SIZE];
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    api_view_init(&view, call, db, &json);
    json_begin_object(&json, NULL);
    hash_to_hex(evaluation_digest(now), digest);
    json_put_text(&json, "now_digest", digest);
    hash_to_hex(evaluation_digest(draft), digest);
    json_put_text(&json, "draft_digest", digest);
    int code = 0;
    if (measures && !*measures) {
        json_put_null(&json, "now");
    } else {
        code = put_figures(&view, "now", measures, now, arena, error);
    }
    if (!code) {
        code = put_figures(&view, "draft", http_request_query(call->request, "measures"),
                           draft, arena, error);
    }
    json_end_object(&json);
    if (!code) {
        api_reply_json(call, 200, &body);
    }
    return code;
}

int indicators_try(struct api_call *call, struct db *db, struct error *error)
{
    struct draft_tables tables = {.count = 0};
    struct evaluation_source source = {find_table, &tables};
    struct evaluation *draft = NULL;
    int code = read_tables(call, &tables, error);
    if (!code) {
        code =
            evaluation_draft(city_evaluation(call->snapshot), &source, NULL, &draft, error);
    }
    draft_done(&tables);
    if (!code) {
        code = reply(call, db, draft, error);
    }
    evaluation_free(draft);
    return code;
}
