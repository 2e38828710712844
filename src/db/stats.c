// SPDX-License-Identifier: MPL-2.0
// What statements cost, counted in this process; what tables weigh.
#include <gridcase/db/stats.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>

#include "db_internal.h"

static struct {
    atomic_ullong calls, total_us, worst_us;
} counted[QUERY_COUNT];

static void add(const struct db_statement *statement, uint64_t took_us)
{
    enum query_id query = statement->parts[0];
    uint64_t worst = atomic_load_explicit(&counted[query].worst_us, memory_order_relaxed);
    atomic_fetch_add_explicit(&counted[query].total_us, took_us, memory_order_relaxed);
    while (statement->spent_us > worst &&
           !atomic_compare_exchange_weak(&counted[query].worst_us,
                                         (unsigned long long *)&worst, statement->spent_us))
        continue;
}

int db_step_counted(struct db_statement *statement, struct error *error)
{
    const struct db_engine *engine = statement->db->engine;
    if (statement->rows++ == 0) {
        statement->spent_us = 0;
        atomic_fetch_add_explicit(&counted[statement->parts[0]].calls, 1,
                                  memory_order_relaxed);
    }
    int64_t began_us = instant_monotonic_us();
    int code = engine->step(statement->native, error);
    uint64_t took_us = (uint64_t)(instant_monotonic_us() - began_us);
    statement->spent_us += took_us;
    add(statement, took_us);
    return code;
}

static int by_total(const void *a, const void *b)
{
    const struct db_statement_figures *x = a, *y = b;
    return (x->total_ms < y->total_ms) - (x->total_ms > y->total_ms);
}

size_t db_statements_costly(struct db_statement_figures *out, size_t most)
{
    static const double MS = 1e3;
    struct db_statement_figures *all = memory_array(QUERY_COUNT, sizeof *all);
    size_t count = 0;
    for (int query = 0; all && query < QUERY_COUNT; query++) {
        uint64_t calls = atomic_load(&counted[query].calls);
        if (calls == 0)
            continue;
        struct db_statement_figures *one = &all[count++];
        *one = (struct db_statement_figures){
            .calls = (int64_t)calls,
            .total_ms = (double)atomic_load(&counted[query].total_us) / MS,
            .worst_ms = (double)atomic_load(&counted[query].worst_us) / MS};
        one->mean_ms = one->total_ms / (double)calls;
        snprintf(one->name, sizeof one->name, "%s", db_query_texts[query].name);
    }
    if (count > 0)
        qsort(all, count, sizeof *all, by_total);
    if (count > most)
        count = most;
    for (size_t i = 0; i < count; i++)
        out[i] = all[i];
    free(all);
    return count;
}

int db_statements_on_server(struct db *db, struct db_statement_figures *out, size_t most,
                            int *ret_count, int64_t *ret_since_ms, struct error *error)
{
    *ret_count = -1;
    *ret_since_ms = 0;
    if (!db->engine->statements)
        return 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = db_begin(db, DB_READ, &transaction, error);
    return code == 0 ? db->engine->statements(db->connection, out, most, ret_count,
                                              ret_since_ms, error)
                     : code;
}

int db_tables_sizes(struct db *db,
                    int (*each)(void *context, const struct db_table_size *size),
                    void *context, struct error *error)
{
    struct db_statement *row DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_TABLE_SIZES, &row, error);
    while (code >= 0 && (code = db_step(row, error)) == DB_ROW) {
        struct db_table_size size = {.name = db_column_text(row, 0),
                                     .rows = db_column_int(row, 1),
                                     .bytes = db_column_int(row, 2),
                                     .index_bytes = db_column_int(row, 3),
                                     .parts = db_column_int(row, 4)};
        code = each(context, &size);
    }
    return code < 0 ? code : 0;
}

// ---- the databases' server ----

void db_connections_count(struct db_store *store,
                          struct db_connection_counters *ret_counters)
{
    *ret_counters = (struct db_connection_counters){0};
    if (store->engine->count_connections)
        store->engine->count_connections(store->address, ret_counters);
}

int db_store_replicas(struct db_store *store, struct db_replicas *ret_replicas,
                      struct error *error)
{
    *ret_replicas = (struct db_replicas){0};
    return store->engine->replicas
               ? store->engine->replicas(store->address, ret_replicas, error)
               : 0;
}
