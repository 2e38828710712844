// SPDX-License-Identifier: MPL-2.0
// Moving open cases to the process in force, for a command, in the server that owns the
// data folder: slice after slice in the writer lane, so that nobody waits for all of them.
#include <string.h>

#include <gridcase/cases/process_move.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { MAP_BYTES = 32 * 1024 };

static int read_map(const struct json *body, struct table **ret_map, struct error *error)
{
    const char *text = NULL;
    int code = json_get_text(body, "map", JSON_OPTIONAL, MAP_BYTES, &text, error);
    return code || !text
               ? code
               : table_parse_csv("map", "map", text, strlen(text), ret_map, error);
}

static int carry_out(struct api_call *call, struct api_city *city, struct error *error)
{
    const struct json *body = NULL;
    struct table *map TABLE_CLEANUP = NULL;
    BUFFER_CLEANUP struct buffer out;
    struct process_move_order order = {.stop = &call->api->stopping};
    buffer_init(&out, BUFFER_CEILING_REPLY);
    int code = api_city_open(call->api, city, error);
    if (!code) {
        code = api_body(call, &body, error);
    }
    if (!code) {
        code = json_get_bool(body, "dry", JSON_OPTIONAL, &order.dry, error);
    }
    if (!code) {
        code = read_map(body, &map, error);
    }
    if (code) {
        return code;
    }
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot =
        api_city_snapshot(call->api, city);
    order.map = map;
    code = process_move_all(city->lane, snapshot, &order, call->now_ms, &out, error);
    if (!code) {
        http_reply_buffer(call->request, 200, "text/plain; charset=utf-8", &out);
    }
    return code;
}

int control_process(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct api_city *city = NULL;
    int code = control_city(call, &city, error);
    if (!code) {
        code = carry_out(call, city, error);
    }
    api_city_unref(call->api, city);
    return code;
}
