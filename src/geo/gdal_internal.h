// SPDX-License-Identifier: MPL-2.0
// GDAL set up once, quiet, without network; only for the geo floor.
#pragma once

#include <gdal.h>

#include <gridcase/core/error.h>

void gdal_start(void);
// Opens a file (".gz" read through) or a "PG:" text with one of the drivers we allow.
// open_options may be NULL. Errors as geo_layer_read.
int gdal_open(const char *path, char **open_options, GDALDatasetH *ret_dataset,
              struct error *error) ERROR_MUST_CHECK;
// Errors that GDAL raises on this thread are kept for CPLGetLastErrorMsg, never printed.
void gdal_quiet_begin(void);
void gdal_quiet_end(void);
