// SPDX-License-Identifier: MPL-2.0
// Datums that points come in, and the way to the one that is stored.
//
// Chinese map services give coordinates that are shifted on purpose: GCJ-02 by 300 to 700
// m, BD-09 by another 500 to 900 m. Neither is in PROJ, both are public knowledge. A
// shifted point lands some unit grids away, in another department's area, so a source says
// which datum it speaks and what is stored is converted at the edge. WGS 84 and CGCS2000
// differ by less than any handset errs and are taken as one.
#pragma once

#include <stddef.h>

#include <gridcase/core/error.h>

// Stored with each point: never reuse a number.
enum geo_datum { GEO_WGS84 = 0, GEO_CGCS2000 = 1, GEO_GCJ02 = 2, GEO_BD09 = 3 };
enum { GEO_DATUM_COUNT = 4 };

const char *geo_datum_to_str(enum geo_datum datum); // "wgs84", ..., "bd09"
// Also as people write them: "GCJ-02", "WGS 84"; case, blanks, dashes and underscores do
// not count. ERROR_INPUT "point.datum".
int geo_datum_from_str(const char *text, size_t length, enum geo_datum *ret_datum,
                       struct error *error) ERROR_MUST_CHECK;

// Degrees of WGS 84 to degrees of the datum, in place. Points beyond a box around China
// (72.004..137.8347 E, 0.8293..55.8271 N) are not shifted, as map services do it.
void geo_datum_shift(enum geo_datum datum, double *lon_deg, double *lat_deg);
// The way back: what, shifted, gives the point to within 1e-9 degree (0.1 mm). The shift
// has no closed inverse; a step of iteration leaves a hundredth of the error.
void geo_datum_unshift(enum geo_datum datum, double *lon_deg, double *lat_deg);
