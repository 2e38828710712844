// SPDX-License-Identifier: MPL-2.0
// What a camera writes into a photo: orientation, place, time (EXIF 2.32, in a JPEG's APP1
// or a PNG's eXIf), and the frame of a JPEG. Every length comes from a stranger.
#include <math.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "media_internal.h"

// ---- JPEG markers ----
struct segment {
    int marker; // 0xe1 is APP1
    const uint8_t *bytes;
    size_t length;
};

// Next segment with a length before the first scan; false at the scan, the end or nonsense.
static bool segment_next(const uint8_t *bytes, size_t length, size_t *at,
                         struct segment *ret_segment)
{
    while (*at + 4 <= length && bytes[*at] == 0xff) {
        int marker = bytes[*at + 1];
        if (marker == 0xff) { // filling
            (*at)++;
            continue;
        }
        if (marker == 0xda || marker == 0xd9)
            return false;
        size_t size = (size_t)bytes[*at + 2] << 8 | bytes[*at + 3];
        if (size < 2 || *at + 2 + size > length)
            return false;
        *ret_segment = (struct segment){
            .marker = marker, .bytes = bytes + *at + 4, .length = size - 2};
        *at += 2 + size;
        return true;
    }
    return false;
}

struct jpeg_frame jpeg_frame(const uint8_t *bytes, size_t length)
{
    struct segment segment;
    size_t at = 2;
    while (segment_next(bytes, length, &at, &segment)) {
        int marker = segment.marker;
        bool tables = marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
        if (marker < 0xc0 || marker > 0xcf || tables || segment.length < 5)
            continue;
        return (struct jpeg_frame){.type = marker,
                                   .height_px = segment.bytes[1] << 8 | segment.bytes[2],
                                   .width_px = segment.bytes[3] << 8 | segment.bytes[4]};
    }
    return (struct jpeg_frame){0};
}

// ---- PNG chunks ----
enum { PNG_HEAD = 8, PNG_CHUNK = 12 };

// Length of the chunk at `at`; false when it does not lie inside the file.
static bool png_chunk(const uint8_t *bytes, size_t length, size_t at, size_t *ret_size)
{
    if (at > length || length - at < PNG_CHUNK)
        return false;
    *ret_size = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    return *ret_size <= length - at - PNG_CHUNK;
}

bool png_is_whole(const uint8_t *bytes, size_t length)
{
    size_t size = 0;
    for (size_t at = PNG_HEAD; png_chunk(bytes, length, at, &size); at += PNG_CHUNK + size)
        if (memcmp(bytes + at + 4, "IEND", 4) == 0)
            return true;
    return false;
}

// ---- TIFF ----
struct tiff {
    const uint8_t *bytes;
    size_t length;
    bool big_endian;
};

static unsigned tiff_u16(const struct tiff *tiff, size_t at)
{
    unsigned a = tiff->bytes[at], b = tiff->bytes[at + 1];
    return tiff->big_endian ? a << 8 | b : b << 8 | a;
}

static size_t tiff_u32(const struct tiff *tiff, size_t at)
{
    size_t first = tiff_u16(tiff, at), second = tiff_u16(tiff, at + 2);
    return tiff->big_endian ? first << 16 | second : second << 16 | first;
}

static bool tiff_begin(const uint8_t *bytes, size_t length, struct tiff *ret)
{
    bool motorola = length >= 8 && memcmp(bytes, "MM\0*", 4) == 0;
    *ret = (struct tiff){.bytes = bytes, .length = length, .big_endian = motorola};
    return motorola || (length >= 8 && memcmp(bytes, "II*\0", 4) == 0);
}

static bool find_tiff(const uint8_t *bytes, size_t length, struct tiff *ret)
{
    static const uint8_t exif_head[6] = {'E', 'x', 'i', 'f', 0, 0};
    struct segment segment;
    size_t at = 2, size = 0;
    if (length > PNG_HEAD && bytes[0] == 0x89) {
        for (at = PNG_HEAD; png_chunk(bytes, length, at, &size); at += PNG_CHUNK + size)
            if (memcmp(bytes + at + 4, "eXIf", 4) == 0)
                return tiff_begin(bytes + at + 8, size, ret);
        return false;
    }
    while (segment_next(bytes, length, &at, &segment))
        if (segment.marker == 0xe1 && segment.length >= sizeof exif_head + 8 &&
            memcmp(segment.bytes, exif_head, sizeof exif_head) == 0)
            return tiff_begin(segment.bytes + sizeof exif_head,
                              segment.length - sizeof exif_head, ret);
    return false;
}

enum tiff_type { TIFF_TEXT = 2, TIFF_SHORT = 3, TIFF_LONG = 4, TIFF_RATIONAL = 5 };

struct tiff_value {
    unsigned type;
    size_t count;
    size_t at; // of the value itself, all of it inside the file
};

// The entry of a tag in the directory at `directory`; false when it is not there whole.
static bool tiff_find(const struct tiff *tiff, size_t directory, unsigned tag,
                      struct tiff_value *ret)
{
    enum { ENTRY = 12 };
    static const size_t sizes[] = {0, 1, 1, 2, 4, 8};
    if (directory < 8 || directory > tiff->length || tiff->length - directory < 2)
        return false;
    unsigned entries = tiff_u16(tiff, directory);
    size_t at = directory + 2;
    for (unsigned i = 0; i < entries && tiff->length - at >= ENTRY; i++, at += ENTRY) {
        if (tiff_u16(tiff, at) != tag)
            continue;
        *ret = (struct tiff_value){
            .type = tiff_u16(tiff, at + 2), .count = tiff_u32(tiff, at + 4), .at = at + 8};
        if (ret->type == 0 || ret->type > TIFF_RATIONAL || ret->count > tiff->length)
            return false;
        size_t size = sizes[ret->type] * ret->count;
        if (size > 4)
            ret->at = tiff_u32(tiff, at + 8);
        return ret->at <= tiff->length && size <= tiff->length - ret->at;
    }
    return false;
}

static size_t tiff_directory(const struct tiff *tiff, size_t directory, unsigned tag)
{
    struct tiff_value value;
    if (!tiff_find(tiff, directory, tag, &value) || value.type != TIFF_LONG ||
        value.count < 1)
        return 0;
    return tiff_u32(tiff, value.at);
}

// Rational number i of a value; NaN when it is none.
static double tiff_rational(const struct tiff *tiff, const struct tiff_value *value,
                            size_t i)
{
    if (value->type != TIFF_RATIONAL || i >= value->count)
        return (double)NAN;
    double below = (double)tiff_u32(tiff, value->at + 8 * i + 4);
    return below > 0 ? (double)tiff_u32(tiff, value->at + 8 * i) / below : (double)NAN;
}

// First letter of a text value, 0 when there is none.
static int tiff_letter(const struct tiff *tiff, size_t directory, unsigned tag)
{
    struct tiff_value value;
    bool found = tiff_find(tiff, directory, tag, &value) && value.type == TIFF_TEXT &&
                 value.count >= 1;
    return found ? tiff->bytes[value.at] : 0;
}

int exif_orientation(const uint8_t *bytes, size_t length)
{
    struct tiff tiff;
    struct tiff_value value;
    if (!find_tiff(bytes, length, &tiff) ||
        !tiff_find(&tiff, tiff_u32(&tiff, 4), 0x0112, &value) || value.type != TIFF_SHORT ||
        value.count < 1)
        return 1;
    unsigned number = tiff_u16(&tiff, value.at);
    return number >= 1 && number <= 8 ? (int)number : 1;
}

// ---- where ----
enum {
    GPS_LATITUDE_REF = 1,
    GPS_LATITUDE = 2,
    GPS_LONGITUDE_REF = 3,
    GPS_LONGITUDE = 4,
    GPS_TIME = 7,
    GPS_DATE = 29,
    GPS_ERROR = 31
};

static double degrees(const struct tiff *tiff, size_t gps, unsigned tag, int negative)
{
    struct tiff_value value;
    int letter = tiff_letter(tiff, gps, tag - 1);
    if (letter == 0 || !tiff_find(tiff, gps, tag, &value))
        return (double)NAN;
    double minutes = tiff_rational(tiff, &value, 1),
           seconds = tiff_rational(tiff, &value, 2);
    double sum = tiff_rational(tiff, &value, 0) + (isnan(minutes) ? 0 : minutes / 60) +
                 (isnan(seconds) ? 0 : seconds / 3600);
    return letter == negative ? -sum : sum;
}

static void read_place(const struct tiff *tiff, size_t gps, struct media_taken *taken)
{
    struct tiff_value value;
    double lat_deg = degrees(tiff, gps, GPS_LATITUDE, 'S');
    double lon_deg = degrees(tiff, gps, GPS_LONGITUDE, 'W');
    bool nowhere = fabs(lat_deg) < 1e-9 && fabs(lon_deg) < 1e-9; // no fix yet
    if (!(fabs(lat_deg) <= 90) || !(fabs(lon_deg) <= 180) || nowhere)
        return;
    taken->has_place = true;
    taken->lat_deg = lat_deg;
    taken->lon_deg = lon_deg;
    if (tiff_find(tiff, gps, GPS_ERROR, &value)) {
        double accuracy_m = tiff_rational(tiff, &value, 0);
        taken->accuracy_m = accuracy_m >= 0 && accuracy_m < 1e6 ? accuracy_m : -1;
    }
}

// ---- when ----
// "2026:11:22 08:01:02" (or the date alone) as milliseconds; INSTANT_NONE: no such time.
static int64_t read_stamp(const uint8_t *text, size_t length)
{
    static const size_t at[] = {0, 5, 8, 11, 14, 17}, size[] = {4, 2, 2, 2, 2, 2};
    static const int64_t least[] = {1990, 1, 1, 0, 0, 0},
                         most[] = {2199, 12, 31, 23, 59, 60};
    int64_t parts[6] = {0};
    size_t wanted = length >= 19 ? 6 : 3;
    for (size_t i = 0; i < wanted; i++) {
        if (at[i] + size[i] > length)
            return INSTANT_NONE;
        for (size_t k = 0; k < size[i]; k++) {
            int digit = text[at[i] + k] - '0';
            if (digit < 0 || digit > 9)
                return INSTANT_NONE;
            parts[i] = parts[i] * 10 + digit;
        }
        if (parts[i] < least[i] || parts[i] > most[i])
            return INSTANT_NONE;
    }
    int64_t day = date_to_day((int32_t)parts[0], (int32_t)parts[1], (int32_t)parts[2]);
    return ((day * 24 + parts[3]) * 60 + parts[4]) * 60000 + parts[5] * 1000;
}

// "+08:00" in milliseconds; false when it says nothing.
static bool read_offset(const struct tiff *tiff, size_t exif, unsigned tag, int64_t *ret_ms)
{
    struct tiff_value value;
    if (!tiff_find(tiff, exif, tag, &value) || value.type != TIFF_TEXT || value.count < 6)
        return false;
    const uint8_t *text = tiff->bytes + value.at;
    for (size_t i = 1; i < 6; i++)
        if (i != 3 && (text[i] < '0' || text[i] > '9'))
            return false;
    if ((text[0] != '+' && text[0] != '-') || text[3] != ':')
        return false;
    int64_t minutes =
        ((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0';
    *ret_ms = minutes * 60000 * (text[0] == '-' ? -1 : 1);
    return minutes <= 14 * 60;
}

// Satellite time is UTC.
static int64_t gps_instant(const struct tiff *tiff, size_t gps)
{
    struct tiff_value date, time;
    if (!tiff_find(tiff, gps, GPS_DATE, &date) || date.type != TIFF_TEXT ||
        date.count < 10 || !tiff_find(tiff, gps, GPS_TIME, &time))
        return INSTANT_NONE;
    int64_t day_ms = read_stamp(tiff->bytes + date.at, 10);
    double hours = tiff_rational(tiff, &time, 0), minutes = tiff_rational(tiff, &time, 1);
    double seconds = tiff_rational(tiff, &time, 2);
    if (day_ms == INSTANT_NONE || !(hours < 24) || !(minutes < 60) || !(seconds < 61))
        return INSTANT_NONE;
    return day_ms + (int64_t)((hours * 3600 + minutes * 60 + seconds) * 1000);
}

static void read_time(const struct tiff *tiff, size_t first, size_t gps,
                      struct media_taken *taken)
{
    enum {
        MODIFIED = 0x0132,
        ORIGINAL = 0x9003,
        OFFSET = 0x9010,
        OFFSET_ORIGINAL = 0x9011
    };
    struct tiff_value value;
    size_t exif = tiff_directory(tiff, first, 0x8769);
    bool found =
        tiff_find(tiff, exif, ORIGINAL, &value) || tiff_find(tiff, first, MODIFIED, &value);
    int64_t offset_ms = 0;
    if (found && value.type == TIFF_TEXT && value.count >= 19)
        taken->at_ms = read_stamp(tiff->bytes + value.at, value.count);
    if (taken->at_ms != INSTANT_NONE &&
        (read_offset(tiff, exif, OFFSET_ORIGINAL, &offset_ms) ||
         read_offset(tiff, exif, OFFSET, &offset_ms))) {
        taken->at_ms -= offset_ms;
        return;
    }
    int64_t satellite_ms = gps_instant(tiff, gps);
    taken->local = satellite_ms == INSTANT_NONE && taken->at_ms != INSTANT_NONE;
    if (satellite_ms != INSTANT_NONE)
        taken->at_ms = satellite_ms;
}

void exif_taken(const uint8_t *bytes, size_t length, struct media_taken *ret)
{
    struct tiff tiff;
    struct media_taken taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE};
    if (find_tiff(bytes, length, &tiff)) {
        size_t first = tiff_u32(&tiff, 4);
        size_t gps = tiff_directory(&tiff, first, 0x8825);
        read_place(&tiff, gps, &taken);
        read_time(&tiff, first, gps, &taken);
    }
    *ret = taken;
}
