// SPDX-License-Identifier: MPL-2.0
// MP3, AAC, OGG and WAV: frames, pages and chunks are walked, nothing is decoded.
#include <string.h>

#include "media_internal.h"

static size_t le32(const uint8_t *at)
{
    return (size_t)at[3] << 24 | (size_t)at[2] << 16 | (size_t)at[1] << 8 | at[0];
}

static int broken(struct error *error)
{
    return error_set(error, ERROR_INPUT, "media.broken", "the sound is broken");
}

static int ends_early(struct error *error)
{
    return error_set(error, ERROR_INPUT, "media.truncated", "the sound ends early");
}

static int hangs_behind(struct error *error)
{
    return error_set(error, ERROR_INPUT, "media.two_kinds",
                     "something else hangs behind the end of the sound");
}

// ---- MP3 and AAC: frames one after the other ----
// Length of the MPEG layer III frame at `at`, 0 when there is none.
static size_t mp3_frame(const uint8_t *at)
{
    static const unsigned short kbit[2][15] = {
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}};
    static const unsigned hertz[3] = {44100, 48000, 32000};
    unsigned version = at[1] >> 3 & 3, rate = at[2] >> 4, step = at[2] >> 2 & 3;
    if (at[0] != 0xff || (at[1] & 0xe0) != 0xe0 || version == 1 || (at[1] >> 1 & 3) != 1 ||
        rate == 0 || rate == 15 || step == 3)
        return 0;
    unsigned half = version == 3 ? 0 : 1; // MPEG 2 and 2.5
    unsigned frequency = hertz[step] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    return (half ? 72000u : 144000u) * kbit[half][rate] / frequency + (at[2] >> 1 & 1);
}

// Length of the AAC (ADTS) frame at `at`, 0 when there is none.
static size_t aac_frame(const uint8_t *at)
{
    if (at[0] != 0xff || (at[1] & 0xf6) != 0xf0 || (at[2] >> 2 & 15) > 12)
        return 0;
    size_t size = (size_t)(at[3] & 3) << 11 | (size_t)at[4] << 3 | at[5] >> 5;
    return size >= 7 ? size : 0;
}

bool sound_frame_type(const uint8_t *bytes, size_t length, enum media_type *ret_type)
{
    if (length < 8 || (mp3_frame(bytes) == 0 && aac_frame(bytes) == 0))
        return false;
    *ret_type = mp3_frame(bytes) != 0 ? MEDIA_MP3 : MEDIA_AAC;
    return true;
}

// Where the frames begin: behind an ID3 tag, whose length has seven bits a byte.
static size_t behind_id3(const uint8_t *bytes, size_t length)
{
    if (length < 10 || memcmp(bytes, "ID3", 3) != 0)
        return 0;
    size_t size = (size_t)(bytes[6] & 0x7f) << 21 | (size_t)(bytes[7] & 0x7f) << 14 |
                  (size_t)(bytes[8] & 0x7f) << 7 | (bytes[9] & 0x7f);
    return 10 + size + ((bytes[5] & 0x10) != 0 ? 10 : 0);
}

// What may stand behind the frames: an ID3v1 tag, filling.
static bool is_trailer(const uint8_t *bytes, size_t length)
{
    enum { ID3V1 = 128 };
    if (length >= ID3V1 && memcmp(bytes + length - ID3V1, "TAG", 3) == 0)
        length -= ID3V1;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static int look_at_frames(const uint8_t *bytes, size_t length, enum media_type type,
                          struct error *error)
{
    enum { HEAD = 8, FRAMES_LEAST = 2 };
    size_t at = behind_id3(bytes, length), frames = 0;
    while (at < length && bytes[at] == 0) // filling
        at++;
    if (at >= length)
        return ends_early(error);
    while (at < length && length - at >= HEAD) {
        size_t size = type == MEDIA_AAC ? aac_frame(bytes + at) : mp3_frame(bytes + at);
        if (size == 0)
            break;
        frames++;
        if (size > length - at) // the last one was cut: recorders do that
            return frames >= FRAMES_LEAST ? 0 : ends_early(error);
        at += size;
    }
    if (frames < FRAMES_LEAST)
        return broken(error);
    return length - at < HEAD || is_trailer(bytes + at, length - at) ? 0
                                                                     : hangs_behind(error);
}

// ---- OGG: pages ----
static bool is_sound_codec(const uint8_t *bytes, size_t length)
{
    static const char *const heads[] = {"OpusHead", "\1vorbis", "\177FLAC", "Speex   "};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (length >= strlen(heads[i]) && memcmp(bytes, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

static int look_at_pages(const uint8_t *bytes, size_t length, struct error *error)
{
    enum { HEAD = 27 };
    for (size_t at = 0; at < length;) {
        size_t rest = length - at;
        if (memcmp(bytes + at, "OggS\0", rest < 5 ? rest : 5) != 0)
            return at > 0 ? hangs_behind(error) : broken(error);
        if (rest < HEAD || rest - HEAD < bytes[at + 26])
            return ends_early(error);
        size_t size = HEAD + (size_t)bytes[at + 26], body = 0;
        for (size_t i = 0; i < bytes[at + 26]; i++)
            body += bytes[at + HEAD + i];
        if (body > length - at - size)
            return ends_early(error);
        if (at == 0 && !is_sound_codec(bytes + size, body))
            return error_set(error, ERROR_INPUT, "media.type_unknown",
                             "of the OGG files only Opus, Vorbis, FLAC and Speex are "
                             "taken");
        at += size + body;
    }
    return 0;
}

// ---- WAV: chunks ----
static int look_at_chunks(const uint8_t *bytes, size_t length, struct error *error)
{
    enum { HEAD = 12, CHUNK = 8 };
    bool format = false, data = false;
    size_t end = length >= HEAD ? 8 + le32(bytes + 4) : SIZE_MAX;
    if (end > length)
        return ends_early(error);
    if (length - end > 1 || (length > end && bytes[end] != 0)) // one byte of filling
        return hangs_behind(error);
    size_t at = HEAD;
    while (at < end && end - at >= CHUNK) {
        size_t size = le32(bytes + at + 4);
        if (size > end - at - CHUNK)
            return ends_early(error);
        format |= memcmp(bytes + at, "fmt ", 4) == 0 && size >= 16;
        data |= memcmp(bytes + at, "data", 4) == 0 && format;
        at += CHUNK + size + (size & 1);
    }
    return format && data ? 0 : broken(error);
}

int sound_look(const uint8_t *bytes, size_t length, enum media_type type,
               struct error *error)
{
    if (type == MEDIA_OGG)
        return look_at_pages(bytes, length, error);
    if (type == MEDIA_WAV)
        return look_at_chunks(bytes, length, error);
    return look_at_frames(bytes, length, type, error);
}
