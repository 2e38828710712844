// SPDX-License-Identifier: MPL-2.0
// Fixes as bytes: a version, then for each fix the differences to the one before (seconds;
// millionths of a degree of longitude and latitude; the first to the batch's beginning and
// to 0, 0) and its accuracy in metres, each a number of 7 bits a byte, low ones first,
// signs folded in. Some 7 bytes a fix.
#include <math.h>

#include <gridcase/cases/track.h>

enum { PACKED_VERSION = 1, SECOND_MS = 1000, VARINT_MOST = 10 };
static const double UNITS_PER_DEG = 1e6;

static size_t put(uint8_t *out, uint64_t value)
{
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        out[length++] = (uint8_t)(value | 0x80);
    out[length++] = (uint8_t)value;
    return length;
}

static uint64_t fold(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value < 0 ? -1 : 0);
}

static int64_t unfold(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

size_t track_pack(const struct track_fix *fixes, size_t count, uint8_t *out)
{
    size_t length = 0;
    int64_t second = count > 0 ? fixes[0].at_ms / SECOND_MS : 0, lon = 0, lat = 0;
    out[length++] = PACKED_VERSION;
    for (size_t i = 0; i < count; i++) {
        int64_t at = fixes[i].at_ms / SECOND_MS;
        int64_t x = llround(fixes[i].lon_deg * UNITS_PER_DEG),
                y = llround(fixes[i].lat_deg * UNITS_PER_DEG);
        length += put(out + length, (uint64_t)(at - second));
        length += put(out + length, fold(x - lon));
        length += put(out + length, fold(y - lat));
        length += put(out + length, (uint64_t)fixes[i].accuracy_m);
        second = at;
        lon = x;
        lat = y;
    }
    return length;
}

struct taking {
    const uint8_t *at, *end;
    bool torn;
};

static uint64_t take(struct taking *taking)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 7 * VARINT_MOST && taking->at < taking->end;
         shift += 7) {
        uint8_t byte = *taking->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    taking->torn = true;
    return 0;
}

// Differences that add up to no place or time of ours.
static bool sane(uint64_t seconds, int64_t lon, int64_t lat, uint64_t accuracy)
{
    static const int64_t LON_MOST = 180000000, LAT_MOST = 90000000;
    return seconds <= TRACK_SPAN_MOST_MS / SECOND_MS && lon >= -LON_MOST &&
           lon <= LON_MOST && lat >= -LAT_MOST && lat <= LAT_MOST &&
           accuracy <= TRACK_ACCURACY_MOST_M;
}

int track_unpack(const uint8_t *bytes, size_t length, int64_t begun_ms,
                 struct track_fix *fixes, size_t most, size_t *ret_count,
                 struct error *error)
{
    struct taking taking = {bytes + 1, bytes + length, length == 0 || bytes[0] != 1};
    int64_t second = begun_ms / SECOND_MS;
    uint64_t lon = 0, lat = 0; // wrap rather than overflow
    size_t count = 0;
    while (!taking.torn && taking.at < taking.end && count < most) {
        uint64_t seconds = take(&taking);
        lon += (uint64_t)unfold(take(&taking));
        lat += (uint64_t)unfold(take(&taking));
        uint64_t accuracy = take(&taking);
        taking.torn |= !sane(seconds, (int64_t)lon, (int64_t)lat, accuracy);
        if (taking.torn)
            break;
        second += (int64_t)seconds;
        fixes[count++] = (struct track_fix){.at_ms = second * SECOND_MS,
                                            .lon_deg = (double)(int64_t)lon / UNITS_PER_DEG,
                                            .lat_deg = (double)(int64_t)lat / UNITS_PER_DEG,
                                            .accuracy_m = (int)accuracy};
    }
    if (taking.torn)
        return error_set(error, ERROR_STORE, "track.torn", "a batch of fixes is torn");
    *ret_count = count;
    return 0;
}
