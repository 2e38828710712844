// SPDX-License-Identifier: MPL-2.0
// What a file is, by its first bytes and then by the way it is built. Every length in here
// comes from a stranger.
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "media_internal.h"

static const struct {
    const char *name, *ending;
    enum media_class class;
} types[MEDIA_TYPE_COUNT] = {
    [MEDIA_JPEG] = {"image/jpeg", "jpg", MEDIA_PHOTO},
    [MEDIA_PNG] = {"image/png", "png", MEDIA_PHOTO},
    [MEDIA_MP3] = {"audio/mpeg", "mp3", MEDIA_SOUND},
    [MEDIA_AAC] = {"audio/aac", "aac", MEDIA_SOUND},
    [MEDIA_M4A] = {"audio/mp4", "m4a", MEDIA_SOUND},
    [MEDIA_OGG] = {"audio/ogg", "ogg", MEDIA_SOUND},
    [MEDIA_WAV] = {"audio/wav", "wav", MEDIA_SOUND},
    [MEDIA_WEBM_SOUND] = {"audio/webm", "weba", MEDIA_SOUND},
    [MEDIA_MP4] = {"video/mp4", "mp4", MEDIA_VIDEO},
    [MEDIA_MOV] = {"video/quicktime", "mov", MEDIA_VIDEO},
    [MEDIA_WEBM] = {"video/webm", "webm", MEDIA_VIDEO},
    [MEDIA_PDF] = {"application/pdf", "pdf", MEDIA_DOCUMENT},
};

const char *media_type_to_str(enum media_type type)
{
    return (unsigned)type < MEDIA_TYPE_COUNT ? types[type].name : "";
}

int media_type_from_str(const char *text)
{
    for (int i = 0; text != NULL && i < MEDIA_TYPE_COUNT; i++)
        if (strcmp(types[i].name, text) == 0)
            return i;
    return -1;
}

const char *media_type_ending(enum media_type type)
{
    return (unsigned)type < MEDIA_TYPE_COUNT ? types[type].ending : "bin";
}

enum media_class media_type_class(enum media_type type)
{
    return (unsigned)type < MEDIA_TYPE_COUNT ? types[type].class : MEDIA_DOCUMENT;
}

// ---- the first bytes ----
static bool begins(const uint8_t *bytes, size_t length, size_t at, const char *with,
                   size_t size)
{
    return length >= at + size && memcmp(bytes + at, with, size) == 0;
}
#define BEGINS(at, with) begins(bytes, length, at, with, sizeof(with) - 1)

// A brand of ISO 14496-12 files.
static int sniff_brand(const uint8_t *brand, enum media_type *ret_type, struct error *error)
{
    static const char *const still[] = {"heic", "heix", "hevc", "hevx", "heim",
                                        "heis", "mif1", "msf1", "avif", "avis"};
    for (size_t i = 0; i < sizeof still / sizeof still[0]; i++)
        if (memcmp(brand, still[i], 4) == 0)
            return error_set(error, ERROR_INPUT, "media.heic",
                             "HEIC photos are not taken: let the phone save photos as "
                             "JPEG (iPhone: Settings, Camera, Formats, Most Compatible)");
    if (memcmp(brand, "qt  ", 4) == 0)
        *ret_type = MEDIA_MOV;
    else if (memcmp(brand, "M4A ", 4) == 0 || memcmp(brand, "M4B ", 4) == 0)
        *ret_type = MEDIA_M4A;
    else
        *ret_type = MEDIA_MP4;
    return 0;
}

int media_type_sniff(const uint8_t *bytes, size_t length, enum media_type *ret_type,
                     struct error *error)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum media_type type;
    } heads[] = {
        {"\xff\xd8\xff", 3, MEDIA_JPEG},
        {"\x89PNG\r\n\x1a\n", 8, MEDIA_PNG},
        {"%PDF-", 5, MEDIA_PDF},
        {"OggS", 4, MEDIA_OGG},
        {"\x1a\x45\xdf\xa3", 4, MEDIA_WEBM},
        {"ID3", 3, MEDIA_MP3},
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (begins(bytes, length, 0, heads[i].bytes, heads[i].length)) {
            *ret_type = heads[i].type;
            return 0;
        }
    if (BEGINS(4, "ftyp") && length >= 12)
        return sniff_brand(bytes + 8, ret_type, error);
    if (BEGINS(0, "RIFF") && BEGINS(8, "WAVE")) {
        *ret_type = MEDIA_WAV;
        return 0;
    }
    if (BEGINS(0, "RIFF") && BEGINS(8, "WEBP"))
        return error_set(error, ERROR_INPUT, "media.webp",
                         "WebP pictures are not taken: send the photo as JPEG or PNG");
    if (sound_frame_type(bytes, length, ret_type))
        return 0;
    return error_set(error, ERROR_INPUT, "media.type_unknown",
                     "the file is no JPEG or PNG photo, no sound (MP3, AAC, M4A, OGG, WAV, "
                     "WebM), no video (MP4, MOV, WebM) and no PDF");
}

// ---- a second file behind the first ----
static unsigned le16(const uint8_t *at)
{
    return (unsigned)at[1] << 8 | at[0];
}
static size_t le32(const uint8_t *at)
{
    return (size_t)le16(at + 2) << 16 | le16(at);
}

// Archives are read from their end, so that one may hang behind anything. Their list of
// files stands right before the record at the end.
bool has_archive_behind(const uint8_t *bytes, size_t length)
{
    enum { RECORD = 22, COMMENT_MOST = 65535, ENTRY_LEAST = 46 };
    size_t furthest = length > RECORD + COMMENT_MOST ? length - RECORD - COMMENT_MOST : 0;
    for (size_t at = length >= RECORD ? length - RECORD + 1 : 0; at-- > furthest;) {
        if (memcmp(bytes + at, "PK\5\6", 4) != 0)
            continue;
        size_t list = le32(bytes + at + 12);
        if (list >= ENTRY_LEAST && list <= at &&
            memcmp(bytes + at - list, "PK\1\2", 4) == 0)
            return true;
    }
    return false;
}

// ---- the way it is built ----
static int look_at_document(const uint8_t *bytes, size_t length, struct error *error)
{
    enum { TAIL = 1024, END = 5 };
    bool version = length > 8 && (bytes[5] == '1' || bytes[5] == '2') && bytes[6] == '.';
    if (!version)
        return error_set(error, ERROR_INPUT, "media.broken", "the PDF has no version");
    size_t least = length > TAIL ? length - TAIL : 0;
    size_t at = length >= END ? length - END + 1 : 0;
    while (at > least && memcmp(bytes + at - 1, "%%EOF", END) != 0)
        at--;
    if (at <= least)
        return error_set(error, ERROR_INPUT, "media.truncated", "the PDF ends early");
    for (size_t i = at - 1 + END; i < length; i++)
        if (memchr("\r\n\t \f", bytes[i], 6) == NULL) // with the NUL
            return error_set(error, ERROR_INPUT, "media.two_kinds",
                             "something else hangs behind the end of the PDF");
    return 0;
}

int media_look_at(const uint8_t *bytes, size_t length, struct media_look *ret_look,
                  struct error *error)
{
    struct media_look look = {.taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE}};
    int code = media_type_sniff(bytes, length, &look.type, error);
    if (code == 0 && has_archive_behind(bytes, length))
        code = error_set(error, ERROR_INPUT, "media.two_kinds",
                         "an archive hangs behind the end of the file");
    if (code != 0)
        return code;
    switch (look.type) {
    case MEDIA_JPEG:
    case MEDIA_PNG:
        exif_taken(bytes, length, &look.taken);
        break;
    case MEDIA_M4A:
    case MEDIA_MP4:
    case MEDIA_MOV:
        code = movie_look(bytes, length, &look, error);
        break;
    case MEDIA_WEBM:
    case MEDIA_WEBM_SOUND:
        code = webm_look(bytes, length, &look, error);
        break;
    case MEDIA_PDF:
        code = look_at_document(bytes, length, error);
        break;
    default:
        code = sound_look(bytes, length, look.type, error);
        break;
    }
    if (code == 0)
        *ret_look = look;
    return code;
}
