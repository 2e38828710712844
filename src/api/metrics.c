// SPDX-License-Identifier: MPL-2.0
// Figures for Prometheus, text format 0.0.4. No names of people, no case numbers.
#include <stdlib.h>

#include "api_internal.h"

enum { BUCKETS = 10, ROUTES_MOST = 128 };

static const int64_t bucket_us[BUCKETS] = {500,   1000,  2500,   5000,   10000,
                                           25000, 50000, 100000, 500000, 2500000};

struct route_figures {
    atomic_ullong by_class[6]; // status / 100
    atomic_ullong duration_us;
};

struct mode_figures {
    atomic_ullong buckets[BUCKETS + 1];
    atomic_ullong duration_us;
    atomic_ullong count;
};

struct metrics {
    struct route_figures routes[ROUTES_MOST];
    struct mode_figures modes[API_SLOW + 1];
};

struct metrics *metrics_new(void)
{
    return memory_new(sizeof(struct metrics));
}

struct metrics *metrics_free(struct metrics *metrics)
{
    free(metrics);
    return NULL;
}

void metrics_count(struct metrics *metrics, const struct api_route *route, unsigned status,
                   int64_t duration_us)
{
    struct mode_figures *mode = &metrics->modes[route->mode];
    size_t bucket = 0;
    while (bucket < BUCKETS && duration_us > bucket_us[bucket]) {
        bucket++;
    }
    atomic_fetch_add(&mode->buckets[bucket], 1);
    atomic_fetch_add(&mode->count, 1);
    atomic_fetch_add(&mode->duration_us, (unsigned long long)duration_us);
    if (route >= api_routes && route < api_routes + api_route_count) {
        size_t index = (size_t)(route - api_routes);
        if (index < ROUTES_MOST) {
            struct route_figures *figures = &metrics->routes[index];
            atomic_fetch_add(&figures->by_class[status / 100 < 6 ? status / 100 : 5], 1);
            atomic_fetch_add(&figures->duration_us, (unsigned long long)duration_us);
        }
    }
}

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buffer *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    head(out, name, type, help);
    buffer_format(out, "%s %llu\n", name, (unsigned long long)value);
}

static void write_routes(const struct metrics *metrics, struct buffer *out)
{
    head(out, "gridcase_requests_total", "counter",
         "API requests by operation and status.");
    for (size_t i = 0; i < api_route_count && i < ROUTES_MOST; i++) {
        for (unsigned class = 0; class < 6; class ++) {
            unsigned long long count = atomic_load(&metrics->routes[i].by_class[class]);
            if (count > 0) {
                buffer_format(out,
                              "gridcase_requests_total{operation=\"%s\",status=\"%uxx\"} "
                              "%llu\n",
                              api_routes[i].operation, class, count);
            }
        }
    }
}

static void write_modes(const struct metrics *metrics, struct buffer *out)
{
    static const char *const names[] = {"read", "write", "slow"};
    head(out, "gridcase_request_seconds", "histogram", "Time from headers to last byte.");
    for (size_t i = 0; i <= API_SLOW; i++) {
        unsigned long long sum = 0;
        for (size_t b = 0; b < BUCKETS; b++) {
            sum += atomic_load(&metrics->modes[i].buckets[b]);
            buffer_format(out,
                          "gridcase_request_seconds_bucket{mode=\"%s\",le=\"%g\"} %llu\n",
                          names[i], (double)bucket_us[b] / 1e6, sum);
        }
        unsigned long long count = atomic_load(&metrics->modes[i].count);
        buffer_format(out,
                      "gridcase_request_seconds_bucket{mode=\"%s\",le=\"+Inf\"} %llu\n"
                      "gridcase_request_seconds_sum{mode=\"%s\"} %.6f\n"
                      "gridcase_request_seconds_count{mode=\"%s\"} %llu\n",
                      names[i], count, names[i],
                      (double)atomic_load(&metrics->modes[i].duration_us) / 1e6, names[i],
                      count);
    }
}

struct city_lines {
    struct api *api;
    struct buffer *out;
    struct db_lane_counters sum; // over the open cities
};

static void write_lane(void *context, struct api_city *city)
{
    struct city_lines *lines = context;
    struct db_lane_counters counters = {0};
    bool open = api_city_is_open(lines->api, city);
    buffer_format(lines->out, "gridcase_city_open{city=\"%s\"} %d\n", city->slug, open);
    if (!open) {
        return;
    }
    db_lane_count(city->lane, &counters);
    lines->sum.commits += counters.commits;
    lines->sum.syncs += counters.syncs;
    lines->sum.checkpoints += counters.checkpoints;
    const struct {
        const char *name;
        uint64_t value;
    } list[] = {
        {"jobs_total", counters.jobs},
        {"failed_total", counters.failed},
        {"repeated_total", counters.repeated},
        {"batches_total", counters.batches},
        {"commits_total", counters.commits},
        {"syncs_total", counters.syncs},
        {"checkpoints_total", counters.checkpoints},
        {"waiting", counters.waiting[DB_PEOPLE] + counters.waiting[DB_MACHINES]},
        {"log_pages", counters.log_pages},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        buffer_format(lines->out, "gridcase_lane_%s{city=\"%s\"} %llu\n", list[i].name,
                      city->slug, (unsigned long long)list[i].value);
    }
    buffer_format(lines->out,
                  "gridcase_search_complete{city=\"%s\"} %d\n"
                  "gridcase_search_behind_changes{city=\"%s\"} %lld\n"
                  "gridcase_search_behind_seconds{city=\"%s\"} %.3f\n",
                  city->slug, atomic_load(&city->search_complete) ? 1 : 0, city->slug,
                  (long long)atomic_load(&city->search_behind), city->slug,
                  (double)atomic_load(&city->search_behind_ms) / 1e3);
    buffer_format(lines->out, "gridcase_lane_commit_worst_seconds{city=\"%s\"} %.6f\n",
                  city->slug, (double)counters.commit_worst_us / 1e6);
}

static void write_server(struct api *api, struct buffer *out)
{
    struct http_server_figures figures;
    struct http_server *server = api_server(api);
    if (!server) {
        return;
    }
    http_server_figures(server, &figures);
    one(out, "gridcase_http_requests_total", "counter", "HTTP requests.", figures.requests);
    one(out, "gridcase_http_accepted_total", "counter", "Connections accepted.",
        figures.connections);
    one(out, "gridcase_http_connections", "gauge", "Open connections.", figures.open);
    one(out, "gridcase_http_deferred", "gauge", "Requests waiting for another thread.",
        figures.deferred);
    one(out, "gridcase_http_cut_total", "counter", "Connections cut for slowness.",
        figures.cut);
    one(out, "gridcase_http_streams", "gauge", "Event streams.", figures.streams);
}

static void write_connections(struct api *api, struct buffer *out)
{
    struct db_connection_counters counters;
    db_connections_count(api->store, &counters);
    if (counters.most == 0) { // the store's engine has files
        return;
    }
    one(out, "gridcase_store_connections", "gauge", "Connections to the database server.",
        counters.open);
    one(out, "gridcase_store_connections_most", "gauge", "As many as there may be.",
        counters.most);
    one(out, "gridcase_store_connections_in_use", "gauge", "Those in a transaction.",
        counters.in_use);
    one(out, "gridcase_store_connections_opened_total", "counter", "Connections made.",
        counters.opened);
    one(out, "gridcase_store_connections_retired_total", "counter",
        "Connections closed for their age.", counters.retired);
    one(out, "gridcase_store_connection_waits_total", "counter",
        "Times that a connection was waited for.", counters.waits);
    head(out, "gridcase_store_connection_wait_worst_seconds", "gauge", "Longest wait.");
    buffer_format(out, "gridcase_store_connection_wait_worst_seconds %.6f\n",
                  (double)counters.wait_worst_us / 1e6);
}

void metrics_write(struct api *api, struct buffer *out)
{
    struct db_store_counters store = {0};
    struct city_lines lines = {.api = api, .out = out};
    head(out, "gridcase_info", "gauge", "Version.");
    buffer_format(out, "gridcase_info{version=\"%s\"} 1\n", GRIDCASE_VERSION);
    one(out, "gridcase_uptime_seconds", "gauge", "Seconds since start.",
        (uint64_t)((instant_now_ms() - api->started_ms) / 1000));
    write_server(api, out);
    write_routes(api->metrics, out);
    write_modes(api->metrics, out);
    db_store_count(api->store, &store);
    one(out, "gridcase_readers_open", "gauge", "Read handles.", store.readers_open);
    one(out, "gridcase_other_servers", "gauge", "1: others work with the same store.",
        db_store_has_others(api->store) ? 1 : 0);
    one(out, "gridcase_readers_idle", "gauge", "Read handles in the pool.",
        store.readers_idle);
    one(out, "gridcase_reads_over_budget_total", "counter",
        "Reads that were repeated in the worker pool.", store.over_budget);
    write_connections(api, out);
    one(out, "gridcase_change_streams", "gauge", "Subscribers.",
        changes_count(api->changes));
    api_health_metrics(api, out);
    api_cities_each(api, write_lane, &lines);
    one(out, "gridcase_commits_total", "counter", "Commits of all open cities.",
        lines.sum.commits);
    one(out, "gridcase_syncs_total", "counter", "Waits for the disk of all open cities.",
        lines.sum.syncs);
    one(out, "gridcase_checkpoints_total", "counter", "Checkpoints of all open cities.",
        lines.sum.checkpoints);
}
