// SPDX-License-Identifier: MPL-2.0
#include "store.h"
#include "server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>
#include <gridcase/db/store.h>

static const char *server(void)
{
    const char *address = getenv("GRIDCASE_BENCH_POSTGRES");
    return address && *address ? address : NULL;
}

bool bench_on_server(void)
{
    return server() != NULL;
}

const char *bench_engine_suffix(void)
{
    return server() ? "-postgres" : "";
}

// bench_, the folder's own name and a digest of its way, for folders of the same name.
static void name_of(const char *folder, char out[BENCH_DATABASE_SIZE])
{
    uint8_t digest[HASH_SIZE];
    const char *slash = strrchr(folder, '/');
    hash_bytes(folder, strlen(folder), digest);
    snprintf(out, BENCH_DATABASE_SIZE, "bench_%.40s_%02x%02x", slash ? slash + 1 : folder,
             digest[0], digest[1]);
    for (char *p = out; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
}

static void address_of(const char *database, char out[1024])
{
    snprintf(out, 1024, "%s&dbname=%s", server(), database);
}

// The first line that psql answers.
static void ask(const char *database, const char *text, char *out, size_t size)
{
    char address[1024];
    int ends[2], status = -1;
    address_of(database, address);
    if (pipe(ends) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        setenv("PGOPTIONS", "-c client_min_messages=warning", 1);
        execlp("psql", "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", text,
               (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *answer = fdopen(ends[0], "r");
    if (!fgets(out, (int)size, answer))
        *out = '\0';
    while (fgetc(answer) != EOF)
        continue;
    fclose(answer);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "bench store: psql failed: %.200s\n", text);
        exit(1);
    }
}

static void run(const char *database, const char *text)
{
    char line[256];
    ask(database, text, line, sizeof line);
}

static void use(const char *folder, const char *database)
{
    char address[1024];
    struct error error = {0};
    address_of(database, address);
    if (db_store_use(folder, address, &error) != 0) {
        fprintf(stderr, "bench store: %s: %s\n", folder, error.message);
        exit(1);
    }
}

void bench_store_new(const char *folder)
{
    char name[BENCH_DATABASE_SIZE], text[200];
    if (!server())
        return;
    name_of(folder, name);
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s", name);
    run("postgres", text);
    snprintf(text, sizeof text, "CREATE DATABASE %s", name);
    run("postgres", text);
    run(name, "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public");
    run(name, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public");
    use(folder, name);
}

void bench_store_copy(const char *from, const char *folder)
{
    char name[BENCH_DATABASE_SIZE], original[BENCH_DATABASE_SIZE], text[300], path[1024];
    if (!server())
        return;
    name_of(from, original);
    name_of(folder, name);
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s", name);
    run("postgres", text);
    snprintf(text, sizeof text, "CREATE DATABASE %s TEMPLATE %s", name, original);
    run("postgres", text);
    snprintf(path, sizeof path, "%s/store-address", folder);
    if (unlink(path) != 0)
        perror(path);
    use(folder, name);
}

void bench_store_drop(const char *folder)
{
    char name[BENCH_DATABASE_SIZE], text[200];
    if (!server())
        return;
    name_of(folder, name);
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    run("postgres", text);
}

void bench_server_text(const char *folder, const char *text, char *out, size_t size)
{
    char name[BENCH_DATABASE_SIZE];
    name_of(folder, name);
    ask(name, text, out, size);
    out[strcspn(out, "\n")] = '\0';
}

double bench_server_ask(const char *folder, const char *text)
{
    char line[256];
    bench_server_text(folder, text, line, sizeof line);
    return strtod(line, NULL);
}

void bench_store_address(const char *folder, char *out, size_t size)
{
    char name[BENCH_DATABASE_SIZE], address[1024];
    name_of(folder, name);
    address_of(name, address);
    snprintf(out, size, "%s", address);
}

double bench_server_processor_s(const char *folder)
{
    char list[4096], *rest = list;
    double sum_s = 0;
    bench_server_text(folder,
                      "SELECT string_agg(CAST(pid AS text), ' ') FROM pg_stat_activity",
                      list, sizeof list);
    for (char *word; (word = strtok_r(rest, " \n", &rest));) {
        double used_s = bench_process_s((pid_t)strtol(word, NULL, 10));
        sum_s += used_s > 0 ? used_s : 0;
    }
    return sum_s;
}
