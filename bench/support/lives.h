// SPDX-License-Identifier: MPL-2.0
// The data of benches: a store with the made-up city and millions of whole lives of cases,
// filled once through case_bulk and used by every bench that asks for the same size.
//
//   GRIDCASE_BENCH_DATA   where the stores are kept (BUILD/bench-data); the store of N
//                         million cases is its folder N
//   SCALE                 millions of cases: 1 by default
//
// Whoever writes works on a copy (bench_data_copy): several benches may read at once.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "city.h"

enum { BENCH_OPEN_CASES = 50000, BENCH_SETTLE_S = 120 };

struct bench_data {
    char folder[768];   // a data folder
    char original[768]; // the same, or of what it is a copy
    int64_t cases;
    double filled_seconds; // 0: it was there
};

// Millions of cases that are asked for (SCALE), as cases.
int64_t bench_cases(void);
// The store with that many cases, filled now when it is not there. `build` is the build
// folder. Exits with a message when it cannot be made: too little disk, for example.
void bench_data_open(const char *build, int64_t cases, struct bench_data *ret_data);
// The same as a copy of this name beside it, made anew each time: for a bench that writes.
void bench_data_copy(const char *build, int64_t cases, const char *name,
                     struct bench_data *ret_data);
// The copy and its database go away.
void bench_data_drop(const struct bench_data *data);
