// SPDX-License-Identifier: MPL-2.0
// Vector tiles: of the city's model, kept until another model is loaded; of open cases,
// kept until something changes inside them, a light turns, or somebody sees otherwise.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/points.h>
#include <gridcase/city/tiles.h>
#include <gridcase/core/gzip.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"
#include "tile_cache.h"

enum {
    TILE_FORMAT = 1, // counted up when tiles of the same model come out otherwise
    TILE_CEILING = 4 * 1024 * 1024,
    PACK_STATIC = 6,
    PACK_CASES = 1,
};
static const char TILE_TYPE[] = "application/vnd.mapbox-vector-tile";

// ---- the address ----
static int read_number(const char *text, int64_t *ret, struct error *error)
{
    const size_t length = strlen(text);
    if (length == 0 || length > 10 || strspn(text, "0123456789") != length ||
        text_to_int(text, length, ret, NULL))
        return error_set(error, ERROR_INPUT, "tile.bad_address",
                         "a tile is zoom/column/row in whole numbers");
    return 0;
}

static int read_tile(const char *const *parameters, struct tile_id *ret_tile,
                     struct error *error)
{
    int64_t z = 0, x = 0, y = 0;
    int code = read_number(parameters[0], &z, error);
    if (!code)
        code = read_number(parameters[1], &x, error);
    if (!code)
        code = read_number(parameters[2], &y, error);
    if (code)
        return code;
    if (z > TILE_ZOOM_MOST || x >= INT64_C(1) << z || y >= INT64_C(1) << z)
        return error_set(error, ERROR_NOT_FOUND, "tile.unknown",
                         "there is no such tile: zooms are 0 to %d, columns and rows 0 to "
                         "2^zoom - 1",
                         TILE_ZOOM_MOST);
    *ret_tile = (struct tile_id){(unsigned)z, (uint32_t)x, (uint32_t)y};
    return 0;
}

// Nothing is waited for on an HTTP thread: what is not at hand is made in the pool.
static bool may_wait(const struct api_call *call)
{
    return call->phase == API_PHASE_WORKING;
}

static int go_to_pool(struct error *error)
{
    return error_set(error, ERROR_BUSY, "db.over_budget", "the tile has to be made");
}

// ---- replies ----
// Digits without printf: a kept tile is answered in microseconds, and printf takes several.
static char *put_digits(char *at, uint64_t value, unsigned base)
{
    char digits[32];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (count > 0)
        *at++ = digits[--count];
    *at = '\0';
    return at;
}

static char *put_word(char *at, const char *word)
{
    const size_t length = strlen(word);
    memcpy(at, word, length + 1);
    return at + length;
}

void api_tiles_version(const struct city_snapshot *city, char out[TILES_VERSION_SIZE])
{
    char *at = put_digits(out, (uint64_t)city_model_version(city), 10);
    at = put_digits(put_word(at, "."), (uint64_t)city_model_loaded_ms(city), 16);
    put_digits(put_word(at, "."), TILE_FORMAT, 10);
}

static void entry_done(void *data)
{
    tile_entry_free(data);
}

// Takes the caller's reference: the bytes are sent from where they are kept.
static int reply_entry(struct api_call *call, struct tile_entry *entry, struct error *error)
{
    call->data = entry;
    call->data_done = entry_done;
    if (entry->length == 0) {
        http_reply_empty(call->request, 204);
        return 0;
    }
    if (http_request_accepts(call->request, "gzip")) {
        http_reply_header(call->request, "Content-Encoding", "gzip");
        http_reply_static(call->request, 200, TILE_TYPE, entry->bytes, entry->length);
        return 0;
    }
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, TILE_CEILING);
    int code = gzip_unpack(entry->bytes, entry->length, &body, error);
    if (!code)
        http_reply_buffer(call->request, 200, TILE_TYPE, &body);
    return code;
}

// ETag and what goes with it; true when the client has it already.
static bool reply_has(struct api_call *call, const char *etag)
{
    char quoted[TILES_VERSION_SIZE + 8];
    const bool packed = http_request_accepts(call->request, "gzip");
    put_word(put_word(put_word(quoted, "\""), etag), packed ? "-gz\"" : "\"");
    http_reply_header(call->request, "Vary", "Accept-Encoding");
    return http_reply_not_modified(call->request, quoted);
}

static struct tile_entry *pack(const char *key, size_t key_length,
                               const struct buffer *tile, int level, struct error *error)
{
    BUFFER_CLEANUP struct buffer packed;
    buffer_init(&packed, TILE_CEILING);
    if (tile->length > 0 && gzip_pack(tile->data, tile->length, level, &packed, error))
        return NULL;
    struct tile_entry *entry = tile_entry_new(key, key_length, packed.data, packed.length);
    if (!entry) {
        error_set(error, ERROR_LIMIT, "tile.memory", "out of memory for a tile");
        return NULL;
    }
    uint64_t hash = 14695981039346656037u; // FNV-1a: a tag, not a secret
    for (size_t i = 0; i < tile->length; i++)
        hash = (hash ^ (unsigned char)tile->data[i]) * 1099511628211u;
    snprintf(entry->etag, sizeof(entry->etag), "%016llx", (unsigned long long)hash);
    return entry;
}

// ---- the model's tiles ----
struct static_tile {
    enum city_tile_layer layer;
    size_t level;
    struct tile_id tile;
    char version[TILES_VERSION_SIZE];
    char key[256];
    size_t key_length;
};

static int read_layer(struct api_call *call, struct static_tile *ask, struct error *error)
{
    static const struct {
        const char *name;
        enum city_tile_layer layer;
    } layers[] = {{"grids", CITY_TILE_GRIDS},
                  {"streets", CITY_TILE_STREETS},
                  {"components", CITY_TILE_COMPONENTS}};
    const char *name = call->parameters[0];
    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        if (strcmp(name, layers[i].name) == 0) {
            ask->layer = layers[i].layer;
            return 0;
        }
    }
    if (!text_starts(name, "areas:"))
        return error_set(error, ERROR_NOT_FOUND, "tile.layer_unknown",
                         "layers are areas:LEVEL, grids, streets, components and cases");
    const struct city_level *level =
        city_level_by_code(call->snapshot, name + strlen("areas:"));
    if (!level)
        return error_set(error, ERROR_NOT_FOUND, "area.level_unknown", "no such level");
    ask->layer = CITY_TILE_AREAS;
    ask->level = level->position;
    return 0;
}

// The set of the call's snapshot, one reference. An older one goes when its last user does.
static struct city_tiles *tiles_of(struct api_call *call)
{
    struct city_tiles *old = NULL;
    pthread_mutex_lock(&call->api->lock);
    struct city_tiles *tiles = call->city->tiles;
    if (tiles && city_tiles_city(tiles) == call->snapshot) {
        city_tiles_ref(tiles);
    } else {
        tiles = city_tiles_new(call->snapshot);
        if (call->city->open && call->city->snapshot == call->snapshot) {
            old = call->city->tiles;
            call->city->tiles = city_tiles_ref(tiles);
        }
    }
    pthread_mutex_unlock(&call->api->lock);
    city_tiles_free(old);
    return tiles;
}

static int load_layer(struct api_call *call, struct city_tiles *tiles,
                      const struct static_tile *ask, struct error *error)
{
    if (city_tiles_loaded(tiles, ask->layer, ask->level))
        return 0;
    DB_READER_CLEANUP struct db *db = NULL;
    int code = db_reader_borrow(call->api->store, call->city->slug, DB_CITY, &db, error);
    return code ? code : city_tiles_load(tiles, db, ask->layer, ask->level, error);
}

static int make_static(struct api_call *call, const struct static_tile *ask,
                       struct tile_entry **ret_entry, struct error *error)
{
    struct city_tiles *tiles = tiles_of(call);
    TILE_PEN_CLEANUP struct tile_pen *pen = tile_pen_new();
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, TILE_CEILING);
    int code = load_layer(call, tiles, ask, error);
    if (!code)
        code =
            city_tiles_make(tiles, ask->layer, ask->level, &ask->tile, pen, &body, error);
    city_tiles_free(tiles);
    if (code)
        return code;
    *ret_entry = pack(ask->key, ask->key_length, &body, PACK_STATIC, error);
    if (!*ret_entry)
        return error->code;
    tile_cache_put(call->api->tiles, *ret_entry);
    return 0;
}

static void make_static_key(const struct api_call *call, struct static_tile *ask)
{
    const uint64_t numbers[] = {(uint64_t)ask->layer, ask->level, ask->tile.z, ask->tile.x,
                                ask->tile.y};
    char *at = put_word(put_word(ask->key, "m "), call->city->slug);
    at = put_word(put_word(at, " "), ask->version);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        at = put_digits(put_word(at, "/"), numbers[i], 10);
    ask->key_length = (size_t)(at - ask->key);
}

int tiles_model(struct api_call *call, struct db *db, struct error *error)
{
    static const char *const names[] = {"v", NULL};
    struct static_tile ask = {.level = 0};
    (void)db;
    int code = api_query_only(call, names, error);
    if (!code)
        code = read_tile(call->parameters + 1, &ask.tile, error);
    if (!code)
        code = read_layer(call, &ask, error);
    if (code)
        return code;
    const char *asked = http_request_query(call->request, "v");
    api_tiles_version(call->snapshot, ask.version);
    const bool exact = asked && strcmp(asked, ask.version) == 0;
    http_reply_header(call->request, "Cache-Control",
                      exact ? "private, max-age=31536000, immutable" : "private, no-cache");
    if (reply_has(call, ask.version))
        return 0;
    make_static_key(call, &ask);
    struct tile_entry *entry = tile_cache_get(call->api->tiles, ask.key, ask.key_length);
    if (!entry)
        code = may_wait(call) ? make_static(call, &ask, &entry, error) : go_to_pool(error);
    return code ? code : reply_entry(call, entry, error);
}

// ---- tiles of open cases ----
static void put_key_ids(struct buffer *key, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_char(key, ',');
        buffer_append_int(key, ids[i]);
    }
}

// All that decides what may be seen: equal keys see the same.
static void put_sight(struct buffer *key, const struct api_call *call,
                      const struct case_filter *filter)
{
    const struct actor *actor = &call->session.actor;
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    buffer_append_text(key, sight.everything ? " all" : " some");
    for (size_t i = 0; i < sight.clause_count && !sight.everything; i++) {
        put_key_ids(key, &sight.clauses[i].area_id, 1);
        put_key_ids(key, &sight.clauses[i].department_id, 1);
    }
    if (!sight.everything) {
        put_key_ids(key, &sight.person_id, 1);
        buffer_append_text(key, " of");
        put_key_ids(key, sight.company_ids, sight.company_count);
    }
    if (filter->queue && strcmp(filter->queue, "mine") == 0) {
        buffer_append_text(key, " mine");
        put_key_ids(key, &actor->person_id, 1);
        put_key_ids(key, actor->departments, actor->department_count);
        for (size_t i = 0; i < actor->grant_count; i++) {
            buffer_append_char(key, ';');
            buffer_append_int(key, (int64_t)actor->grants[i].role);
            put_key_ids(key, &actor->grants[i].area_id, 1);
            put_key_ids(key, &actor->grants[i].department_id, 1);
        }
    }
}

static void put_filter(struct buffer *key, const struct case_filter *f)
{
    const int64_t ids[] = {f->stage,          f->department_id, f->class_id,
                           f->condition_id,   f->grid_id,       f->area_id,
                           f->light,          f->source,        f->reported_by,
                           f->opened_from_ms, f->opened_to_ms};
    put_key_ids(key, ids, sizeof(ids) / sizeof(ids[0]));
    const char *const texts[] = {f->step, f->number, f->queue};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        // Its length in front: no text can be taken for the next one's beginning.
        buffer_format(key, " %zu:", texts[i] ? strlen(texts[i]) : 0);
        buffer_append_text(key, texts[i] ? texts[i] : "");
    }
}

static int make_key(struct api_call *call, const struct tile_id *tile,
                    const struct case_filter *filter, struct buffer *key,
                    struct error *error)
{
    char version[TILES_VERSION_SIZE];
    struct case_points_state state;
    case_points_state(api_city_points(call->api, call->city), &state);
    api_tiles_version(call->snapshot, version);
    buffer_format(key, "c %s %s %lld %u/%u/%u", call->city->slug, version,
                  (long long)state.epoch, tile->z, tile->x, tile->y);
    put_sight(key, call, filter);
    put_filter(key, filter);
    return buffer_check(key, error);
}

static int read_filter(struct api_call *call, struct case_filter *ret_filter,
                       struct error *error)
{
    static const char *const names[] = {
        "open",        "stage",     "step",     "department", "class",  "condition",
        "area",        "grid",      "queue",    "light",      "source", "number",
        "opened_from", "opened_to", "reported", NULL,
    };
    int code = api_query_only(call, names, error);
    if (!code)
        code = api_case_filter(call, ret_filter, error);
    if (!code && ret_filter->open == 0)
        code = error_set(error, ERROR_INPUT, "tile.open_only",
                         "tiles show open cases; others are at /geo/cases");
    ret_filter->open = 1;
    return code;
}

static int make_cases(struct api_call *call, const struct tile_id *tile,
                      const struct case_filter *filter, const struct buffer *key,
                      struct tile_entry **ret_entry, struct error *error)
{
    TILE_PEN_CLEANUP struct tile_pen *pen = tile_pen_new();
    BUFFER_CLEANUP struct buffer body;
    int64_t position = 0, until_ms = 0;
    buffer_init(&body, TILE_CEILING);
    int code = case_points_tile(api_city_points(call->api, call->city), call->snapshot,
                                &call->session.actor, filter, call->now_ms, tile, pen,
                                &body, &position, &until_ms, error);
    if (code)
        return code;
    *ret_entry = pack(key->data, key->length, &body, PACK_CASES, error);
    if (!*ret_entry)
        return error->code;
    atomic_store(&(*ret_entry)->position, position);
    (*ret_entry)->valid_until_ms = until_ms;
    tile_cache_put(call->api->tiles, *ret_entry);
    return 0;
}

// NULL when it is not there or no longer true.
static struct tile_entry *kept_cases(struct api_call *call, const struct tile_id *tile,
                                     const struct buffer *key)
{
    int64_t position = 0;
    struct tile_entry *entry = tile_cache_get(call->api->tiles, key->data, key->length);
    if (entry && call->now_ms < entry->valid_until_ms &&
        case_points_same(api_city_points(call->api, call->city), tile,
                         atomic_load(&entry->position), &position)) {
        atomic_store(&entry->position, position);
        return entry;
    }
    return tile_entry_free(entry);
}

int tiles_cases(struct api_call *call, struct db *db, struct error *error)
{
    struct case_filter filter;
    struct tile_id tile;
    BUFFER_CLEANUP struct buffer key;
    buffer_init(&key, TILE_KEY_MOST);
    int code = read_tile(call->parameters, &tile, error);
    if (!code)
        code = read_filter(call, &filter, error);
    if (!code)
        code = case_points_refresh(api_city_points(call->api, call->city), db,
                                   may_wait(call), error);
    if (!code)
        code = make_key(call, &tile, &filter, &key, error);
    if (code)
        return code;
    struct tile_entry *entry = kept_cases(call, &tile, &key);
    if (!entry)
        code = make_cases(call, &tile, &filter, &key, &entry, error);
    if (!code) {
        http_reply_header(call->request, "Cache-Control", "private, no-cache");
        if (!reply_has(call, entry->etag))
            return reply_entry(call, entry, error);
    }
    tile_entry_free(entry);
    return code;
}
