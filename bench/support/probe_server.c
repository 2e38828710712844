// SPDX-License-Identifier: MPL-2.0
// The bare probe on PostgreSQL: pgbench with one connection, the same rows and indexes as
// the probe on SQLite, each case committed on its own. Nothing of gridcase is in it, so its
// statements stand here and not in sql/.
#include "probe_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"

static const char schema[] =
    "CREATE SCHEMA IF NOT EXISTS probe;"
    "CREATE TABLE IF NOT EXISTS probe.report (id bigint PRIMARY KEY GENERATED ALWAYS AS "
    "IDENTITY, number text NOT NULL, grid integer NOT NULL, department integer NOT NULL,"
    " stage integer NOT NULL, opened_at bigint NOT NULL, due_at bigint NOT NULL,"
    " lon double precision NOT NULL, lat double precision NOT NULL, text text NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS report_number ON probe.report (number);"
    "CREATE INDEX IF NOT EXISTS report_queue ON probe.report (department, stage, due_at);"
    "CREATE INDEX IF NOT EXISTS report_grid ON probe.report (grid, opened_at);"
    "CREATE TABLE IF NOT EXISTS probe.history (id bigint PRIMARY KEY GENERATED ALWAYS AS "
    "IDENTITY, report bigint NOT NULL, at bigint NOT NULL, action integer NOT NULL,"
    " note text NOT NULL);"
    "CREATE TABLE IF NOT EXISTS probe.place (id bigint PRIMARY KEY, place point NOT NULL);"
    "CREATE INDEX IF NOT EXISTS place_box ON probe.place USING gist (place)";
#define ROW "(number, grid, department, stage, opened_at, due_at, lon, lat, text) "
static const char fill[] =
    "WITH made AS (INSERT INTO probe.report " ROW
    "SELECT 'BOS-20261122-' || lpad(CAST(i AS text), 10, '0'), CAST(random() * 4365 AS "
    "integer), CAST(random() * 39 AS integer), 1, 1795000000000 + i * 37, 1795086400000 + "
    "i "
    "* 37, -71.2 + random() * 0.2, 42.2 + random() * 0.2, repeat('x', 220) FROM "
    "generate_series(CAST(%lld AS bigint), CAST(%lld AS bigint)) AS s (i) RETURNING id, "
    "opened_at, lon, lat), past AS (INSERT INTO probe.history (report, at, action, note) "
    "SELECT id, opened_at, 1, '' FROM made) INSERT INTO probe.place SELECT id, point(lon, "
    "lat) FROM made";
static const char script[] =
    "\\set grid random(0, 4365)\n\\set department random(0, 39)\n"
    "\\set serial random(1, 9000000000000000)\n"
    "BEGIN;\n"
    "INSERT INTO probe.report " ROW "VALUES ('RUN-' || :serial, :grid, :department, 1, "
    "1795000000000, 1795086400000, -71.2 + random() * 0.2, 42.2 + random() * 0.2, "
    "repeat('y', 220)) RETURNING id, lon, lat \\gset\n"
    "INSERT INTO probe.history (report, at, action, note) VALUES (:id, 1795000000000, 1, "
    "'');\n"
    "INSERT INTO probe.place VALUES (:id, point(:lon, :lat));\n"
    "COMMIT;\n";

static void write_script(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(script, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

// What pgbench says: "tps = 1234.5 (without initial connection time)".
static double run(const char *folder, const char *path, double seconds)
{
    char address[1024], program[600], length[32], line[400];
    const char *bin = getenv("POSTGRES_BIN");
    int ends[2], status = -1;
    double rate = 0;
    bench_store_address(folder, address, sizeof address);
    snprintf(program, sizeof program, "%s/pgbench",
             bin != NULL ? bin : "/usr/lib/postgresql/15/bin");
    snprintf(length, sizeof length, "%d", seconds < 1 ? 1 : (int)seconds);
    if (pipe(ends) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl(program, program, "-n", "-M", "prepared", "-c", "1", "-T", length, "-f", path,
              address, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *answer = fdopen(ends[0], "r");
    while (answer != NULL && fgets(line, sizeof line, answer) != NULL)
        sscanf(line, "tps = %lf", &rate);
    if (answer != NULL)
        fclose(answer);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0 || rate <= 0) {
        fprintf(stderr, "probe: %s failed\n", program);
        exit(1);
    }
    return rate;
}

double probe_server_run(const char *folder, int64_t cases, double seconds)
{
    char text[2000], path[4096];
    bench_server_ask(folder, schema);
    int64_t rows = (int64_t)bench_server_ask(folder, "SELECT count(*) FROM probe.report");
    if (rows < cases) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, fill, (long long)rows + 1, (long long)cases);
#pragma GCC diagnostic pop
        bench_server_ask(folder, text);
        bench_server_ask(folder, "VACUUM ANALYZE");
        bench_server_ask(folder, "CHECKPOINT"); // the run pays only for itself
    }
    snprintf(path, sizeof path, "%s/probe.pgbench", folder);
    write_script(path);
    double rate = run(folder, path, seconds);
    unlink(path);
    return rate;
}
