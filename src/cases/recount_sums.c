// SPDX-License-Identifier: MPL-2.0
// Daily figures of all fact rows against the rollups: random sums first, and only where
// those differ the figures themselves.
#include <stdlib.h>
#include <string.h>

#include "recount_internal.h"

enum { EXACT_SUMS_MOST = 64, EXACT_ROWS_MOST = 4 * 1024 * 1024, FACTS_A_RANGE = 20000 };

struct key {
    int table; // 0 department, 1 area
    int64_t day, id;
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static uint64_t key_hash(const struct recount_sums *sums, const struct key *key)
{
    return mix(mix((uint64_t)key->day * 2 + (uint64_t)key->table + sums->secret[0]) +
               (uint64_t)key->id * sums->secret[1]);
}

void recount_sums_begin(struct recount_sums *sums)
{
    memset(sums, 0, sizeof *sums);
    random_bytes(sums->secret, sizeof sums->secret);
    for (size_t i = 0; i < sizeof sums->secret / sizeof sums->secret[0]; i++)
        sums->secret[i] |= 1;
}

void recount_sums_like(struct recount_sums *sums, const struct recount_sums *other)
{
    memset(sums, 0, sizeof *sums);
    memcpy(sums->secret, other->secret, sizeof sums->secret);
}

static uint64_t weigh(const struct recount_sums *sums, const struct fact_day *day)
{
    uint64_t weight = 0;
    for (int i = 0; i < FIGURE_COUNT; i++)
        weight += (uint64_t)day->figures[i] * sums->secret[2 + i];
    return weight;
}

static void add(struct recount_sums *sums, const struct key *key, uint64_t weight)
{
    uint64_t hash = key_hash(sums, key);
    sums->sums[key->table][hash % RECOUNT_SUMS] += weight * (hash | 1);
}

void recount_sums_add(struct recount_sums *sums, const struct fact *fact,
                      const struct calendar *calendar)
{
    struct fact_day days[FACT_DAYS];
    int count = fact_days(fact, calendar, days);
    for (int i = 0; i < count; i++) {
        uint64_t weight = weigh(sums, &days[i]);
        add(sums, &(struct key){0, days[i].day, fact->values[FACT_DEPARTMENT_ID]}, weight);
        for (int k = 0; k < CITY_LEVEL_LIMIT; k++)
            if (fact->values[FACT_AREA_1 + k] != 0)
                add(sums, &(struct key){1, days[i].day, fact->values[FACT_AREA_1 + k]},
                    weight);
    }
}

void recount_sums_join(struct recount_sums *sums, const struct recount_sums *other)
{
    for (int table = 0; table < 2; table++)
        for (int i = 0; i < RECOUNT_SUMS; i++)
            sums->sums[table][i] += other->sums[table][i];
}

// ---- the figures themselves, where sums differ: an open hash table ----
struct exact_row {
    bool used;
    struct key key;
    int64_t figures[FIGURE_COUNT];
};
struct exact {
    const struct recount_sums *sums;
    bool looked_at[2][RECOUNT_SUMS];
    int parts, left_out; // sums that differ, with and without a closer look
    struct exact_row *rows;
    size_t room, count;
};

static struct exact_row *row_of(const struct exact *exact, const struct key *key)
{
    size_t at = (size_t)(key_hash(exact->sums, key) / RECOUNT_SUMS) & (exact->room - 1);
    for (;; at = (at + 1) & (exact->room - 1)) {
        struct exact_row *row = &exact->rows[at];
        if (!row->used || (row->key.table == key->table && row->key.day == key->day &&
                           row->key.id == key->id))
            return row;
    }
}

static int make_room(struct exact *exact, struct error *error)
{
    if (2 * exact->count < exact->room)
        return 0;
    size_t old_room = exact->room, room = old_room > 0 ? 2 * old_room : 4096;
    struct exact_row *old = exact->rows,
                     *rows = room <= EXACT_ROWS_MOST ? calloc(room, sizeof *rows) : NULL;
    if (rows == NULL)
        return error_set(error, ERROR_LIMIT, "recount.memory", "no memory for the sums");
    exact->rows = rows;
    exact->room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].used)
            *row_of(exact, &old[i].key) = old[i];
    free(old);
    return 0;
}

static int exact_add(struct exact *exact, const struct key *key, const struct fact_day *day,
                     struct error *error)
{
    if (!exact->looked_at[key->table][key_hash(exact->sums, key) % RECOUNT_SUMS])
        return 0;
    int code = make_room(exact, error);
    if (code != 0)
        return code;
    struct exact_row *row = row_of(exact, key);
    if (!row->used) {
        *row = (struct exact_row){.used = true, .key = *key};
        exact->count++;
    }
    for (int i = 0; i < FIGURE_COUNT; i++)
        row->figures[i] += day->figures[i];
    return 0;
}

static int exact_add_fact(struct exact *exact, const struct fact *fact,
                          const struct calendar *calendar, struct error *error)
{
    struct fact_day days[FACT_DAYS];
    int count = fact_days(fact, calendar, days), code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        struct key key = {0, days[i].day, fact->values[FACT_DEPARTMENT_ID]};
        code = exact_add(exact, &key, &days[i], error);
        key.table = 1;
        for (int k = 0; k < CITY_LEVEL_LIMIT && code == 0; k++) {
            key.id = fact->values[FACT_AREA_1 + k];
            if (key.id != 0)
                code = exact_add(exact, &key, &days[i], error);
        }
    }
    return code;
}

static int exact_facts_range(struct exact *exact, struct db *db,
                             const struct calendar *calendar, int64_t after,
                             struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_RECOUNT_FACTS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, after + FACTS_A_RANGE);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct fact fact;
        for (int i = 0; i < FACT_COUNT; i++)
            fact.values[i] = db_column_int(s, i);
        code = exact_add_fact(exact, &fact, calendar, error);
    }
    return code;
}

static int exact_facts(struct exact *exact, struct db *db, const struct calendar *calendar,
                       struct error *error)
{
    int64_t last = 0;
    int code = db_fetch_int(db, QUERY_CASE_ID_LAST, NULL, 0, &last, error);
    for (int64_t after = 0; after < last && code == 0; after += FACTS_A_RANGE)
        code = exact_facts_range(exact, db, calendar, after, error);
    return code;
}

// ---- the rollups ----
// Takes them off the sums, or off the figures where exact is not NULL.
static int take_rollup(struct recount_sums *sums, struct exact *exact, int table,
                       struct db *db, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(
        db, table == 0 ? QUERY_RECOUNT_ROLLUP_DEPARTMENT : QUERY_RECOUNT_ROLLUP_AREA, &s,
        error);
    while (code == 0 && (code = db_step(s, error)) == DB_ROW) {
        struct fact_day day = {.day = db_column_int(s, 0)};
        struct key key = {table, day.day, db_column_int(s, 1)};
        for (int i = 0; i < FIGURE_COUNT; i++)
            day.figures[i] = -db_column_int(s, 2 + i);
        code = 0;
        if (exact != NULL)
            code = exact_add(exact, &key, &day, error);
        else
            add(sums, &key, weigh(sums, &day));
    }
    return code;
}

static void tell_exact(const struct exact *exact, struct recount_findings *findings)
{
    for (size_t i = 0; i < exact->room; i++) {
        const struct exact_row *row = &exact->rows[i];
        for (int k = 0; row->used && k < FIGURE_COUNT; k++)
            if (row->figures[k] != 0)
                recount_find(findings, 0, "rollup.differs",
                             "%s %lld on day %lld: figure %d is off by %lld",
                             row->key.table == 0 ? "department" : "area",
                             (long long)row->key.id, (long long)row->key.day, k,
                             (long long)-row->figures[k]);
    }
    if (exact->left_out > 0)
        recount_find(
            findings, 0, "rollup.differs",
            "so do others: %d of %d parts of the rollups were not looked at closer",
            exact->left_out, 2 * RECOUNT_SUMS);
}

int recount_sums_compare(struct recount_sums *sums, struct db *db,
                         const struct calendar *calendar, struct recount_findings *findings,
                         struct error *error)
{
    struct exact exact = {.sums = sums};
    int code = 0;
    for (int table = 0; table < 2 && code == 0; table++) {
        code = take_rollup(sums, NULL, table, db, error);
        for (int i = 0; i < RECOUNT_SUMS; i++) {
            bool differs = sums->sums[table][i] != 0;
            exact.looked_at[table][i] = differs && exact.parts < EXACT_SUMS_MOST;
            exact.parts += exact.looked_at[table][i];
            exact.left_out += differs && !exact.looked_at[table][i];
        }
    }
    if (code == 0 && exact.parts > 0) {
        code = exact_facts(&exact, db, calendar, error);
        for (int table = 0; table < 2 && code == 0; table++)
            code = take_rollup(sums, &exact, table, db, error);
        if (code == 0)
            tell_exact(&exact, findings);
    }
    free(exact.rows);
    return code;
}
