// SPDX-License-Identifier: MPL-2.0
// The bare probe (probe.h) for a store on PostgreSQL.
#pragma once

#include <stdint.h>

double probe_server_run(const char *folder, int64_t cases, double seconds);
