// SPDX-License-Identifier: MPL-2.0
// The settings of a data folder as serve reads them (serve.c).
#pragma once

#include <gridcase/core/option.h>

// File (--config or DATA/gridcase.ini), environment, flags: taken out of argv.
int cli_settings(int *argc, char **argv, const char *data, struct options *options,
                 struct error *error) ERROR_MUST_CHECK;
