// SPDX-License-Identifier: MPL-2.0
// gridcase serve: opens the data folder and serves it until it is told to stop.
// gridcase config: prints the settings that serve would use, and where each comes from.
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/api/api.h>
#include <gridcase/api/health.h>
#include <gridcase/backup/copy.h>
#include <gridcase/cli/cli.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/log.h>
#include <gridcase/core/option.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>
#include <gridcase/http/asset.h>
#include <gridcase/http/server.h>

#include "settings.h"

enum {
    PATH_SIZE = 1024,
    CONTROL_CONNECTIONS = 64,
    OPS_CONNECTIONS = 64,
    REDIRECT_CONNECTIONS = 256
};

struct serve {
    char mail_password[256];
    struct options *options;
    const char *data;
    char spool[PATH_SIZE];
    char control[PATH_SIZE];
    char health_address[64];
    uint16_t health_port;
    struct db_store *store;
    struct http_assets *assets;
    struct api *api;
    struct http_server *public_server;
    struct http_server *ops_server;
    struct http_server *control_server;
    struct http_server *redirect_server;
    char version[64];
};

// ---- settings ----

int cli_settings(int *argc, char **argv, const char *data, struct options *options,
                 struct error *error)
{
    char path[PATH_SIZE];
    const char *named = cli_option(argc, argv, "--config");
    int code = file_path(path, sizeof(path), data, "gridcase.ini", error);
    if (!code && (named || file_exists(path))) {
        code = options_read_file(options, named ? named : path, error);
    }
    if (!code) {
        code = options_read_environment(options, error);
    }
    if (!code) {
        code = options_read_flags(options, argc, argv, error);
    }
    return code;
}

static int set_log_level(const struct options *options, struct error *error)
{
    static const char *const names[LOG_LEVEL_COUNT] = {"debug", "info", "warning", "error"};
    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(options_text(options, OPTION_LOG), names[i]) == 0) {
            log_set_level((enum log_level)i);
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "option.invalid",
                     "log is debug, info, warning or error");
}

// "127.0.0.1:9180", "[::1]:9180"
static int read_health(struct serve *serve, struct error *error)
{
    const char *text = options_text(serve->options, OPTION_HEALTH);
    const char *colon = strrchr(text, ':');
    bool brackets = text[0] == '[' && colon && colon > text && colon[-1] == ']';
    size_t length = colon ? (size_t)(colon - text) - (brackets ? 2 : 0) : 0;
    int64_t port = 0;
    struct error ignored = {0};
    if (!colon || length >= sizeof(serve->health_address) ||
        text_to_int(colon + 1, strlen(colon + 1), &port, &ignored) || port < 0 ||
        port > 65535) {
        return error_set(error, ERROR_INPUT, "option.invalid", "health is ADDRESS:PORT");
    }
    memcpy(serve->health_address, text + brackets, length);
    serve->health_address[length] = '\0';
    serve->health_port = (uint16_t)port;
    return 0;
}

static const char *listen_address(const struct options *options)
{
    return options_flag(options, OPTION_LAN) ? "0.0.0.0"
                                             : options_text(options, OPTION_ADDRESS);
}

static bool is_loopback(const char *address)
{
    return text_starts(address, "127.") || text_equal(address, "::1");
}

// ---- starting ----

static int empty_spool(const char *folder, struct error *error)
{
    int code = file_make_directory(folder, error);
    DIR *listing = code ? NULL : opendir(folder);
    if (!listing) {
        return code ? code : error_errno(error, "serve.spool", folder);
    }
    struct dirent *item;
    while ((item = readdir(listing))) { // what an earlier run left
        if (text_starts(item->d_name, "spool-")) {
            unlinkat(dirfd(listing), item->d_name, 0);
        }
    }
    closedir(listing);
    return 0;
}

// The folder with the pages: as set, or where they stand beside the program.
static bool find_web(const struct options *options, char *out, size_t size)
{
    static const char *const places[] = {"web", "../share/gridcase/web"};
    const char *set = options_text(options, OPTION_WEB);
    if (set[0]) {
        return text_format(out, size, "%s", set) == 0;
    }
    char program[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash = length > 0 ? memrchr(program, '/', (size_t)length) : NULL;
    if (!slash) {
        return false;
    }
    *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char index[PATH_SIZE];
        if (text_format(out, size, "%s/%s", program, places[i]) == 0 &&
            text_format(index, sizeof(index), "%s/console/index.html", out) == 0 &&
            file_exists(index)) {
            return true;
        }
    }
    return false;
}

// What a page compares to notice that the server has become another: the program's version
// and what its pages are made of.
static void name_version(struct serve *serve)
{
    char digest[HTTP_ASSETS_DIGEST_SIZE] = "";
    if (serve->assets) {
        http_assets_digest(serve->assets, digest);
    }
    snprintf(serve->version, sizeof(serve->version), "%s%s%s", GRIDCASE_VERSION,
             digest[0] ? "+" : "", digest);
}

static void tell_replicas(struct serve *serve)
{
    struct health *health = memory_new(sizeof(*health));
    health_init(health);
    health_store(health, serve->store);
    if (health_worst(health) > HEALTH_OK) {
        log_event(LOG_WARNING, "store.replicas", "text=\"%s\"", health->items[0].text);
    }
    free(health);
}

static void log_settled(void *context, const char *slug)
{
    (void)context;
    log_event(LOG_INFO, "city.moved_here", "city=%s", slug);
}

// Cities that were handed over to this store by a command that died before its last word.
static void settle_moves(struct serve *serve)
{
    struct error error = {0};
    if (copy_settle(serve->store, NULL, log_settled, NULL, &error)) {
        log_event(LOG_WARNING, "city.move_unsettled", "code=%s text=\"%s\"", error.slug,
                  error.message);
    }
}

static int open_data(struct serve *serve, struct error *error)
{
    db_connections_limit((unsigned)options_int(serve->options, OPTION_STORE_CONNECTIONS),
                         options_int(serve->options, OPTION_STORE_CONNECTION_AGE_S) * 1000);
    int code = db_store_open(serve->data, DB_STORE_CREATE, &serve->store, error);
    if (!code) {
        tell_replicas(serve);
        settle_moves(serve);
        code = file_path(serve->spool, sizeof(serve->spool), serve->data, "spool", error);
    }
    if (!code) {
        code = file_path(serve->control, sizeof(serve->control), serve->data,
                         "control.sock", error);
    }
    if (!code) {
        code = empty_spool(serve->spool, error);
    }
    char web[PATH_SIZE];
    if (!code && find_web(serve->options, web, sizeof(web))) {
        code = http_assets_read(web, &serve->assets, error);
    }
    name_version(serve);
    return code;
}

static void read_media_limits(const struct options *from, struct media_limits *limits)
{
    limits->bytes_most[MEDIA_PHOTO] = options_int(from, OPTION_PHOTO_BYTES);
    limits->bytes_most[MEDIA_SOUND] = options_int(from, OPTION_SOUND_BYTES);
    limits->bytes_most[MEDIA_VIDEO] = options_int(from, OPTION_VIDEO_BYTES);
    limits->bytes_most[MEDIA_DOCUMENT] = options_int(from, OPTION_DOCUMENT_BYTES);
    limits->free_percent = (int)options_int(from, OPTION_MEDIA_FREE_PERCENT);
    limits->photo_free_percent = (int)options_int(from, OPTION_PHOTO_FREE_PERCENT);
    limits->upload_bytes_person = options_int(from, OPTION_UPLOAD_BYTES_PERSON);
    limits->upload_bytes_city = options_int(from, OPTION_UPLOAD_BYTES_CITY);
    limits->upload_life_ms = options_int(from, OPTION_UPLOAD_LIFE_H) * 3600 * 1000;
}

static const char *text_or_null(const struct options *options, enum option_id id)
{
    const char *text = options_text(options, id);
    return text[0] ? text : NULL;
}

static int read_mail(struct serve *serve, struct api_options *options, struct error *error)
{
    const struct options *from = serve->options;
    const char *file = options_text(from, OPTION_MAIL_PASSWORD_FILE);
    int security = mail_security_from_str(options_text(from, OPTION_MAIL_SECURITY));
    BUFFER_CLEANUP struct buffer password;
    buffer_init(&password, BUFFER_CEILING_LINE);
    if (security < 0) {
        return error_set(error, ERROR_INPUT, "option.invalid",
                         "mail-security is starttls, tls or none");
    }
    if (file[0] && file_read(file, &password, error)) {
        return error->code;
    }
    size_t length = password.data ? strcspn(password.data, "\r\n") : 0;
    if (text_format(serve->mail_password, sizeof(serve->mail_password), "%.*s", (int)length,
                    password.data ? password.data : "")) {
        return error_set(error, ERROR_INPUT, "option.invalid",
                         "mail-password-file: the first line is too long");
    }
    options->mail_from = options_text(from, OPTION_MAIL_FROM);
    options->mail =
        (struct mail_server){.host = options_text(from, OPTION_MAIL_SERVER),
                             .security = (enum mail_security)security,
                             .user = options_text(from, OPTION_MAIL_USER),
                             .password = serve->mail_password,
                             .authority = options_text(from, OPTION_MAIL_AUTHORITY),
                             .timeout_ms = 60 * 1000};
    return 0;
}

static int start_api(struct serve *serve, struct error *error)
{
    const struct options *from = serve->options;
    struct api_options options;
    api_options_init(&options);
    options.store = serve->store;
    options.assets = serve->assets;
    options.workers = (unsigned)options_int(from, OPTION_WORKERS);
    options.worker_queue = (unsigned)options_int(from, OPTION_WORKER_QUEUE);
    options.cities_open = (unsigned)options_int(from, OPTION_CITIES_OPEN);
    options.city_idle_ms = options_int(from, OPTION_CITY_IDLE_S) * 1000;
    read_media_limits(from, &options.media);
    options.store_listen = text_or_null(from, OPTION_STORE_LISTEN);
    options.backup_to = options_text(from, OPTION_BACKUP_TO);
    options.backup_every_ms = options_int(from, OPTION_BACKUP_EVERY_H) * 3600 * 1000;
    options.backup_keep = (unsigned)options_int(from, OPTION_BACKUP_KEEP);
    options.backup_bytes_per_s = options_int(from, OPTION_BACKUP_MB_PER_S) * 1000000;
    health_limits_from(from, &options.health);
    int code = read_mail(serve, &options, error);
    return code ? code : api_new(&options, &serve->api, error);
}

static int refuse_demo(struct serve *serve, struct error *error)
{
    int has = 0;
    if (is_loopback(listen_address(serve->options)) ||
        options_flag(serve->options, OPTION_DEMO_LOGINS)) {
        return 0;
    }
    int code = api_has_demo_logins(serve->api, &has, error);
    if (!code && has) {
        code = error_set(error, ERROR_DENIED, "serve.demo_logins",
                         "a city has demo logins: only loopback, unless --demo-logins is "
                         "given");
    }
    return code;
}

static int start_redirect(struct serve *serve, struct error *error)
{
    struct http_server_options options;
    int64_t port = options_int(serve->options, OPTION_TLS_REDIRECT_PORT);
    if (port == 0 || !text_or_null(serve->options, OPTION_TLS_CERTIFICATE)) {
        return 0;
    }
    http_server_options_init(&options);
    options.address = listen_address(serve->options);
    options.port = (uint16_t)port;
    options.threads = 1;
    options.connections = REDIRECT_CONNECTIONS;
    struct http_app app = api_redirect_app(serve->api);
    return http_server_start(&options, &app, &serve->redirect_server, error);
}

static int start_servers(struct serve *serve, struct error *error)
{
    const struct options *from = serve->options;
    struct http_server_options options;
    http_server_options_init(&options);
    options.address = listen_address(from);
    options.port = (uint16_t)options_int(from, OPTION_PORT);
    options.threads = (unsigned)options_int(from, OPTION_THREADS);
    options.connections = (unsigned)options_int(from, OPTION_CONNECTIONS);
    options.idle_s = (unsigned)options_int(from, OPTION_IDLE_S);
    options.headers_s = (unsigned)options_int(from, OPTION_HEADERS_S);
    options.trusted_proxies = options_text(from, OPTION_TRUSTED_PROXY);
    options.tls_certificate = text_or_null(from, OPTION_TLS_CERTIFICATE);
    options.tls_key = text_or_null(from, OPTION_TLS_KEY);
    options.hsts_s = (unsigned)options_int(from, OPTION_TLS_HSTS_S);
    options.version = serve->version;
    options.spool_folder = serve->spool;
    struct http_app app = api_app(serve->api);
    int code = http_server_start(&options, &app, &serve->public_server, error);
    if (!code) {
        api_set_server(serve->api, serve->public_server);
        http_server_options_init(&options);
        options.address = serve->health_address;
        options.port = serve->health_port;
        options.threads = 1;
        options.connections = OPS_CONNECTIONS;
        app = api_ops_app(serve->api);
        code = http_server_start(&options, &app, &serve->ops_server, error);
    }
    if (!code) {
        http_server_options_init(&options);
        options.address = NULL;
        options.unix_path = serve->control;
        options.threads = 1;
        options.connections = CONTROL_CONNECTIONS;
        app = api_control_app(serve->api);
        code = http_server_start(&options, &app, &serve->control_server, error);
    }
    if (!code) {
        code = start_redirect(serve, error);
    }
    return code;
}

static int start(struct serve *serve, struct error *error)
{
    int code = open_data(serve, error);
    if (!code) {
        code = start_api(serve, error);
    }
    if (!code) {
        code = refuse_demo(serve, error);
    }
    if (!code) {
        code = start_servers(serve, error);
    }
    return code;
}

// ---- stopping ----

// No new connections, streams end, requests in work are answered; then what answered them.
static void stop(struct serve *serve)
{
    serve->redirect_server =
        http_server_free(serve->redirect_server); // it asks for the port
    if (serve->public_server) {
        http_server_quiesce(serve->public_server);
    }
    if (serve->api) {
        api_quiesce(serve->api);
        api_set_server(serve->api, NULL);
    }
    serve->control_server = http_server_free(serve->control_server);
    serve->public_server = http_server_free(serve->public_server);
    serve->ops_server = http_server_free(serve->ops_server);
    serve->api = api_free(serve->api);
    serve->assets = http_assets_free(serve->assets);
    serve->store = db_store_close(serve->store);
}

// SIGHUP: a new certificate is there, look at once.
static void wait_for_end(struct serve *serve)
{
    sigset_t set;
    int number = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    while (sigwait(&set, &number) == 0 && number == SIGHUP) {
        http_server_tls_look(serve->public_server);
    }
    log_event(LOG_INFO, "server.stopping", "signal=%d", number);
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL); // before any thread is made
}

static void log_upgrade(void *context, const char *copy)
{
    (void)context;
    log_event(LOG_WARNING, "store.upgrade",
              "copy=\"%s\" text=\"an older database is "
              "upgraded; as it was it is kept\"",
              copy);
}

static int run_serve(int argc, char **argv, struct error *error)
{
    struct serve serve = {.data = cli_data_folder(&argc, argv), .options = options_new()};
    block_signals();
    db_on_upgrade(log_upgrade, NULL);
    int code = cli_store(&argc, argv, serve.data, error);
    if (!code) {
        code = cli_settings(&argc, argv, serve.data, serve.options, error);
    }
    if (!code) {
        code = cli_words(argc, argv, 0, 0, error);
    }
    if (!code) {
        code = set_log_level(serve.options, error);
    }
    if (!code) {
        code = read_health(&serve, error);
    }
    uint64_t descriptors = http_raise_descriptor_limit();
    if (!code) {
        code = start(&serve, error);
    }
    if (!code) {
        log_event(LOG_INFO, "server.listening",
                  "address=%s port=%u health_port=%u descriptors=%llu data=\"%s\"",
                  listen_address(serve.options),
                  (unsigned)http_server_port(serve.public_server),
                  (unsigned)http_server_port(serve.ops_server),
                  (unsigned long long)descriptors, serve.data);
        printf("listening on %s://%s:%u/\n",
               text_or_null(serve.options, OPTION_TLS_CERTIFICATE) ? "https" : "http",
               is_loopback(listen_address(serve.options)) ? listen_address(serve.options)
                                                          : "127.0.0.1",
               (unsigned)http_server_port(serve.public_server));
        fflush(stdout);
        wait_for_end(&serve);
    }
    stop(&serve);
    options_free(serve.options);
    return code;
}

static int run_config(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct options *options = options_new();
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_LINE);
    int code = cli_settings(&argc, argv, data, options, error);
    if (!code) {
        code = cli_words(argc, argv, 0, 0, error);
    }
    if (!code) {
        options_write(options, &out);
        fputs(out.data, stdout);
    }
    options_free(options);
    return code;
}

const struct cli_command cli_serve_commands[] = {
    {"serve", NULL, "[--port N] [--lan] [--web FOLDER] [--config FILE] [--SETTING VALUE]",
     "serve the cities of a data folder", run_serve},
    {"config", NULL, "[--config FILE] [--SETTING VALUE]",
     "print the settings that serve would use, and where each comes from", run_config},
    {0},
};
