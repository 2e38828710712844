// SPDX-License-Identifier: MPL-2.0
#include <gridcase/geo/datum.h>

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const char *const names[GEO_DATUM_COUNT] = {"wgs84", "cgcs2000", "gcj02", "bd09"};

const char *geo_datum_to_str(enum geo_datum datum)
{
    return (unsigned)datum < GEO_DATUM_COUNT ? names[datum] : "";
}

int geo_datum_from_str(const char *text, size_t length, enum geo_datum *ret_datum,
                       struct error *error)
{
    char word[16];
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof word - 1; i++)
        if (text[i] != '-' && text[i] != '_' && text[i] != ' ')
            word[used++] = (char)tolower((unsigned char)text[i]);
    word[used] = '\0';
    for (int i = 0; i < GEO_DATUM_COUNT; i++)
        if (strcmp(word, names[i]) == 0) {
            *ret_datum = (enum geo_datum)i;
            return 0;
        }
    return error_set(error, ERROR_INPUT, "point.datum",
                     "datum is wgs84, cgcs2000, gcj02 or bd09");
}

// ---- GCJ-02 ----
// The shift is a sum of sines of the point's distance from 105 E 35 N, in metres, on the
// ellipsoid of Krasovsky.
static const double semi_major_m = 6378245.0;
static const double eccentricity2 = 0.00669342162296594323;

static bool in_box(double lon_deg, double lat_deg)
{
    return lon_deg >= 72.004 && lon_deg <= 137.8347 && lat_deg >= 0.8293 &&
           lat_deg <= 55.8271;
}

// Metres to the north and to the east, x and y being degrees from 105 E 35 N.
static double north_m(double x, double y)
{
    double sum =
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));
    sum += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    sum += (20.0 * sin(y * M_PI) + 40.0 * sin(y / 3.0 * M_PI)) * 2.0 / 3.0;
    sum += (160.0 * sin(y / 12.0 * M_PI) + 320.0 * sin(y * M_PI / 30.0)) * 2.0 / 3.0;
    return sum;
}

static double east_m(double x, double y)
{
    double sum = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));
    sum += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    sum += (20.0 * sin(x * M_PI) + 40.0 * sin(x / 3.0 * M_PI)) * 2.0 / 3.0;
    sum += (150.0 * sin(x / 12.0 * M_PI) + 300.0 * sin(x / 30.0 * M_PI)) * 2.0 / 3.0;
    return sum;
}

static void shift_gcj02(double *lon_deg, double *lat_deg)
{
    if (!in_box(*lon_deg, *lat_deg))
        return;
    double x = *lon_deg - 105.0;
    double y = *lat_deg - 35.0;
    double latitude = *lat_deg / 180.0 * M_PI;
    double magic = 1 - eccentricity2 * sin(latitude) * sin(latitude);
    double meridian_m = semi_major_m * (1 - eccentricity2) / (magic * sqrt(magic));
    double parallel_m = semi_major_m / sqrt(magic) * cos(latitude);
    *lat_deg += north_m(x, y) * 180.0 / (meridian_m * M_PI);
    *lon_deg += east_m(x, y) * 180.0 / (parallel_m * M_PI);
}

// ---- BD-09: GCJ-02, turned and moved once more ----
static void shift_bd09(double *lon_deg, double *lat_deg)
{
    static const double wave = M_PI * 3000.0 / 180.0;
    shift_gcj02(lon_deg, lat_deg);
    double x = *lon_deg;
    double y = *lat_deg;
    double radius = sqrt(x * x + y * y) + 0.00002 * sin(y * wave);
    double angle = atan2(y, x) + 0.000003 * cos(x * wave);
    *lon_deg = radius * cos(angle) + 0.0065;
    *lat_deg = radius * sin(angle) + 0.006;
}

// ---- both ways ----
void geo_datum_shift(enum geo_datum datum, double *lon_deg, double *lat_deg)
{
    if (datum == GEO_GCJ02)
        shift_gcj02(lon_deg, lat_deg);
    // Outside of the box a map service has no BD-09 either.
    else if (datum == GEO_BD09 && in_box(*lon_deg, *lat_deg))
        shift_bd09(lon_deg, lat_deg);
}

void geo_datum_unshift(enum geo_datum datum, double *lon_deg, double *lat_deg)
{
    enum { ROUNDS_MOST = 20 };
    double lon = *lon_deg;
    double lat = *lat_deg;
    if (datum == GEO_WGS84 || datum == GEO_CGCS2000 || !in_box(lon, lat))
        return;
    for (int i = 0; i < ROUNDS_MOST; i++) {
        double x = lon;
        double y = lat;
        geo_datum_shift(datum, &x, &y);
        lon += *lon_deg - x;
        lat += *lat_deg - y;
        if (fabs(*lon_deg - x) < 1e-10 && fabs(*lat_deg - y) < 1e-10)
            break;
    }
    *lon_deg = lon;
    *lat_deg = lat;
}
