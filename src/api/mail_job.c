// SPDX-License-Identifier: MPL-2.0
// Reports that are due are made, put into the spool of mails, and sent, by a thread of its
// own. Who makes one says so first in a setting of the installation, so that of several
// servers only one does; one that died over it is followed after LEASE_MS. What is in the
// spool is sent by the server whose folder it is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/payment.h>
#include <gridcase/evaluation/report.h>
#include <gridcase/notify/spool.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"

enum {
    NAP_MS = 250,
    FIRST_LOOK_MS = 1000,
    LOOK_MS = 60 * 1000,
    SEND_MS = 5 * 1000,
    SEND_MOST_MS = 30 * 60 * 1000, // between two tries while the server cannot be reached
    LEASE_MS = 15 * 60 * 1000,
    LATE_DAYS = 10, // what was due longer ago is not sent any more
    MAIL_ARENA = 512 * 1024 * 1024,
    NICE = 10,
    KEY_SIZE = 200,
    CITIES_MOST = 10000,
};

struct mail_keeper {
    struct api *api;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    char folder[4096];
    int64_t look_us, send_us;
    int64_t wait_ms; // until the next try
};

// ---- who makes it ----

struct claim {
    const char *name;
    char value[80], taken[80]; // ours; somebody else's that is too old
    bool done, ours;
};

static int claim_work(struct db *db, void *context, struct error *error)
{
    struct claim *claim = context;
    claim->ours = false;
    struct db_value values[] = {DB_TEXT(claim->name), DB_TEXT(claim->value),
                                DB_TEXT(claim->taken)};
    int code = db_execute(
        db, claim->taken[0] ? QUERY_SYSTEM_SETTING_SWAP : QUERY_SYSTEM_SETTING_CLAIM,
        values, claim->taken[0] ? 3 : 2, error);
    claim->ours = !code && db_changes(db) == 1;
    return code;
}

static int note_work(struct db *db, void *context, struct error *error)
{
    const struct claim *claim = context;
    return db_execute(db, QUERY_SYSTEM_SETTING_SET,
                      (struct db_value[]){DB_TEXT(claim->name), DB_TEXT(claim->value)}, 2,
                      error);
}

static int in_lane(struct mail_keeper *keeper,
                   int (*work)(struct db *db, void *context, struct error *error),
                   struct claim *claim, struct error *error)
{
    struct db_lane *lane = NULL;
    int code = db_lane_get(keeper->api->store, NULL, DB_SYSTEM, &lane, error);
    if (!code) {
        code = db_lane_call(lane, DB_MACHINES, work, claim, error);
    }
    db_lane_put(lane);
    return code;
}

// What stands there: "made TIME", "claimed TIME WHO".
static int read_claim(struct mail_keeper *keeper, struct claim *claim, int64_t now_ms,
                      bool *ret_free, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int64_t at_ms = 0;
    *ret_free = true;
    int code = db_reader_borrow(keeper->api->store, NULL, DB_SYSTEM, &db, error);
    if (!code) {
        code = db_prepare(db, QUERY_SYSTEM_SETTING_GET, &row, error);
    }
    if (code) {
        return code;
    }
    db_bind_text(row, 1, claim->name);
    code = db_step(row, error);
    if (code == DB_ROW) {
        const char *text = db_column_text(row, 0);
        const char *at = strchr(text, ' ');
        struct error ignored = {0};
        bool claimed = text_starts(text, "claimed ") && at &&
                       text_to_int(at + 1, strcspn(at + 1, " "), &at_ms, &ignored) == 0;
        *ret_free = claimed && (now_ms - at_ms > LEASE_MS || at_ms > now_ms + LEASE_MS) &&
                    text_format(claim->taken, sizeof(claim->taken), "%s", text) == 0;
    }
    return code < 0 ? code : 0;
}

// ---- making ----

struct order {
    struct mail_keeper *keeper;
    struct api_city *city;
    struct city_snapshot *snapshot;
    const struct report_mailing *mailing;
    struct report_period period;
    int64_t now_ms;
    struct arena *arena;
    char key[KEY_SIZE];
    struct buffer files[REPORT_FORMAT_COUNT];
    struct mail_attachment attachments[REPORT_FORMAT_COUNT];
    size_t count;
    struct buffer words;
    const char *subject;
};

static void attach(struct order *order, const char *what, enum report_format format)
{
    const struct buffer *file = &order->files[format];
    order->attachments[order->count++] = (struct mail_attachment){
        report_file_name(order->city->slug, what, order->period.code, format, order->arena),
        report_format_type(format), file->data, file->length};
}

static int write_files(struct order *order, const struct report_sources *sources,
                       const struct report *report, struct error *error)
{
    int code = 0;
    for (int i = 0; i < REPORT_FORMAT_COUNT && !code; i++) {
        BUFFER_CLEANUP struct buffer template;
        struct buffer *file = &order->files[i];
        buffer_init(&template, BUFFER_CEILING_REPLY);
        if (!(order->mailing->formats & 1U << i)) {
            continue;
        }
        if (i == REPORT_DOCX) {
            code = report_template_of(sources, report->language, &template, error);
        }
        struct report_write how = {.format = (enum report_format)i,
                                   .directory = db_store_folder(order->keeper->api->store),
                                   .template_bytes = template.data,
                                   .template_length = template.length};
        if (!code) {
            code = report_write(report, &how, file, error);
        }
        attach(order, "bulletin", how.format);
    }
    return code;
}

static int make_payment(struct order *order, const struct report_sources *sources,
                        const char *language, struct error *error)
{
    struct payment_sheet sheet;
    int code = payment_make(sources, &order->period, language, order->now_ms, order->arena,
                            &sheet, error);
    for (int i = 0; i < REPORT_FORMAT_COUNT && !code; i++) {
        struct report_write how = {.format = (enum report_format)i,
                                   .directory = db_store_folder(order->keeper->api->store)};
        if (order->mailing->formats & 1U << i) {
            code = payment_write(&sheet, &how, &order->files[i], error);
            attach(order, "payment", how.format);
        }
    }
    for (size_t i = 0; !code && i < sheet.company_count; i++) {
        buffer_format(&order->words, "%s  %.2f %s\n", sheet.companies[i].name,
                      sheet.companies[i].total, sheet.companies[i].currency);
    }
    buffer_append_char(&order->words, '\n');
    order->subject = arena_format(order->arena, "%s %s",
                                  city_name(order->snapshot, language), order->period.code);
    return code ? code : buffer_check(&order->words, error);
}

static int make_report(struct order *order, struct error *error)
{
    DB_READER_CLEANUP struct db *cases = NULL;
    DB_READER_CLEANUP struct db *city_db = NULL;
    struct db_store *store = order->keeper->api->store;
    struct actor actor = actor_system();
    const char *language = order->mailing->language[0] ? order->mailing->language
                                                       : city_language(order->snapshot, 0);
    struct report *report = arena_alloc(order->arena, sizeof(*report));
    int code = db_reader_borrow(store, order->city->slug, DB_CASES, &cases, error);
    if (!code) {
        code = db_reader_borrow(store, order->city->slug, DB_CITY, &city_db, error);
    }
    struct report_sources sources = {.cases = cases,
                                     .city_db = city_db,
                                     .facts = order->city->facts,
                                     .media = order->city->media,
                                     .city = order->snapshot,
                                     .actor = &actor};
    if (!code && order->mailing->payment) {
        return make_payment(order, &sources, language, error);
    }
    if (!code) {
        code = report_make(&sources, &order->period, language, order->now_ms, order->arena,
                           report, error);
    }
    if (code) {
        return code;
    }
    report_words(report, &order->words);
    order->subject = arena_format(order->arena, "%s %s", report->city, order->period.code);
    code = write_files(order, &sources, report, error);
    report_done(report);
    return code ? code : buffer_check(&order->words, error);
}

static int spool(struct order *order, struct error *error)
{
    const struct api_options *options = &order->keeper->api->options;
    int code = 0;
    for (size_t i = 0; i < order->mailing->address_count && !code; i++) {
        struct mail mail = {.from = options->mail_from,
                            .from_name =
                                city_name(order->snapshot, order->mailing->language),
                            .to = order->mailing->addresses[i],
                            .subject = order->subject,
                            .text = order->words.data,
                            .id = arena_format(order->arena, "%s-%zu", order->key, i + 1),
                            .date_ms = order->now_ms,
                            .attachment_count = order->count,
                            .attachments = order->attachments};
        code = mail_spool_add(order->keeper->folder, order->key, (unsigned)i + 1, &mail,
                              error);
    }
    return code;
}

static int carry_out(struct order *order, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(MAIL_ARENA);
    order->arena = arena;
    buffer_init(&order->words, BUFFER_CEILING_REPLY);
    for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
        buffer_init(&order->files[i], BUFFER_CEILING_REPLY);
    }
    int code = make_report(order, error);
    if (!code) {
        code = spool(order, error);
    }
    buffer_done(&order->words);
    for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
        buffer_done(&order->files[i]);
    }
    return code;
}

// ---- what is due ----

// The last period that has ended, when its report is due and not long past.
static bool is_due(struct order *order)
{
    const struct calendar *calendar = city_calendar(order->snapshot, 0);
    int64_t today = calendar_day(calendar, order->now_ms);
    report_period_of(order->mailing->every, today, &order->period);
    report_period_of(order->mailing->every, order->period.before_from, &order->period);
    int64_t due_day = order->period.to_day + order->mailing->day;
    int64_t due_ms = zone_instant(calendar_zone(calendar), due_day,
                                  (int64_t)order->mailing->minute * 60000);
    return order->now_ms >= due_ms && today - due_day <= LATE_DAYS;
}

static int send_mailing(struct order *order, struct error *error)
{
    struct claim claim = {.name = order->key};
    char name[KEY_SIZE];
    bool is_free = false;
    if (!is_due(order) ||
        text_format(order->key, sizeof(order->key), "%.63s-%.63s-%.23s", order->city->slug,
                    order->mailing->code, order->period.code) ||
        text_format(name, sizeof(name), "report.%.180s", order->key) ||
        text_format(claim.value, sizeof(claim.value), "claimed %lld %d",
                    (long long)order->now_ms, (int)getpid())) {
        return 0;
    }
    claim.name = name;
    int code = read_claim(order->keeper, &claim, order->now_ms, &is_free, error);
    if (!code && is_free) {
        code = in_lane(order->keeper, claim_work, &claim, error);
    }
    if (code || !is_free || !claim.ours) {
        return code;
    }
    code = carry_out(order, error);
    if (!code) {
        snprintf(claim.value, sizeof(claim.value), "made %lld", (long long)order->now_ms);
        code = in_lane(order->keeper, note_work, &claim, error);
        order->keeper->send_us = 0;
        log_event(LOG_INFO, "report.made", "city=%s mailing=%s period=%s to=%zu",
                  order->city->slug, order->mailing->code, order->period.code,
                  order->mailing->address_count);
    }
    return code;
}

static int look_at_city(struct mail_keeper *keeper, struct api_city *city,
                        struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    bool has = false;
    int code = db_reader_borrow(keeper->api->store, city->slug, DB_CITY, &db, error);
    if (!code) {
        code = city_has_mailings(db, &has, error);
    }
    if (code || !has) {
        return code;
    }
    code = api_city_open(keeper->api, city, error);
    if (code) {
        return code;
    }
    struct order *order = memory_new(sizeof(*order));
    struct city_snapshot *snapshot = api_city_snapshot(keeper->api, city);
    const struct report_plan *plan = city_report_plan(snapshot);
    for (size_t i = 0; i < report_plan_mailings(plan) && !atomic_load(&keeper->stop); i++) {
        struct error failure = {0};
        *order = (struct order){.keeper = keeper,
                                .city = city,
                                .snapshot = snapshot,
                                .mailing = report_plan_mailing(plan, i),
                                .now_ms = instant_now_ms()};
        if (send_mailing(order, &failure)) {
            log_event(LOG_WARNING, "report.failed",
                      "city=%s mailing=%s code=%s text=\"%s\"", city->slug,
                      order->mailing->code, failure.slug, failure.message);
        }
    }
    city_snapshot_free(snapshot);
    free(order);
    return 0;
}

struct list {
    struct api *api;
    size_t count;
    struct api_city *cities[CITIES_MOST];
};

static void take_city(void *context, struct api_city *city)
{
    struct list *list = context;
    if (list->count < CITIES_MOST) {
        list->cities[list->count++] = api_city_ref(list->api, city);
    }
}

static void look(struct mail_keeper *keeper)
{
    struct list *list = memory_new(sizeof(*list));
    list->api = keeper->api;
    api_cities_each(keeper->api, take_city, list);
    for (size_t i = 0; i < list->count; i++) {
        struct error error = {0};
        if (!atomic_load(&keeper->stop) && look_at_city(keeper, list->cities[i], &error)) {
            log_event(LOG_WARNING, "report.look", "city=%s code=%s text=\"%s\"",
                      list->cities[i]->slug, error.slug, error.message);
        }
        api_city_unref(keeper->api, list->cities[i]);
    }
    log_event(LOG_DEBUG, "report.looked", "cities=%zu", list->count);
    free(list);
}

// ---- sending ----

static void send(struct mail_keeper *keeper)
{
    struct error error = {0};
    struct mail_sweep sweep = {0};
    int code = mail_spool_send(keeper->folder, &keeper->api->options.mail, instant_now_ms(),
                               &sweep, &error);
    bool down = !code && sweep.later > 0;
    if (code || down || sweep.refused > 0) {
        const struct error *why = code ? &error : &sweep.trouble;
        log_event(LOG_WARNING, "mail.trouble", "later=%u refused=%u code=%s text=\"%s\"",
                  sweep.later, sweep.refused, why->slug, why->message);
    }
    if (sweep.sent > 0) {
        log_event(LOG_INFO, "mail.sent", "count=%u", sweep.sent);
    }
    keeper->wait_ms = !down                                ? SEND_MS
                      : keeper->wait_ms < SEND_MOST_MS / 2 ? keeper->wait_ms * 2
                                                           : SEND_MOST_MS;
    keeper->send_us = instant_monotonic_us() + keeper->wait_ms * 1000;
}

static void *keeper_run(void *context)
{
    struct mail_keeper *keeper = context;
    pid_t thread = (pid_t)syscall(SYS_gettid);
    (void)setpriority(PRIO_PROCESS, (id_t)thread, NICE); // people first; no error if not
    while (!atomic_load(&keeper->stop)) {
        if (instant_monotonic_us() >= keeper->look_us) {
            look(keeper);
            keeper->look_us = instant_monotonic_us() + (int64_t)LOOK_MS * 1000;
        }
        if (!atomic_load(&keeper->stop) && instant_monotonic_us() >= keeper->send_us) {
            send(keeper);
        }
        instant_sleep_ms(NAP_MS);
    }
    return NULL;
}

int api_mails_start(struct api *api, struct error *error)
{
    if (!api->options.mail.host || !api->options.mail.host[0]) {
        return 0; // nothing is mailed here
    }
    int code = mail_address_check(api->options.mail_from, error);
    if (code) {
        return error_prefix(error, "mail-from");
    }
    struct mail_keeper *keeper = memory_new(sizeof(*keeper));
    keeper->api = api;
    keeper->wait_ms = SEND_MS;
    keeper->look_us = instant_monotonic_us() + (int64_t)FIRST_LOOK_MS * 1000;
    api->mails = keeper;
    code = file_path(keeper->folder, sizeof(keeper->folder), db_store_folder(api->store),
                     "mail", error);
    if (!code && pthread_create(&keeper->thread, NULL, keeper_run, keeper)) {
        code = error_set(error, ERROR_IO, "mail.start", "no thread for mails");
    }
    keeper->started = !code;
    return code;
}

void api_mails_stop(struct api *api)
{
    struct mail_keeper *keeper = api->mails;
    if (keeper && keeper->started) {
        atomic_store(&keeper->stop, true);
        pthread_join(keeper->thread, NULL);
        keeper->started = false;
    }
}

void api_mails_free(struct api *api)
{
    free(api->mails);
    api->mails = NULL;
}

void api_mails_health(struct api *api, struct health *out)
{
    struct mail_spool_state state;
    struct error error = {0};
    char folder[4096];
    int64_t now_ms = instant_now_ms();
    if (file_path(folder, sizeof(folder), db_store_folder(api->store), "mail", &error) ||
        mail_spool_state(folder, &state, &error)) {
        health_add(out, "mail", HEALTH_WARNING, "the spool cannot be read: %s",
                   error.message);
        return;
    }
    if (!api->mails && state.waiting == 0 && state.failed == 0) {
        return; // nothing is mailed here
    }
    int64_t hours = state.oldest_ms == INSTANT_NONE
                        ? 0
                        : (now_ms - state.oldest_ms) / ((int64_t)3600 * 1000);
    health_add(out, "mail", state.failed > 0 || hours >= 2 ? HEALTH_WARNING : HEALTH_OK,
               "%u wait to be sent, the oldest for %lld h; %u were given up (%s)",
               state.waiting, (long long)hours, state.failed, folder);
}
