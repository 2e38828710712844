// SPDX-License-Identifier: MPL-2.0
// Where a city's locator files are; only for the city room.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct db_store;

// "locator-3.bin" of the unit grids (level_id 0), "locator-3-7.bin" of a level.
int locator_path(const struct db_store *store, const char *slug, int64_t version,
                 int64_t level_id, char *out, size_t size,
                 struct error *error) ERROR_MUST_CHECK;
