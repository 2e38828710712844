// SPDX-License-Identifier: MPL-2.0
#include <gridcase/backup/digest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool city_digest_counts(const char *table)
{
    static const char *const passing[] = {"account_link", "case_epoch", "login_throttle",
                                          "session"};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strcmp(table, passing[i]) == 0)
            return false;
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    const struct city_digest_line *x = a, *y = b;
    int order = strcmp(db_database_to_str(x->database), db_database_to_str(y->database));
    return order != 0 ? order : strcmp(x->table, y->table);
}

void city_digest_of(struct city_digest_line *lines, size_t count,
                    struct city_digest *ret_digest)
{
    struct hash *hash = hash_new();
    uint8_t sha256[HASH_SIZE];
    int64_t rows = 0;
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        char hex[HASH_HEX_SIZE], line[256];
        hash_to_hex(lines[i].digest.sha256, hex);
        int length = snprintf(line, sizeof line, "%s %s %lld %s\n",
                              db_database_to_str(lines[i].database), lines[i].table,
                              (long long)lines[i].digest.rows, hex);
        hash_add(hash, line, (size_t)length);
        rows += lines[i].digest.rows;
    }
    hash_finish(hash, sha256);
    hash_to_hex(sha256, ret_digest->hex);
    ret_digest->rows = rows;
}

static int take(struct db *db, const struct db_teller *teller,
                struct city_digest_line *lines, size_t *count, struct error *error)
{
    const struct db_catalogue *catalogue = NULL;
    int code = db_catalogue(db_database_of(db), &catalogue, error);
    for (size_t i = 0; code == 0 && i < catalogue->count; i++) {
        const struct db_table *table = &catalogue->tables[i];
        struct city_digest_line *line = &lines[*count];
        if (!city_digest_counts(table->name))
            continue;
        *line =
            (struct city_digest_line){.database = db_database_of(db), .table = table->name};
        code = db_table_digest(db, table, teller, &line->digest, error);
        ++*count;
    }
    return code;
}

int city_digest_take(struct db *cases, struct db *city, const struct db_teller *teller,
                     struct city_digest *ret_digest, struct error *error)
{
    struct city_digest_line lines[2 * DB_TABLES_MAX];
    size_t count = 0;
    int code = take(cases, teller, lines, &count, error);
    if (code == 0)
        code = take(city, teller, lines, &count, error);
    if (code == 0)
        city_digest_of(lines, count, ret_digest);
    return code;
}
