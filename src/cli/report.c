// SPDX-License-Identifier: MPL-2.0
// gridcase report: the bulletin of a period as a file. See gridcase-report(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/account/actor.h>
#include <gridcase/city/city.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/document/paper.h>
#include <gridcase/evaluation/facts.h>
#include <gridcase/evaluation/payment.h>
#include <gridcase/evaluation/report.h>
#include <gridcase/media/media.h>

enum { REPORT_ARENA = 512 * 1024 * 1024, PATH_SIZE = 4200 };

struct order {
    const char *city, *language, *out;
    struct report_period period;
    enum report_format format;
    bool phone, template, payment, counted_now;
};
struct office {
    struct db_store *store;
    struct city_snapshot *city;
    struct db *cases, *city_db;
    struct facts *facts;
    struct media_store *media;
    struct actor actor;
    struct report_sources sources;
};

static int office_open(struct office *office, const char *data, const char *slug,
                       struct error *error)
{
    char path[PATH_SIZE];
    int code = db_store_open(data, DB_STORE_READ_ONLY, &office->store, error);
    if (code == 0)
        code = city_snapshot_open(office->store, slug, &office->city, error);
    if (code == 0)
        code = db_open(office->store, slug, DB_CASES, DB_READ, &office->cases, error);
    if (code == 0)
        code = db_open(office->store, slug, DB_CITY, DB_READ, &office->city_db, error);
    if (code == 0)
        code = db_store_city_path(office->store, slug, "facts", path, sizeof path);
    if (code == 0)
        office->facts = facts_new(path);
    if (code == 0)
        code = db_store_city_path(office->store, slug, "media", path, sizeof path);
    if (code == 0 && file_exists(path))
        code = media_store_open(path, NULL, &office->media, error);
    office->actor = actor_system();
    office->sources = (struct report_sources){.cases = office->cases,
                                              .city_db = office->city_db,
                                              .facts = office->facts,
                                              .media = office->media,
                                              .city = office->city,
                                              .actor = &office->actor};
    return code;
}

static void office_close(struct office *office)
{
    media_store_close(office->media);
    facts_free(office->facts);
    db_close(office->city_db);
    db_close(office->cases);
    city_snapshot_free(office->city);
    db_store_close(office->store);
}

static int write_out(const char *path, const struct buffer *bytes, struct error *error)
{
    if (path)
        return file_write_atomic(path, bytes->data, bytes->length, error);
    if (fwrite(bytes->data, 1, bytes->length, stdout) != bytes->length || fflush(stdout))
        return error_errno(error, "cli.write", "standard output");
    return 0;
}

static int make_payment(const struct order *order, struct office *office,
                        const char *language, struct arena *arena, struct buffer *out,
                        struct error *error)
{
    struct payment_sheet sheet;
    struct report_write how = {.format = order->format, .phone = order->phone};
    int code = payment_make(&office->sources, &order->period, language, instant_now_ms(),
                            arena, &sheet, error);
    return code == 0 ? payment_write(&sheet, &how, out, error) : code;
}

static int make(const struct order *order, struct office *office, struct buffer *out,
                struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(REPORT_ARENA);
    struct report *report = arena_alloc(arena, sizeof(*report));
    BUFFER_CLEANUP struct buffer template;
    buffer_init(&template, BUFFER_CEILING_REPLY);
    const char *language =
        order->language ? order->language : city_language(office->city, 0);
    if (order->template)
        return report_template_of(&office->sources, language, out, error);
    if (order->payment)
        return make_payment(order, office, language, arena, out, error);
    office->sources.counted_now = order->counted_now;
    int code = 0;
    if (order->format == REPORT_DOCX)
        code = report_template_of(&office->sources, language, &template, error);
    if (code == 0)
        code = report_make(&office->sources, &order->period, language, instant_now_ms(),
                           arena, report, error);
    if (code != 0)
        return code;
    struct report_write how = {.format = order->format,
                               .phone = order->phone,
                               .template_bytes = template.data,
                               .template_length = template.length};
    code = report_write(report, &how, out, error);
    report_done(report);
    return code;
}

static int read_order(int *argc, char **argv, struct order *order, struct error *error)
{
    const char *period = cli_option(argc, argv, "--period");
    const char *format = cli_option(argc, argv, "--format");
    const char *paper = cli_option(argc, argv, "--paper");
    const char *figures = cli_option(argc, argv, "--figures");
    order->language = cli_option(argc, argv, "--language");
    order->out = cli_option(argc, argv, "--out");
    order->template = cli_flag(argc, argv, "--template") != 0;
    order->payment = cli_flag(argc, argv, "--payment") != 0;
    order->counted_now = text_equal(figures, "now");
    int found = report_format_from_str(format ? format : "pdf");
    int size = paper_size_from_str(paper ? paper : "a4");
    int code = cli_words(*argc, argv, 1, 1, error);
    if (code != 0)
        return code;
    if (found < 0)
        return error_set(error, ERROR_INPUT, "report.format",
                         "'%.20s' is none of pdf, xlsx, csv, json, docx", format);
    if (size < 0)
        return error_set(error, ERROR_INPUT, "report.paper",
                         "'%.20s' is neither a4 nor phone", paper);
    if (figures && !order->counted_now && !text_equal(figures, "frozen"))
        return error_set(error, ERROR_INPUT, "report.figures",
                         "'%.20s' is neither frozen nor now", figures);
    if (figures && order->payment)
        return error_set(error, ERROR_INPUT, "report.figures",
                         "a payment sheet is always counted now");
    if (!order->template && !period)
        return error_set(error, ERROR_INPUT, "cli.usage", "--period is missing");
    order->city = argv[0];
    order->format = (enum report_format)found;
    order->phone = size == PAPER_PHONE;
    return order->template ? 0 : report_period_read(period, &order->period, error);
}

static int run_report(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct order order = {0};
    struct office office = {0};
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_FILE);
    int code = read_order(&argc, argv, &order, error);
    bool binary = order.template || order.format == REPORT_PDF ||
                  order.format == REPORT_XLSX || order.format == REPORT_DOCX;
    if (code == 0 && binary && !order.out && isatty(1))
        code = error_set(error, ERROR_INPUT, "report.terminal",
                         "a terminal cannot show this: give --out FILE");
    if (code == 0)
        code = office_open(&office, data, order.city, error);
    if (code == 0)
        code = make(&order, &office, &out, error);
    if (code == 0)
        code = write_out(order.out, &out, error);
    office_close(&office);
    return code;
}

const struct cli_command cli_report_commands[] = {
    {"report", NULL,
     "CITY --period PERIOD [--payment] [--format pdf|xlsx|csv|json|docx] [--language TAG] "
     "[--paper a4|phone] [--figures frozen|now] [--out FILE] | CITY --template [--language "
     "TAG] [--out FILE]",
     "the evaluation bulletin of a week, month, quarter or year", run_report},
    {0},
};
