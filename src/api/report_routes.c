// SPDX-License-Identifier: MPL-2.0
// The bulletin of a period, in the form that the address ends with.
#include <gridcase/core/text.h>
#include <gridcase/document/paper.h>
#include <gridcase/evaluation/payment.h>
#include <gridcase/evaluation/report.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { REPORT_ARENA = 512 * 1024 * 1024 };

static const char *language_of(struct api_call *call)
{
    const char *language = http_request_query(call->request, "language");
    return language && *language ? language : city_language(call->snapshot, 0);
}

static void reply(struct api_call *call, const struct report_period *period,
                  const char *what, enum report_format format, struct buffer *body)
{
    const char *name =
        report_file_name(call->city->slug, what, period->code, format, call->arena);
    http_reply_header(call->request, "Content-Disposition",
                      arena_format(call->arena, "%s; filename=\"%s\"",
                                   format == REPORT_PDF ? "inline" : "attachment", name));
    http_reply_buffer(call->request, 200, report_format_type(format), body);
}

static int make(struct api_call *call, struct db *db, const struct report_period *period,
                const struct report_write *asked, struct error *error)
{
    DB_READER_CLEANUP struct db *city_db = NULL;
    struct arena *arena ARENA_CLEANUP = arena_new(REPORT_ARENA);
    struct report *report = arena_alloc(arena, sizeof(*report));
    struct report_write how = *asked;
    BUFFER_CLEANUP struct buffer template;
    struct buffer body;
    buffer_init(&template, BUFFER_CEILING_REPLY);
    buffer_init(&body, BUFFER_CEILING_REPLY);
    int code =
        db_reader_borrow(call->api->store, call->city->slug, DB_CITY, &city_db, error);
    const char *figures = http_request_query(call->request, "figures");
    struct report_sources sources = {.cases = db,
                                     .city_db = city_db,
                                     .facts = call->city->facts,
                                     .media = call->city->media,
                                     .city = call->snapshot,
                                     .actor = &call->session.actor,
                                     .counted_now = text_equal(figures, "now")};
    if (!code && how.format == REPORT_DOCX) {
        code = report_template_of(&sources, language_of(call), &template, error);
        how.template_bytes = template.data;
        how.template_length = template.length;
    }
    if (!code) {
        code = report_make(&sources, period, language_of(call), call->now_ms, arena, report,
                           error);
    }
    if (code) {
        return code;
    }
    code = report_write(report, &how, &body, error);
    report_done(report);
    if (!code) {
        reply(call, period, "bulletin", how.format, &body);
    }
    buffer_done(&body);
    return code;
}

static int make_payment(struct api_call *call, struct db *db,
                        const struct report_period *period, const struct report_write *how,
                        struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(REPORT_ARENA);
    struct payment_sheet sheet;
    struct buffer body;
    struct report_sources sources = {.cases = db,
                                     .facts = call->city->facts,
                                     .city = call->snapshot,
                                     .actor = &call->session.actor};
    buffer_init(&body, BUFFER_CEILING_REPLY);
    int code = payment_make(&sources, period, language_of(call), call->now_ms, arena,
                            &sheet, error);
    if (!code) {
        code = payment_write(&sheet, how, &body, error);
    }
    if (!code) {
        reply(call, period, "payment", how->format, &body);
    }
    buffer_done(&body);
    return code;
}

typedef int make_document(struct api_call *call, struct db *db,
                          const struct report_period *period,
                          const struct report_write *how, struct error *error);

static int document_as(struct api_call *call, struct db *db, enum report_format format,
                       make_document *make_it, struct error *error)
{
    static const char *const with_figures[] = {"period", "language", "paper", "figures",
                                               NULL};
    static const char *const without[] = {"period", "language", "paper", NULL};
    const char *figures = http_request_query(call->request, "figures");
    const char *paper = http_request_query(call->request, "paper");
    const char *period_text = http_request_query(call->request, "period");
    int size = paper_size_from_str(paper && *paper ? paper : "a4");
    struct report_period period;
    struct report_write how = {.format = format,
                               .directory = db_store_folder(call->api->store),
                               .phone = size == PAPER_PHONE};
    int code = api_query_only(call, make_it == make ? with_figures : without, error);
    if (!code && figures && *figures && !text_equal(figures, "now") &&
        !text_equal(figures, "frozen")) {
        code = error_set(error, ERROR_INPUT, "report.figures",
                         "the figures are neither frozen nor now");
    }
    if (!code && size < 0) {
        code = error_set(error, ERROR_INPUT, "report.paper",
                         "the paper is neither a4 nor phone");
    }
    if (!code) {
        code = report_period_read(period_text ? period_text : "", &period, error);
    }
    return code ? code : make_it(call, db, &period, &how, error);
}

int report_pdf(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_PDF, make, error);
}

int report_xlsx(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_XLSX, make, error);
}

int report_csv(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_CSV, make, error);
}

int report_json(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_JSON, make, error);
}

int report_docx(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_DOCX, make, error);
}

int payment_pdf(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_PDF, make_payment, error);
}

int payment_xlsx(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_XLSX, make_payment, error);
}

int payment_csv(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_CSV, make_payment, error);
}

int payment_json(struct api_call *call, struct db *db, struct error *error)
{
    return document_as(call, db, REPORT_JSON, make_payment, error);
}
