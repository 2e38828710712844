// SPDX-License-Identifier: MPL-2.0
// WebM (EBML): far enough to say whether there is a picture or only sound. Recorders in
// browsers leave lengths open, so that its end cannot be checked; its digest is.
#include <string.h>

#include "media_internal.h"

enum { ELEMENTS_MOST = 10000 };

struct element {
    uint64_t id;
    const uint8_t *bytes;
    size_t length; // inside what is there
    bool open;     // its length is not said
    bool early;    // the file ends before it does
};

// A number of 1 to 8 bytes, its length in the first one's leading zeros. marker: keep the
// bit that says so (ids). False when it does not lie inside.
static bool number(const uint8_t *bytes, size_t length, size_t *at, bool marker,
                   uint64_t *ret, bool *ret_all_ones)
{
    if (*at >= length || bytes[*at] == 0)
        return false;
    size_t size = (size_t)__builtin_clz(bytes[*at]) - 24 + 1;
    if (size > length - *at)
        return false;
    uint64_t value = marker ? bytes[*at] : bytes[*at] & (0xffu >> size);
    for (size_t i = 1; i < size; i++)
        value = value << 8 | bytes[*at + i];
    *at += size;
    *ret = value;
    *ret_all_ones = value == (UINT64_C(1) << (7 * size)) - 1;
    return true;
}

static bool element_next(const uint8_t *bytes, size_t length, size_t *at,
                         struct element *ret)
{
    uint64_t id = 0, size = 0;
    bool ones = false, open = false;
    if (!number(bytes, length, at, true, &id, &ones) ||
        !number(bytes, length, at, false, &size, &open))
        return false;
    size_t rest = length - *at;
    *ret = (struct element){.id = id,
                            .bytes = bytes + *at,
                            .length = open || size > rest ? rest : (size_t)size,
                            .open = open,
                            .early = !open && size > rest};
    *at += ret->length;
    return true;
}

enum ids {
    ID_HEAD = 0x1a45dfa3,
    ID_DOCTYPE = 0x4282,
    ID_SEGMENT = 0x18538067,
    ID_TRACKS = 0x1654ae6b,
    ID_TRACK = 0xae,
    ID_TRACK_TYPE = 0x83,
    ID_CLUSTER = 0x1f43b675
};

// The element with an id among those of a parent; false when it is not there.
static bool find(const struct element *parent, uint64_t id, struct element *ret)
{
    size_t at = 0;
    for (int i = 0; i < ELEMENTS_MOST; i++) {
        if (!element_next(parent->bytes, parent->length, &at, ret) || ret->id == ID_CLUSTER)
            return false;
        if (ret->id == id)
            return true;
    }
    return false;
}

static void look_at_tracks(const struct element *tracks, bool *picture, bool *sound)
{
    struct element track, type;
    size_t at = 0;
    for (int i = 0; i < ELEMENTS_MOST; i++) {
        if (!element_next(tracks->bytes, tracks->length, &at, &track))
            return;
        if (track.id != ID_TRACK || !find(&track, ID_TRACK_TYPE, &type) || type.length != 1)
            continue;
        *picture |= type.bytes[0] == 1;
        *sound |= type.bytes[0] == 2;
    }
}

int webm_look(const uint8_t *bytes, size_t length, struct media_look *look,
              struct error *error)
{
    struct element head, doctype, segment, tracks;
    bool picture = false, sound = false;
    size_t at = 0;
    if (!element_next(bytes, length, &at, &head) || head.id != ID_HEAD || head.open ||
        head.early || !find(&head, ID_DOCTYPE, &doctype))
        return error_set(error, ERROR_INPUT, "media.truncated", "the film ends early");
    if (doctype.length < 4 || memcmp(doctype.bytes, "webm", 4) != 0)
        return error_set(error, ERROR_INPUT, "media.type_unknown",
                         "of the Matroska files only WebM is taken");
    if (!element_next(bytes, length, &at, &segment) || segment.id != ID_SEGMENT)
        return error_set(error, ERROR_INPUT, "media.truncated", "the film ends early");
    if (segment.early)
        return error_set(error, ERROR_INPUT, "media.truncated", "the film ends early");
    if (at != length)
        return error_set(error, ERROR_INPUT, "media.two_kinds",
                         "something else hangs behind the end of the film");
    if (find(&segment, ID_TRACKS, &tracks))
        look_at_tracks(&tracks, &picture, &sound);
    if (!picture && !sound)
        return error_set(error, ERROR_INPUT, "media.broken",
                         "the film has neither picture nor sound");
    look->type = picture ? MEDIA_WEBM : MEDIA_WEBM_SOUND;
    return 0;
}
