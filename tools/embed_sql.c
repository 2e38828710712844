// SPDX-License-Identifier: MPL-2.0
// Build-time program: sql/queries/*.sql and sql/schema/*.sql -> an enum and two C tables.
//
//   embed_sql QUERIES.h QUERIES.c FILE.sql...
//
// A query file holds blocks:   -- name: case_by_id
//                              -- database: cases
//                              SELECT ... WHERE id = $1;
// or pieces of statements (db_prepare_parts) headed `-- part: case_list_open`. Where
// PostgreSQL needs another text, it follows under `-- postgres: why`. `-- rows: many`
// before the text: so many may come that they are fetched as they are stepped through. A
// schema file is one migration: NNNN_name.<database>.sql; embed_postgres.c translates it,
// with the help of a twin NNNN_name.<database>.postgres.sql if there is one. Anything else
// is an error that names the file and line.
#include "embed_sql.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_QUERIES = 2000, MAX_MIGRATIONS = 200, MAX_PARAMETERS = 99 };

struct query {
    char *name, *database, *text, *place;
    char *postgres; // NULL: the same text
    int parameters;
    bool part; // a piece of a statement: no ';' at its end, gaps in its $n
    bool many;
};
struct migration {
    char *name, *database, *text, *postgres, *path;
    char *twin; // text, NULL: none
    int number;
};
static struct query queries[MAX_QUERIES];
static size_t query_count;
static struct migration migrations[MAX_MIGRATIONS];
static size_t migration_count;
static const char *twins[MAX_MIGRATIONS]; // paths
static size_t twin_count;

void fail(const char *file, int line, const char *format, ...)
{
    va_list list;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path, 0, "%s", strerror(errno));
    size_t size = 0, room = 65536, got;
    char *text = malloc(room + 1);
    while (text && (got = fread(text + size, 1, room - size, file)) > 0) {
        size += got;
        if (size == room)
            text = realloc(text, (room *= 2) + 1);
    }
    fclose(file);
    if (!text)
        fail(path, 0, "out of memory");
    text[size] = '\0';
    return text;
}

// Highest $n outside quotes; every number from 1 must occur.
static int count_parameters(const struct query *query, const char *text)
{
    bool seen[MAX_PARAMETERS + 1] = {false};
    int highest = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\'') {
            for (p++; *p && *p != '\''; p++)
                ;
            if (!*p)
                break;
        } else if (*p == '$' && isdigit((unsigned char)p[1])) {
            int n = atoi(p + 1);
            if (n < 1 || n > MAX_PARAMETERS)
                fail(query->place, 0, "%s: parameter $%d out of range", query->name, n);
            seen[n] = true;
            if (n > highest)
                highest = n;
        } else if (*p == ':' && p[1] == ':') {
            fail(query->place, 0, "%s: write CAST, not ::", query->name);
        }
    }
    for (int n = 1; n <= highest && !query->part; n++)
        if (!seen[n])
            fail(query->place, 0, "%s: parameter $%d is missing", query->name, n);
    return highest;
}

static void trim_text(const struct query *query, char *text, const char *file, int line)
{
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    if (end == text || (end[-1] != ';' && !query->part))
        fail(file, line, "%s does not end in ';'", query->name);
    if (end[-1] == ';')
        end[-1] = '\0';
}

static void finish_query(struct query *query, const char *file, int line)
{
    if (!query->name)
        return;
    if (!query->database)
        fail(file, line, "%s has no '-- database:' line", query->name);
    trim_text(query, query->text, file, line);
    query->parameters = count_parameters(query, query->text);
    if (query->postgres) {
        trim_text(query, query->postgres, file, line);
        if (count_parameters(query, query->postgres) != query->parameters)
            fail(file, line, "%s: its twin has other parameters", query->name);
    }
    for (size_t i = 0; i < query_count; i++)
        if (strcmp(queries[i].name, query->name) == 0)
            fail(file, line, "%s is there twice (also %s)", query->name, queries[i].place);
    if (query_count == MAX_QUERIES)
        fail(file, line, "too many queries");
    queries[query_count++] = *query;
    memset(query, 0, sizeof *query);
}

static char *header_value(char *line, const char *key)
{
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0)
        return NULL;
    char *value = line + length;
    while (*value == ' ')
        value++;
    char *end = value + strlen(value);
    while (end > value && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return strdup(value);
}

static void read_query_line(struct query *query, char *line, const char *path, int number,
                            size_t room)
{
    char *value;
    bool part = strncmp(line, "-- part:", 8) == 0;
    if ((value = header_value(line, part ? "-- part:" : "-- name:"))) {
        finish_query(query, path, number);
        query->name = value;
        query->part = part;
        query->place = strdup(path);
        query->text = calloc(1, room);
        return;
    }
    if ((value = header_value(line, "-- database:"))) {
        if (!query->name || query->database)
            fail(path, number, "'-- database:' must follow '-- name:'");
        query->database = value;
        return;
    }
    if ((value = header_value(line, "-- rows:"))) {
        if (!query->database || strcmp(value, "many") != 0)
            fail(path, number, "'-- rows: many' must follow '-- database:'");
        query->many = true;
        return;
    }
    if ((value = header_value(line, "-- postgres:"))) {
        if (!query->text || !*query->text || query->postgres || !*value)
            fail(path, number, "'-- postgres: why' must follow a text");
        query->postgres = calloc(1, room);
        return;
    }
    char *comment = strstr(line, "--");
    if (comment)
        *comment = '\0';
    if (line[strspn(line, " \t\r")] == '\0')
        return;
    if (!query->name)
        fail(path, number, "text before the first '-- name:'");
    char *text = query->postgres ? query->postgres : query->text;
    strcat(text, line);
    strcat(text, "\n");
}

static void read_queries(const char *path)
{
    char *text = read_all(path);
    size_t room = strlen(text) + 2;
    struct query query = {0};
    int number = 0;
    for (char *line = text, *next; line && *line; line = next) {
        char *end = strchr(line, '\n');
        next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        read_query_line(&query, line, path, ++number, room);
    }
    finish_query(&query, path, number);
    free(text);
}

static void read_migration(const char *path)
{
    const char *base = strrchr(path, '/') + 1;
    char name[128], database[32];
    int number;
    if (sscanf(base, "%4d_%127[a-z0-9_].%31[a-z].sql", &number, name, database) != 3)
        fail(path, 0, "expected NNNN_name.<database>.sql");
    char *tail = strstr(base, ".postgres.sql");
    if (tail) {
        twins[twin_count++] = path;
        return;
    }
    for (size_t i = 0; i < migration_count; i++)
        if (migrations[i].number == number)
            fail(path, 0, "number %d is taken by %s", number, migrations[i].name);
    if (migration_count == MAX_MIGRATIONS)
        fail(path, 0, "too many migrations");
    migrations[migration_count++] = (struct migration){.name = strdup(name),
                                                       .database = strdup(database),
                                                       .text = read_all(path),
                                                       .path = strdup(path),
                                                       .number = number};
}

// NNNN_name.cases.postgres.sql belongs to NNNN_name.cases.sql.
static void match_twins(void)
{
    for (size_t i = 0; i < twin_count; i++) {
        struct migration *found = NULL;
        size_t length = strlen(twins[i]) - strlen(".postgres.sql");
        for (size_t k = 0; k < migration_count && !found; k++)
            if (strncmp(migrations[k].path, twins[i], length) == 0 &&
                strcmp(migrations[k].path + length, ".sql") == 0)
                found = &migrations[k];
        if (!found)
            fail(twins[i], 0, "belongs to no schema file");
        found->twin = read_all(twins[i]);
    }
    for (size_t k = 0; k < migration_count; k++)
        migrations[k].postgres =
            postgres_schema(migrations[k].path, migrations[k].text, migrations[k].twin);
}

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            fputs(p[1] ? "\\n\"\n    \"" : "\\n", out);
        else if (*p == '"' || *p == '\\' || *p == '?')
            fprintf(out, "\\%c", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct query *)a)->name, ((const struct query *)b)->name);
}

static int by_number(const void *a, const void *b)
{
    return ((const struct migration *)a)->number - ((const struct migration *)b)->number;
}

static FILE *create(const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        fail(path, 0, "%s", strerror(errno));
    fputs("// Made by tools/embed_sql from sql/: do not edit.\n", out);
    return out;
}

static void write_header(const char *path)
{
    FILE *header = create(path);
    fputs("#pragma once\n\nenum query_id {\n", header);
    for (size_t i = 0; i < query_count; i++) {
        fputs("    QUERY_", header);
        for (const char *p = queries[i].name; *p; p++)
            fputc(toupper((unsigned char)*p), header);
        fputs(",\n", header);
    }
    fputs("    QUERY_COUNT\n};\n", header);
    fclose(header);
}

static void write_source(const char *path)
{
    FILE *out = create(path);
    fputs("#include <stddef.h>\n\n#include <gridcase/db/query_text.h>\n\n"
          "const struct db_query_text db_query_texts[] = {\n",
          out);
    for (size_t i = 0; i < query_count; i++) {
        fprintf(out,
                "    {.name = \"%s\", .database = \"%s\", .parameters = %d, "
                ".part = %s, .many = %s,\n    .text = ",
                queries[i].name, queries[i].database, queries[i].parameters,
                queries[i].part ? "true" : "false", queries[i].many ? "true" : "false");
        put_text(out, queries[i].text);
        if (queries[i].postgres) {
            fputs(",\n    .postgres = ", out);
            put_text(out, queries[i].postgres);
        }
        fputs("},\n", out);
    }
    fputs("    {.name = NULL},\n};\n\n"
          "const struct db_migration_text db_migration_texts[] = {\n",
          out);
    for (size_t i = 0; i < migration_count; i++) {
        fprintf(out, "    {.number = %d, .name = \"%s\", .database = \"%s\",\n    .text = ",
                migrations[i].number, migrations[i].name, migrations[i].database);
        put_text(out, migrations[i].text);
        fputs(",\n    .postgres = ", out);
        put_text(out, migrations[i].postgres);
        if (migrations[i].twin) {
            fputs(",\n    .postgres_twin = ", out);
            put_text(out, migrations[i].twin);
        }
        fputs("},\n", out);
    }
    fprintf(out, "    {.number = 0},\n};\n\nconst size_t db_migration_count = %zu;\n",
            migration_count);
    fclose(out);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = 3; i < argc; i++) {
        if (strstr(argv[i], "/schema/"))
            read_migration(argv[i]);
        else
            read_queries(argv[i]);
    }
    match_twins();
    qsort(queries, query_count, sizeof queries[0], by_name);
    qsort(migrations, migration_count, sizeof migrations[0], by_number);
    write_header(argv[1]);
    write_source(argv[2]);
    return 0;
}
