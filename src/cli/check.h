// SPDX-License-Identifier: MPL-2.0
// Checking a city of a data folder: what gridcase check does, and a restore at its end.
#pragma once

#include <gridcase/core/error.h>

enum { CLI_CHECK_QUIET = 1, CLI_CHECK_PHOTOS = 2 };

// Prints findings and counts on standard output. ERROR_STORE "check.failed".
int cli_check_city(const char *data, const char *slug, unsigned flags,
                   struct error *error) ERROR_MUST_CHECK;
