// SPDX-License-Identifier: MPL-2.0
// The bare probe that intake is compared with: what SQLite does at least for a report, with
// nothing of ours in it.
#pragma once

#include <stdint.h>

// One 300-byte case row with a history row, three indexes and an R*Tree; each committed on
// its own with synchronous=FULL for `seconds`, into a file of `folder` that holds `cases`
// rows already (made on first use, kept). Returns rows a second; exits with a message when
// the file cannot be used.
double probe_run(const char *folder, int64_t cases, double seconds);
