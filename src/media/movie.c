// SPDX-License-Identifier: MPL-2.0
// MP4, M4A and MOV (ISO 14496-12): the boxes are walked, nothing is decoded. Says whether
// there is a picture or only sound, where place and tags stand (so that a copy for others
// can have them blanked at the same length), and what the camera wrote there. Every length
// comes from a stranger.
#include <math.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "media_internal.h"

enum { BOX_HEAD = 8, BOXES_MOST = 100000, DEPTH_MOST = 6 };

struct box {
    const uint8_t *head;  // 4 bytes of length, 4 of type
    const uint8_t *bytes; // what is inside
    size_t length;
};

struct walk {
    struct media_look *look;
    bool picture, sound;
    size_t boxes;
    const uint8_t *file;
};

static uint64_t be(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

static bool box_is(const struct box *box, const char type[5])
{
    return memcmp(box->head + 4, type, 4) == 0;
}

enum next { NEXT_BOX, NEXT_END, NEXT_EARLY, NEXT_NONSENSE };

// The box at *at of `length` bytes. outermost: its length may be 0, "to the end".
static enum next box_next(const uint8_t *bytes, size_t length, size_t *at, bool outermost,
                          struct box *ret)
{
    if (*at == length)
        return NEXT_END;
    const uint8_t *head = bytes + *at;
    size_t rest = length - *at, used = BOX_HEAD;
    if (rest < BOX_HEAD)
        return NEXT_EARLY;
    for (size_t i = 4; i < BOX_HEAD; i++)
        if (head[i] != 0xa9 && (head[i] < 0x20 || head[i] > 0x7e))
            return NEXT_NONSENSE;
    uint64_t size = be(head, 4);
    if (size == 1) {
        if (rest < 2 * BOX_HEAD)
            return NEXT_EARLY;
        size = be(head + BOX_HEAD, 8);
        used = 2 * (size_t)BOX_HEAD;
    } else if (size == 0 && outermost) {
        size = rest;
    }
    if (size < used)
        return NEXT_NONSENSE;
    if (size > rest)
        return NEXT_EARLY;
    *ret = (struct box){.head = head, .bytes = head + used, .length = (size_t)size - used};
    *at += (size_t)size;
    return NEXT_BOX;
}

// ---- place and time ----
// One number of ISO 6709, "+27.5916"; moves the cursor behind it.
static double number_6709(const char **cursor, const char *end)
{
    const char *at = *cursor;
    if (at == end || (*at != '+' && *at != '-'))
        return (double)NAN;
    double sign = *at++ == '-' ? -1 : 1, value = 0, scale = 1;
    bool point = false;
    size_t digits = 0;
    for (;
         at < end && digits < 16 && ((*at >= '0' && *at <= '9') || (*at == '.' && !point));
         at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        value = value * 10 + (*at - '0');
        scale *= point ? 10 : 1;
        digits++;
    }
    *cursor = at;
    return digits > 0 ? sign * value / scale : (double)NAN;
}

static void read_6709(const uint8_t *bytes, size_t length, struct media_taken *taken)
{
    const char *cursor = (const char *)bytes, *end = cursor + length;
    double lat_deg = number_6709(&cursor, end);
    double lon_deg = number_6709(&cursor, end);
    bool nowhere = fabs(lat_deg) < 1e-9 && fabs(lon_deg) < 1e-9;
    if (taken->has_place || !(fabs(lat_deg) <= 90) || !(fabs(lon_deg) <= 180) || nowhere)
        return;
    taken->has_place = true;
    taken->lat_deg = lat_deg;
    taken->lon_deg = lon_deg;
}

// Values of the movie's metadata: the one that reads as a place is the place.
static void read_values(const struct box *meta, struct media_taken *taken)
{
    for (size_t at = 0; at + 24 <= meta->length && at < 65536; at++) {
        const uint8_t *data = meta->bytes + at;
        uint64_t size = be(data, 4);
        if (memcmp(data + 4, "data", 4) == 0 && size > 16 && size <= meta->length - at)
            read_6709(data + 16, (size_t)size - 16, taken);
    }
}

// Seconds since 1904 UTC, out of the movie's header.
static void read_created(const struct box *header, struct media_taken *taken)
{
    static const int64_t FROM_1904_S = 2082844800, YEAR_1990_S = 631152000;
    bool wide = header->length >= 12 && header->bytes[0] == 1;
    if (header->length < 8)
        return;
    uint64_t created_s = wide ? be(header->bytes + 4, 8) : be(header->bytes + 4, 4);
    if (created_s < UINT64_C(1) << 33 && (int64_t)created_s - FROM_1904_S > YEAR_1990_S)
        taken->at_ms = ((int64_t)created_s - FROM_1904_S) * 1000;
}

// ---- boxes ----
static void note_tags(struct walk *walk, const struct box *box)
{
    struct media_look *look = walk->look;
    if (look->tag_count < MEDIA_TAGS_MOST)
        look->tags[look->tag_count++] =
            (struct media_range){.at = (size_t)(box->head - walk->file),
                                 .length = (size_t)(box->bytes - box->head) + box->length};
    else
        look->tags_overflow = true;
}

static bool is_tags(const struct box *box)
{
    return box_is(box, "udta") || box_is(box, "meta") || box_is(box, "uuid");
}

static void read_tags(struct walk *walk, const struct box *box)
{
    struct box inner;
    note_tags(walk, box);
    if (box_is(box, "meta"))
        read_values(box, &walk->look->taken);
    for (size_t at = 0; box_is(box, "udta") && at < box->length;) {
        if (walk->boxes++ > BOXES_MOST ||
            box_next(box->bytes, box->length, &at, false, &inner) != NEXT_BOX)
            return;
        if (box_is(&inner, "\251xyz") && inner.length > 4)
            read_6709(inner.bytes + 4, inner.length - 4, &walk->look->taken);
    }
}

// Boxes of the movie: moov, and inside it trak and mdia.
static int walk_movie(struct walk *walk, const struct box *box, int depth,
                      struct error *error)
{
    struct box inner;
    enum next next = NEXT_END;
    int code = 0;
    for (size_t at = 0; code == 0 && at < box->length;) {
        // Some writers end a list with four zeros.
        if (box->length - at == 4 && be(box->bytes + at, 4) == 0)
            return 0;
        next = box_next(box->bytes, box->length, &at, false, &inner);
        if (next != NEXT_BOX || walk->boxes++ > BOXES_MOST)
            return error_set(error, ERROR_INPUT, "media.broken",
                             "the film's boxes do not fit into each other");
        if (is_tags(&inner))
            read_tags(walk, &inner);
        else if (box_is(&inner, "mvhd"))
            read_created(&inner, &walk->look->taken);
        else if (box_is(&inner, "hdlr") && box_is(box, "mdia") && inner.length >= 12) {
            walk->picture |= memcmp(inner.bytes + 8, "vide", 4) == 0;
            walk->sound |= memcmp(inner.bytes + 8, "soun", 4) == 0;
        } else if ((box_is(&inner, "trak") || box_is(&inner, "mdia")) && depth < DEPTH_MOST)
            code = walk_movie(walk, &inner, depth + 1, error);
    }
    return code;
}

static int walk_file(struct walk *walk, const uint8_t *bytes, size_t length,
                     struct error *error)
{
    struct box box;
    enum next next = NEXT_END;
    bool movie = false;
    int code = 0;
    for (size_t at = 0; code == 0;) {
        next = box_next(bytes, length, &at, true, &box);
        if (next != NEXT_BOX)
            break;
        if (walk->boxes++ > BOXES_MOST)
            next = NEXT_NONSENSE;
        if (is_tags(&box))
            read_tags(walk, &box);
        if (box_is(&box, "moov")) {
            movie = true;
            code = walk_movie(walk, &box, 0, error);
        }
    }
    if (code != 0)
        return code;
    if (next == NEXT_NONSENSE)
        return error_set(error, ERROR_INPUT, movie ? "media.two_kinds" : "media.broken",
                         movie ? "something else hangs behind the end of the film"
                               : "the film is broken");
    if (next == NEXT_EARLY || !movie)
        return error_set(error, ERROR_INPUT, "media.truncated", "the film ends early");
    return 0;
}

int movie_look(const uint8_t *bytes, size_t length, struct media_look *look,
               struct error *error)
{
    struct walk walk = {.look = look, .file = bytes};
    int code = walk_file(&walk, bytes, length, error);
    if (code == 0 && look->tags_overflow)
        code = error_set(error, ERROR_INPUT, "media.broken", "the film has too many tags");
    if (code == 0 && !walk.picture && !walk.sound)
        code = error_set(error, ERROR_INPUT, "media.broken",
                         "the film has neither picture nor sound");
    if (code == 0 && !walk.picture)
        look->type = MEDIA_M4A;
    else if (code == 0 && look->type == MEDIA_M4A)
        look->type = MEDIA_MP4;
    return code;
}

void movie_clean(uint8_t *bytes, size_t length, const struct media_look *look)
{
    for (size_t i = 0; i < look->tag_count; i++) {
        struct media_range tag = look->tags[i];
        if (tag.at > length || tag.length > length - tag.at || tag.length < BOX_HEAD)
            continue;
        size_t used = be(bytes + tag.at, 4) == 1 ? 2 * (size_t)BOX_HEAD : BOX_HEAD;
        memcpy(bytes + tag.at + 4, "free", 4);
        if (tag.length > used)
            memset(bytes + tag.at + used, 0, tag.length - used);
    }
}
