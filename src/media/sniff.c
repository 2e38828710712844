// SPDX-License-Identifier: MPL-2.0
// What a file is, by its bytes; EXIF orientation. Every length in here comes from a
// stranger.
#include <string.h>

#include "media_internal.h"

static const char *const types[MEDIA_TYPE_COUNT] = {
    [MEDIA_JPEG] = "image/jpeg",
    [MEDIA_PNG] = "image/png",
};
static const uint8_t png_head[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

const char *media_type_to_str(enum media_type type)
{
    return (unsigned)type < MEDIA_TYPE_COUNT ? types[type] : "";
}

int media_type_sniff(const uint8_t *bytes, size_t length, enum media_type *ret_type,
                     struct error *error)
{
    if (length >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
        *ret_type = MEDIA_JPEG;
    else if (length >= sizeof png_head && memcmp(bytes, png_head, sizeof png_head) == 0)
        *ret_type = MEDIA_PNG;
    else
        return error_set(error, ERROR_INPUT, "media.type_unknown",
                         "the file is neither a JPEG nor a PNG image");
    return 0;
}

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

// ---- EXIF ----
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

static int tiff_orientation(const struct tiff *tiff)
{
    enum { ENTRY = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    size_t at = tiff_u32(tiff, 4);
    if (at < 8 || at > tiff->length || tiff->length - at < 2)
        return 1;
    unsigned entries = tiff_u16(tiff, at);
    at += 2;
    for (unsigned i = 0; i < entries && tiff->length - at >= ENTRY; i++, at += ENTRY) {
        if (tiff_u16(tiff, at) != TAG_ORIENTATION)
            continue;
        unsigned value = tiff_u16(tiff, at + 8);
        bool fine = tiff_u16(tiff, at + 2) == TYPE_SHORT && value >= 1 && value <= 8;
        return fine ? (int)value : 1;
    }
    return 1;
}

int exif_orientation(const uint8_t *bytes, size_t length)
{
    static const uint8_t exif_head[6] = {'E', 'x', 'i', 'f', 0, 0};
    struct segment segment;
    size_t at = 2;
    while (segment_next(bytes, length, &at, &segment)) {
        if (segment.marker != 0xe1 || segment.length < sizeof exif_head + 8 ||
            memcmp(segment.bytes, exif_head, sizeof exif_head) != 0)
            continue;
        struct tiff tiff = {.bytes = segment.bytes + sizeof exif_head,
                            .length = segment.length - sizeof exif_head};
        bool motorola = memcmp(tiff.bytes, "MM\0*", 4) == 0;
        if (!motorola && memcmp(tiff.bytes, "II*\0", 4) != 0)
            return 1;
        tiff.big_endian = motorola;
        return tiff_orientation(&tiff);
    }
    return 1;
}

// ---- PNG chunks ----
bool png_is_whole(const uint8_t *bytes, size_t length)
{
    size_t at = sizeof png_head;
    while (at <= length && length - at >= 12) {
        size_t size = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                      (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (size > length - at - 12)
            return false;
        if (memcmp(bytes + at + 4, "IEND", 4) == 0)
            return true;
        at += 12 + size;
    }
    return false;
}
