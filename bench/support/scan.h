// SPDX-License-Identifier: MPL-2.0
// What figures are compared with: the same counted by SQL with the engine's own stock
// program, cell by cell. Nothing of gridcase is in it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lives.h"

struct bench_cell {
    uint64_t key; // of two columns: bench_cell_key
    double values[4];
};
static inline uint64_t bench_cell_key(int64_t first, int64_t second)
{
    return (uint64_t)first << 32 ^ (uint64_t)second;
}

// On the cases of a store. SQLite: with a database `beside` for tables of the bench's own;
// PostgreSQL: schema `beside`, and one process of a query. Both go away at the end.
struct bench_scan;
struct bench_scan *bench_scan_open(const struct bench_data *data);
void bench_scan_close(struct bench_scan *scan);
// Statements without an answer. Exits with a message on failure.
void bench_scan_do(struct bench_scan *scan, const char *text);
// Two key columns, then at most four values, in the order of the keys; free() the cells.
// *ret_ms: processor time; of PostgreSQL, whose work is another process's, time that
// passed.
size_t bench_scan_ask(struct bench_scan *scan, const char *text,
                      struct bench_cell **ret_cells, double *ret_ms);
const struct bench_cell *bench_cell_find(const struct bench_cell *cells, size_t count,
                                         uint64_t key);
