// SPDX-License-Identifier: MPL-2.0
// A made-up city of 102,400 unit grids for benches: square cells of about 100 m, 16
// districts, 256 streets, 4,096 communities, 40 departments, 100 classes, and a process of
// six moves (bench/city/process).
#pragma once

#define BENCH_CITY "bench"

// Writes the model into a folder. 0 or -1 with a message on standard error.
int bench_city_write(const char *folder);
