// SPDX-License-Identifier: MPL-2.0
// Vector tiles: unit grids and clusters of cases against PostGIS' ST_AsMVT on the same data
// in the same run, one thread each; and a cached tile against nginx with a file of the same
// size.
//
//   tiles BUILD      environment: BENCH_SECONDS (5), BENCH_POINTS (1000000)
//
// PostGIS gets its geometry projected and indexed, as we keep ours, and makes the same
// features with the same properties: what is compared is the making of the tile. It runs in
// a cluster of its own in a temporary folder. What is not installed is left out and said.
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <gridcase/cases/points.h>
#include <gridcase/city/city.h>
#include <gridcase/core/gzip.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>
#include <gridcase/geo/tile.h>

#include "support/load.h"
#include "support/server.h"
#include "support/store.h"

enum {
    BENDS = 5, // vertices between two corners of a cell: 24 in a ring
    RING = 4 * (BENDS + 1),
    SIDE = 10000,  // lattice steps: about 100 m
    COLUMNS = 317, // squared: some 100,000 cells
    CELLS = COLUMNS * COLUMNS,
    GRID_ZOOMS = 3,
    ROUNDS_OURS = 200,
    PORT = 18993,
    NGINX_PORT = 18995,
    CLIENTS = 64,
    WIDE = 12, // cells of a tile's side in which cases are put together
};
static const struct geo_point origin = {1163000000, 398000000};
static const double CITY_WEST = -71.19, CITY_SOUTH = 42.23, CITY_EAST = -70.99,
                    CITY_NORTH = 42.40;

struct figure {
    char name[32];
    struct tile_id tile;
    double our_ms, packed_ms, their_ms;
    size_t our_features, their_features, our_bytes, their_bytes, checked, repaired;
};

static struct error error;
static char folder[256];
static int missed;

// However it ends, nothing is left behind.
static void clean_up(void)
{
    char command[512], data[512];
    snprintf(data, sizeof data, "%s/data", folder);
    bench_store_drop(data);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "bench tiles: %s is left\n", folder);
}

static void must(int code)
{
    if (code != 0) {
        fprintf(stderr, "bench tiles: %s: %s\n", error.slug, error.message);
        exit(1);
    }
}

static double now_ms(void)
{
    return (double)instant_monotonic_us() / 1000;
}

static double setting(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value;
    return text && text_to_double(text, strlen(text), &value, NULL) == 0 ? value
                                                                         : otherwise;
}

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

// ---- irregular cells that share their borders ----
static int32_t jitter(uint64_t z, int32_t most)
{
    return (int32_t)(z % (uint64_t)most) - most / 2;
}

static struct geo_point node(int32_t i, int32_t j)
{
    const uint64_t z = mix((uint64_t)(uint32_t)i << 32 | (uint32_t)j);
    return (struct geo_point){origin.x + i * SIDE + jitter(z, SIDE / 2),
                              origin.y + j * SIDE + jitter(z >> 32, SIDE / 2)};
}

// The border from node (i, j) to the east or the north, without its end.
static void border(int32_t i, int32_t j, bool up, struct geo_point out[BENDS + 1])
{
    const struct geo_point a = node(i, j), b = up ? node(i, j + 1) : node(i + 1, j);
    out[0] = a;
    for (int32_t k = 1; k <= BENDS; k++) {
        const uint64_t z =
            mix(mix((uint64_t)(uint32_t)i << 32 | (uint32_t)j) + (uint64_t)(k * 2 + up));
        out[k].x = a.x + (b.x - a.x) * k / (BENDS + 1) + jitter(z, SIDE / 12);
        out[k].y = a.y + (b.y - a.y) * k / (BENDS + 1) + jitter(z >> 32, SIDE / 12);
    }
}

static void cell(int32_t i, int32_t j, struct geo_point ring[RING])
{
    struct geo_point side[4][BENDS + 1];
    border(i, j, false, side[0]);
    border(i + 1, j, true, side[1]);
    border(i, j + 1, false, side[2]);
    border(i, j, true, side[3]);
    size_t at = 0;
    for (int k = 0; k <= BENDS; k++)
        ring[at++] = side[0][k];
    for (int k = 0; k <= BENDS; k++)
        ring[at++] = side[1][k];
    ring[at++] = node(i + 1, j + 1);
    for (int k = BENDS; k > 0; k--)
        ring[at++] = side[2][k];
    ring[at++] = node(i, j + 1);
    for (int k = BENDS; k > 0; k--)
        ring[at++] = side[3][k];
}

static FILE *open_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "bench tiles: cannot write %s\n", path);
        exit(1);
    }
    return file;
}

static double metres_x(double lon)
{
    return lon * 20037508.342789244 / 180;
}
static double metres_y(double lat)
{
    return asinh(tan(lat * M_PI / 180)) * 6378137.0;
}

// The cells for us and, as a COPY file, for PostGIS.
static struct tile_shapes *make_cells(void)
{
    struct tile_shapes *shapes = tile_shapes_new(TILE_POLYGON);
    FILE *file = open_file("grids.copy");
    uint32_t parts[] = {0, 1}, rings[] = {0, RING};
    struct geo_point ring[RING];
    struct geo_polygon polygon = {1, parts, 1, rings, RING, ring};
    for (int32_t c = 0; c < CELLS; c++) {
        cell(c % COLUMNS, c / COLUMNS, ring);
        tile_shapes_add_polygon(shapes, &polygon);
        fprintf(file, "%d\tG%07d\tSRID=3857;POLYGON((", c + 1, c + 1);
        for (int k = 0; k <= RING; k++)
            fprintf(file, "%s%.3f %.3f", k ? "," : "", metres_x(ring[k % RING].x / 1e7),
                    metres_y(ring[k % RING].y / 1e7));
        fputs("))\n", file);
    }
    fclose(file);
    must(tile_shapes_seal(shapes, &error));
    return shapes;
}

static struct tile_id tile_at(double lon, double lat, unsigned z)
{
    const struct tile_point at = tile_project(lon, lat);
    return (struct tile_id){z, (uint32_t)((uint64_t)at.x >> (32 - z)),
                            (uint32_t)((uint64_t)at.y >> (32 - z))};
}

struct drawing {
    struct tile_pen *pen;
    const struct tile_shapes *shapes;
};

static bool draw(void *context, size_t index)
{
    const struct drawing *drawing = context;
    char code[16];
    if (tile_draw_shape(drawing->pen, drawing->shapes, index)) {
        snprintf(code, sizeof code, "G%07zu", index + 1);
        tile_put_text(drawing->pen, "code", code);
        tile_put_feature(drawing->pen, index + 1);
    }
    return true;
}

static void grid_tile(struct tile_pen *pen, const struct tile_shapes *shapes,
                      struct figure *figure, struct buffer *out)
{
    struct drawing drawing = {pen, shapes};
    const struct tile_box box = tile_id_box(&figure->tile, TILE_MARGIN);
    buffer_clear(out);
    tile_begin(pen, "grids", &figure->tile, 0);
    tile_shapes_find(shapes, &box, draw, &drawing);
    figure->our_features = tile_features(pen);
    must(tile_end(pen, out, &error));
    figure->our_bytes = out->length;
}

static void measure_packing(struct figure *figure, const struct buffer *out)
{
    struct buffer packed BUFFER_CLEANUP;
    buffer_init(&packed, BUFFER_CEILING_FILE);
    const double from = now_ms();
    for (int i = 0; i < 20; i++) {
        buffer_clear(&packed);
        must(gzip_pack(out->data, out->length, 1, &packed, &error));
    }
    figure->packed_ms = figure->our_ms + (now_ms() - from) / 20;
}

static void measure_grids(struct figure figures[GRID_ZOOMS])
{
    const double began = now_ms();
    struct tile_shapes *shapes = make_cells();
    printf("%d cells of %d vertices: read, projected, sealed and written for PostGIS in "
           "%.1f s, "
           "%.0f MB held\n",
           CELLS, RING, (now_ms() - began) / 1000, (double)tile_shapes_bytes(shapes) / 1e6);
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    for (unsigned i = 0; i < GRID_ZOOMS; i++) {
        struct figure *figure = &figures[i];
        struct tile_pen *pen = tile_pen_new();
        snprintf(figure->name, sizeof figure->name, "grids z%u", 13 + i);
        figure->tile = tile_at(116.45, 39.95, 13 + i);
        grid_tile(pen, shapes, figure, &out);
        tile_pen_figures(pen, &figure->checked, &figure->repaired);
        const double from = now_ms();
        for (int k = 0; k < ROUNDS_OURS; k++)
            grid_tile(pen, shapes, figure, &out);
        figure->our_ms = (now_ms() - from) / ROUNDS_OURS;
        measure_packing(figure, &out);
        tile_pen_free(pen);
    }
    tile_shapes_free(shapes);
}

// ---- a city with many open cases ----
static void load_city(const char *build)
{
    char command[2048], data[512];
    snprintf(data, sizeof data, "%s/data", folder);
    if (mkdir(data, 0700) != 0)
        exit(1);
    bench_store_new(data);
    snprintf(
        command, sizeof command,
        "'%s/gridcase' city new boston grids/boston --data '%s/data' >/dev/null && "
        "'%s/gridcase' city load boston grids/boston --data '%s/data' --quiet >/dev/null",
        build, folder, build, folder);
    if (system(command) != 0) {
        fputs("bench tiles: the city cannot be loaded\n", stderr);
        exit(1);
    }
}

// Cases as rows, straight into the table: what is measured reads only them.
struct dialect {
    const char *number, *digest, *rows;
};
static const struct dialect SQLITE = {
    "printf('%09d', i)", "zeroblob(32)",
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lld) "
    "SELECT i FROM n)"};
static const struct dialect POSTGRES = {"lpad(CAST(i AS text), 9, '0')",
                                        "decode(repeat('00', 32), 'hex')",
                                        "(SELECT i FROM generate_series(CAST(1 AS bigint), "
                                        "CAST(%lld AS bigint)) AS s (i)) AS n"};
#define SERVER_SCHEMA "gridcase_boston_cases"

static void add_cases(const char *data, int64_t count)
{
    const struct dialect *dialect = bench_on_server() ? &POSTGRES : &SQLITE;
    char text[4096], rows[200], path[600], *why = NULL;
    sqlite3 *db = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(rows, sizeof rows, dialect->rows, (long long)count);
#pragma GCC diagnostic pop
    snprintf(
        text, sizeof text,
        "%sBEGIN;"
        "INSERT INTO case_file SELECT i, 'BENCH' || %s, 1, %s, "
        "'s', 4, 0, 0, 0, 0, 1, 1, 1, 1, 1 + i %% 100, 1, 1 + i %% 40, 0, 0, 0, 0, 0, 0, "
        "0, "
        "0, 0, %f + %f * ((i * 7919 %% 1000003) / 1000003.0), "
        "%f + %f * ((i * 104729 %% 1000033) / 1000033.0), 0, NULL, '', '', NULL, NULL, 0, "
        "1000, NULL, 0, 1, 1, 1, 4, -1, 0, 2, 1, 1, 1000, '', 1000, 1000, 0, "
        "CASE i %% 3 WHEN 0 THEN 2000 ELSE 9000000000000 END, "
        "CASE i %% 6 WHEN 0 THEN 3000 ELSE 9000000000001 END, 3000, '', 0, 0, 0, 0, '' "
        "FROM %s;"
        "INSERT INTO case_open_point SELECT case_id, lon, lon, lat, lat FROM case_file;"
        "INSERT INTO change (position, case_id, seq, kind, stage, at, moved) "
        "VALUES (1, 1, 1, 0, 4, 1, 0);"
        "COMMIT;",
        bench_on_server() ? "SET search_path TO " SERVER_SCHEMA ", public; " : "",
        dialect->number, dialect->digest, CITY_WEST, CITY_EAST - CITY_WEST, CITY_SOUTH,
        CITY_NORTH - CITY_SOUTH, rows);
    if (bench_on_server()) {
        bench_server_ask(data, text);
        return;
    }
    snprintf(path, sizeof path, "%s/cities/boston/cases.db", data);
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, &why)) {
        fprintf(stderr, "bench tiles: %s\n", why ? why : sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_close(db);
}

#define LIGHT "CASE WHEN due_at < 4000 THEN 3 WHEN yellow_at < 4000 THEN 2 ELSE 1 END"

// The same points for PostGIS.
static void write_points(const char *data)
{
    char path[600], text[1200];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    if (bench_on_server()) {
        snprintf(text, sizeof text,
                 "\\copy (SELECT case_id, " LIGHT ", 'SRID=3857;POINT(' || lon * "
                 "20037508.342789244 / 180 || ' ' || asinh(tan(radians(lat))) * 6378137.0 "
                 "|| ')' FROM " SERVER_SCHEMA ".case_file) TO '%s/points.copy'",
                 folder);
        bench_server_ask(data, text);
        return;
    }
    FILE *file = open_file("points.copy");
    snprintf(path, sizeof path, "%s/cities/boston/cases.db", data);
    if (sqlite3_open(path, &db) ||
        sqlite3_prepare_v2(db, "SELECT case_id, lon, lat, " LIGHT " FROM case_file", -1,
                           &row, NULL))
        exit(1);
    while (sqlite3_step(row) == SQLITE_ROW)
        fprintf(file, "%lld\t%d\tSRID=3857;POINT(%.3f %.3f)\n",
                (long long)sqlite3_column_int64(row, 0), sqlite3_column_int(row, 3),
                metres_x(sqlite3_column_double(row, 1)),
                metres_y(sqlite3_column_double(row, 2)));
    sqlite3_finalize(row);
    sqlite3_close(db);
    fclose(file);
}

static void measure_cases(struct db_store *store, int64_t count, struct figure *figure)
{
    char data[512];
    struct city_snapshot *city = NULL;
    struct case_points_state state;
    int64_t position = 0, until_ms = 0;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    snprintf(data, sizeof data, "%s/data", folder);
    add_cases(data, count);
    write_points(data);
    must(city_snapshot_open(store, "boston", &city, &error));
    DB_CLEANUP struct db *db = NULL;
    must(db_open(store, "boston", DB_CASES, DB_READ, &db, &error));
    struct case_points *points = case_points_new();
    const double began = now_ms();
    must(case_points_refresh(points, db, true, &error));
    case_points_state(points, &state);
    printf("%zu open cases read into memory in %.1f s, %.0f MB\n", state.count,
           (now_ms() - began) / 1000, (double)state.bytes / 1e6);
    struct tile_pen *pen = tile_pen_new();
    struct case_filter filter = case_filter_all();
    struct actor actor = actor_system();
    filter.open = 1;
    snprintf(figure->name, sizeof figure->name, "cases z13");
    figure->tile = tile_at(-71.09, 42.32, 13);
    const double from = now_ms();
    for (int i = 0; i < ROUNDS_OURS; i++) {
        buffer_clear(&out);
        must(case_points_tile(points, city, &actor, &filter, 4000, &figure->tile, pen, &out,
                              &position, &until_ms, &error));
    }
    figure->our_ms = (now_ms() - from) / ROUNDS_OURS;
    figure->our_features = tile_features(pen);
    figure->our_bytes = out.length;
    measure_packing(figure, &out);
    tile_pen_free(pen);
    case_points_free(points);
    city_snapshot_free(city);
}

// ---- PostGIS ----
static void write_timing(FILE *file, const struct figure *figure, const char *query)
{
    fprintf(
        file,
        "DO $$ DECLARE t bytea; n int; began timestamptz; rounds int := 10; BEGIN\n"
        "EXECUTE $q$%s$q$ INTO t, n; EXECUTE $q$%s$q$ INTO t, n;\n"
        "began := clock_timestamp();\n"
        "FOR i IN 1..rounds LOOP EXECUTE $q$%s$q$ INTO t, n; END LOOP;\n"
        "INSERT INTO result VALUES ('%s', extract(epoch FROM clock_timestamp() - began) "
        "* 1000 / rounds, n, length(t));\nEND $$;\n",
        query, query, query, figure->name);
}

static void write_grid_query(FILE *file, const struct figure *figure)
{
    char query[1024];
    snprintf(
        query, sizeof query,
        "SELECT ST_AsMVT(q, 'grids', 4096, 'geom', 'id'), count(*) FROM (SELECT id, code, "
        "ST_AsMVTGeom(geom, ST_TileEnvelope(%u, %u, %u), 4096, 64, true) AS geom FROM "
        "grids WHERE geom && ST_TileEnvelope(%u, %u, %u, margin => 64.0 / 4096)) q WHERE "
        "geom IS NOT NULL",
        figure->tile.z, figure->tile.x, figure->tile.y, figure->tile.z, figure->tile.x,
        figure->tile.y);
    write_timing(file, figure, query);
}

static void write_case_query(FILE *file, const struct figure *figure)
{
    const double side = 2 * 20037508.342789244 / pow(2, figure->tile.z);
    const double west = -20037508.342789244 + figure->tile.x * side;
    const double north = 20037508.342789244 - figure->tile.y * side;
    char query[2048];
    snprintf(
        query, sizeof query,
        "SELECT ST_AsMVT(q, 'cases', 4096, 'geom'), count(*) FROM (SELECT count(*) AS "
        "count, max(light) AS light, count(*) FILTER (WHERE light = 1) AS green, count(*) "
        "FILTER (WHERE light = 2) AS yellow, count(*) FILTER (WHERE light = 3) AS red, "
        "ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(avg(ST_X(geom)), avg(ST_Y(geom))), 3857), "
        "ST_TileEnvelope(%u, %u, %u), 4096, 0, true) AS geom FROM points WHERE geom && "
        "ST_TileEnvelope(%u, %u, %u) AND ST_X(geom) >= %.6f AND ST_X(geom) < %.6f AND "
        "ST_Y(geom) <= %.6f AND ST_Y(geom) > %.6f GROUP BY floor((ST_X(geom) - %.6f) / "
        "%.9f), "
        "floor((%.6f - ST_Y(geom)) / %.9f)) q WHERE geom IS NOT NULL",
        figure->tile.z, figure->tile.x, figure->tile.y, figure->tile.z, figure->tile.x,
        figure->tile.y, west, west + side, north, north - side, west, side / WIDE, north,
        side / WIDE);
    write_timing(file, figure, query);
}

static void write_sql(const struct figure *figures, size_t count)
{
    FILE *file = open_file("tiles.sql");
    fprintf(
        file,
        "CREATE EXTENSION postgis;\n"
        "CREATE UNLOGGED TABLE grids (id bigint, code text, geom geometry(Polygon, "
        "3857));\n"
        "CREATE UNLOGGED TABLE points (id bigint, light int, geom geometry(Point, 3857));\n"
        "CREATE TABLE result (name text, ms float8, features int, bytes int);\n"
        "\\copy grids FROM '%s/grids.copy'\n\\copy points FROM '%s/points.copy'\n"
        "CREATE INDEX ON grids USING gist (geom);\n"
        "CREATE INDEX ON points USING gist (geom);\nVACUUM ANALYZE;\n",
        folder, folder);
    for (size_t i = 0; i < count; i++) {
        if (i < GRID_ZOOMS)
            write_grid_query(file, &figures[i]);
        else
            write_case_query(file, &figures[i]);
    }
    fputs("SELECT name || '|' || ms || '|' || features || '|' || bytes FROM result;\n",
          file);
    fclose(file);
}

static bool ask_postgis(struct figure *figures, size_t count)
{
    char command[1024], line[256];
    snprintf(command, sizeof command, "tools/bench_postgis.sh '%s' '%s/tiles.sql'", folder,
             folder);
    FILE *answer = popen(command, "r");
    while (answer && fgets(line, sizeof line, answer)) {
        char name[32];
        double ms = 0;
        size_t features = 0, bytes = 0;
        if (sscanf(line, "%31[^|]|%lf|%zu|%zu", name, &ms, &features, &bytes) != 4)
            continue;
        for (size_t i = 0; i < count; i++)
            if (strcmp(figures[i].name, name) == 0) {
                figures[i].their_ms = ms;
                figures[i].their_features = features;
                figures[i].their_bytes = bytes;
            }
    }
    const int status = answer ? pclose(answer) : -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
        puts("PostgreSQL with PostGIS is not installed: not compared with it.");
        return false;
    }
    if (status != 0) {
        fprintf(stderr, "bench tiles: PostGIS failed; see %s/postgres.log\n", folder);
        missed++;
    }
    return status == 0;
}

static void print_figures(const struct figure *figures, size_t count, bool compared)
{
    printf("%-10s %10s %10s %12s %8s   %s\n", "tile", "ours, ms", "+ gzip", "PostGIS, ms",
           "ratio", "features, bytes (ours / theirs)");
    for (size_t i = 0; i < count; i++) {
        const struct figure *f = &figures[i];
        const double ratio = f->their_ms / f->our_ms;
        printf("%-10s %10.3f %10.3f %12.2f %8.1f   %zu, %zu / %zu, %zu; %zu checked, %zu "
               "repaired%s\n",
               f->name, f->our_ms, f->packed_ms, f->their_ms, ratio, f->our_features,
               f->our_bytes, f->their_features, f->their_bytes, f->checked, f->repaired,
               !compared     ? ""
               : ratio >= 20 ? "  (target 20: met)"
                             : "  (target 20: MISSED)");
        missed += compared && ratio < 20;
        if (compared && (f->our_features > f->their_features + f->their_features / 50 + 2 ||
                         f->their_features > f->our_features + f->our_features / 50 + 2)) {
            puts("           the numbers of features differ: not the same tile");
            missed++;
        }
    }
}

// ---- a kept tile over HTTP ----
struct asking {
    char request[1024];
    size_t length;
};

static size_t request(void *context, unsigned client, char *out, size_t room)
{
    const struct asking *asking = context;
    (void)client;
    (void)room;
    memcpy(out, asking->request, asking->length);
    return asking->length;
}

static double rate(uint16_t port, struct asking *asking, double seconds)
{
    struct load_result result;
    struct load_options options = {.port = port,
                                   .clients = CLIENTS,
                                   .seconds = seconds,
                                   .request = request,
                                   .context = asking};
    if (load_drive(&options, &result) != 0 || result.bad + result.broken > 0) {
        fprintf(stderr, "bench tiles: port %d: %llu bad (%d), %llu broken\n", port,
                (unsigned long long)result.bad, result.first_bad_status,
                (unsigned long long)result.broken);
        exit(1);
    }
    return (double)result.good / result.seconds;
}

static pid_t start_nginx(const char *body, size_t length)
{
    char path[512];
    FILE *file = open_file("tile.bin");
    fwrite(body, 1, length, file);
    fclose(file);
    file = open_file("nginx.conf");
    fprintf(
        file,
        "daemon off; worker_processes auto; pid %s/nginx.pid; error_log %s/nginx.log;\n"
        "%sevents { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;\n"
        "  client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;\n"
        "  uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
        "  server { listen 127.0.0.1:%d; root %s; } }\n",
        folder, folder, getuid() == 0 ? "user root;" : "", folder, folder, folder, folder,
        folder, NGINX_PORT, folder);
    fclose(file);
    snprintf(path, sizeof path, "%s/nginx.conf", folder);
    const pid_t process = fork();
    if (process == 0) {
        execlp("nginx", "nginx", "-c", path, (char *)NULL);
        _exit(127);
    }
    instant_sleep_ms(500);
    int status = 0;
    return waitpid(process, &status, WNOHANG) == 0 ? process : 0;
}

static double measure_nginx(const char *body, size_t length, double seconds)
{
    struct asking asking;
    const pid_t process = start_nginx(body, length);
    if (process == 0) {
        puts("nginx is not installed (or does not start): a kept tile is not compared with "
             "it.");
        return 0;
    }
    asking.length = (size_t)snprintf(asking.request, sizeof asking.request,
                                     "GET /tile.bin HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                                     NGINX_PORT);
    const double found = rate(NGINX_PORT, &asking, seconds);
    kill(process, SIGTERM);
    waitpid(process, NULL, 0);
    return found;
}

static void measure_kept(const char *build, double seconds)
{
    static char answer[1024 * 1024];
    char data[512], cookie[256];
    struct bench_server server;
    struct asking asking;
    const struct tile_id tile = tile_at(-71.06, 42.35, 14);
    snprintf(data, sizeof data, "%s/data", folder);
    bench_server_start(build, data, "boston", PORT, &server);
    bench_sign_in(&server, "dispatcher", cookie, sizeof cookie);
    asking.length = (size_t)snprintf(
        asking.request, sizeof asking.request,
        "GET /boston/api/v1/tiles/grids/%u/%u/%u HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Accept-Encoding: gzip\r\nCookie: %s\r\n\r\n",
        tile.z, tile.x, tile.y, PORT, cookie);
    const int status =
        load_once(PORT, asking.request, asking.length, answer, sizeof answer);
    const char *body = strstr(answer, "\r\n\r\n");
    const char *said = strcasestr(answer, "\r\ncontent-length: ");
    int64_t length = 0;
    if (status != 200 || !body || !said ||
        text_to_int(said + 18, strcspn(said + 18, "\r"), &length, NULL) != 0) {
        fprintf(stderr, "bench tiles: the tile answered %d\n", status);
        exit(1);
    }
    const double nginx = measure_nginx(body + 4, (size_t)length, seconds);
    const double ours = rate(PORT, &asking, seconds);
    printf("a kept tile of %lld bytes, %d clients: ours %.0f a second", (long long)length,
           CLIENTS, ours);
    if (nginx > 0)
        printf(", nginx with a file of the same bytes %.0f: ratio %.2f (target 0.5: %s)",
               nginx, ours / nginx, ours / nginx >= 0.5 ? "met" : "MISSED");
    missed += nginx > 0 && ours / nginx < 0.5;
    printf("; %.0f MB resident\n", bench_memory_mb(&server));
    bench_server_stop(&server);
}

int main(int count, char **arguments)
{
    const char *build = count > 1 ? arguments[1] : "build";
    const double seconds = setting("BENCH_SECONDS", 5);
    struct figure figures[GRID_ZOOMS + 1] = {0};
    struct db_store *store = NULL;
    char data[512];
    snprintf(folder, sizeof folder, "/tmp/gridcase-bench-XXXXXX");
    if (!mkdtemp(folder) || atexit(clean_up) != 0)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(data, sizeof data, "%s/data", folder);
    measure_grids(figures);
    load_city(build);
    must(db_store_open(data, 0, &store, &error));
    measure_cases(store, (int64_t)setting("BENCH_POINTS", 1e6), &figures[GRID_ZOOMS]);
    db_store_close(store);
    write_sql(figures, GRID_ZOOMS + 1);
    const bool compared = ask_postgis(figures, GRID_ZOOMS + 1);
    print_figures(figures, GRID_ZOOMS + 1, compared);
    measure_kept(build, seconds);
    return missed > 0;
}
