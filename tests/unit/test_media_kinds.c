// SPDX-License-Identifier: MPL-2.0
// What a file is by the way it is built, what the camera wrote, ranges and upload headers,
// a disk that runs full.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/http/reply.h>
#include <gridcase/media/media.h>

#include "../../src/media/media_internal.h"
#include "fault/temporary.h"

static struct error error;

// ---- files made by hand ----
static void put_u32(struct buffer *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 8), (uint8_t)value};
    buffer_append(out, bytes, 4);
}

static void put_box(struct buffer *out, const char *type, const void *bytes, size_t length)
{
    put_u32(out, (uint32_t)length + 8);
    buffer_append(out, type, 4);
    buffer_append(out, bytes, length);
}

static void put_track(struct buffer *out, const char *handler)
{
    BUFFER_CLEANUP struct buffer hdlr, media, track;
    buffer_init(&hdlr, BUFFER_CEILING_LINE);
    buffer_init(&media, BUFFER_CEILING_LINE);
    buffer_init(&track, BUFFER_CEILING_LINE);
    put_u32(&hdlr, 0);
    put_u32(&hdlr, 0);
    buffer_append(&hdlr, handler, 4);
    buffer_append(&hdlr, "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13);
    put_box(&media, "hdlr", hdlr.data, hdlr.length);
    put_box(&track, "mdia", media.data, media.length);
    put_box(out, "trak", track.data, track.length);
}

// ftyp, mdat, moov with the header, tracks named by their handlers, and tags.
static void make_film(struct buffer *out, const char *brand, const char *const *handlers,
                      uint32_t created_s, const char *place)
{
    BUFFER_CLEANUP struct buffer movie, header, tag, tags;
    buffer_init(out, BUFFER_CEILING_REPLY);
    buffer_init(&movie, BUFFER_CEILING_REPLY);
    buffer_init(&header, BUFFER_CEILING_LINE);
    buffer_init(&tag, BUFFER_CEILING_LINE);
    buffer_init(&tags, BUFFER_CEILING_LINE);
    put_u32(&header, 0);
    put_u32(&header, created_s);
    put_box(&movie, "mvhd", header.data, header.length);
    for (size_t i = 0; handlers[i] != NULL; i++)
        put_track(&movie, handlers[i]);
    if (place != NULL) {
        buffer_append(&tag, "\0\26\25\307", 4);
        buffer_append_text(&tag, place);
        put_box(&tags, "\251xyz", tag.data, tag.length);
        put_box(&movie, "udta", tags.data, tags.length);
    }
    put_box(out, "ftyp", brand, 4);
    put_box(out, "mdat", "some frames", 11);
    put_box(out, "moov", movie.data, movie.length);
}

static const char *const both[] = {"vide", "soun", NULL};
static const char *const sound_only[] = {"soun", NULL};

static struct media_look look_at(const struct buffer *file)
{
    struct media_look look;
    int code = media_look_at((const uint8_t *)file->data, file->length, &look, &error);
    if (code != 0)
        fail_msg("%s: %s", error.slug, error.message);
    return look;
}

static void refused(const void *bytes, size_t length, const char *slug)
{
    struct media_look look;
    // In memory of its own length, so that a read behind its end is found.
    uint8_t *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    error_clear(&error);
    int code = media_look_at(copy, length, &look, &error);
    free(copy);
    if (code != ERROR_INPUT || strcmp(error.slug, slug) != 0)
        fail_msg("%d %s instead of %s", code, error.slug, slug);
}

static void a_film_is_told_from_a_sound_by_its_tracks(void **state)
{
    (void)state;
    const struct {
        const char *brand;
        const char *const *handlers;
        enum media_type type;
    } rows[] = {{"isom", both, MEDIA_MP4},       {"mp42", sound_only, MEDIA_M4A},
                {"M4A ", sound_only, MEDIA_M4A}, {"M4A ", both, MEDIA_MP4},
                {"qt  ", both, MEDIA_MOV},       {"3gp4", sound_only, MEDIA_M4A}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        BUFFER_CLEANUP struct buffer film;
        make_film(&film, rows[i].brand, rows[i].handlers, 0, NULL);
        assert_int_equal(look_at(&film).type, rows[i].type);
        assert_int_equal(look_at(&film).tag_count, 0);
        assert_true(look_at(&film).taken.at_ms == INSTANT_NONE);
    }
}

static void a_films_place_and_time_are_read_and_blanked(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer film;
    make_film(&film, "isom", both, 3876303600u, "+30.2500-120.1667+012.5/");
    struct media_look look = look_at(&film);
    assert_true(look.taken.has_place);
    assert_true(fabs(look.taken.lat_deg - 30.25) < 1e-9);
    assert_true(fabs(look.taken.lon_deg + 120.1667) < 1e-9);
    assert_true(look.taken.at_ms == INT64_C(1793458800000)); // 1904 is 2082844800 s before
    assert_false(look.taken.local);
    assert_int_equal(look.tag_count, 1);
    size_t length = film.length;
    movie_clean((uint8_t *)film.data, length, &look);
    assert_null(memmem(film.data, length, "+30.25", 6));
    struct media_look clean = look_at(&film); // still a film, of the same length
    assert_int_equal(clean.type, MEDIA_MP4);
    assert_int_equal(clean.tag_count, 0);
    assert_false(clean.taken.has_place);
}

static void a_place_that_is_none_is_left_out(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "+91.0+010.0/", "+10.0+181.0/", "+00.0000+000.0000/", "abc", "+", "+10.0", "",
        "+1.2.3+4/"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BUFFER_CLEANUP struct buffer film;
        make_film(&film, "isom", both, 5, texts[i]);
        struct media_look look = look_at(&film);
        if (strcmp(texts[i], "+1.2.3+4/") != 0)
            assert_false(look.taken.has_place);
        assert_true(look.taken.at_ms == INSTANT_NONE); // 1904 is no time to take films
    }
}

static void a_film_cut_anywhere_is_refused(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer film;
    make_film(&film, "isom", both, 1, "+30.2500+120.1667/");
    for (size_t cut = 0; cut < film.length; cut++) {
        struct media_look look;
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, film.data, cut);
        int code = media_look_at(copy, cut, &look, &error);
        free(copy);
        assert_int_equal(code, ERROR_INPUT);
    }
}

static void boxes_that_lie_about_their_length_are_refused(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {2, 7, 0xffffffffu, 0x7fffffffu, 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        BUFFER_CLEANUP struct buffer film;
        struct media_look look;
        make_film(&film, "isom", both, 1, NULL);
        size_t tail = film.length - 40; // inside the movie
        for (size_t at = 20; at < tail; at += 4) {
            uint8_t *copy = malloc(film.length);
            assert_non_null(copy);
            memcpy(copy, film.data, film.length);
            copy[at] = (uint8_t)(lengths[i] >> 24);
            copy[at + 1] = (uint8_t)(lengths[i] >> 16);
            copy[at + 2] = (uint8_t)(lengths[i] >> 8);
            copy[at + 3] = (uint8_t)lengths[i];
            int code = media_look_at(copy, film.length, &look, &error);
            assert_true(code == 0 || code == ERROR_INPUT); // bounded, whatever it says
            free(copy);
        }
    }
    refused("\0\0\0\14ftypisom\0\0\0\1moov\xff\xff\xff\xff\xff\xff\xff\xff", 28,
            "media.truncated");
}

static void heads_of_other_files_are_refused_with_their_own_words(void **state)
{
    (void)state;
    refused("\0\0\0\30ftypheic\0\0\0\0mif1heic", 24, "media.heic");
    refused("\0\0\0\30ftypavif\0\0\0\0mif1avif", 24, "media.heic");
    refused("RIFF\20\0\0\0WEBPVP8 ", 16, "media.webp");
    refused("GIF89a............", 18, "media.type_unknown");
    refused("PK\3\4..............", 18, "media.type_unknown");
    refused("<svg onload='x'/>", 17, "media.type_unknown");
    refused("#!AMR\n..........", 16, "media.type_unknown");
    refused("", 0, "media.type_unknown");
    refused("%PDF", 4, "media.type_unknown");
    refused("%PDF-9.9\n%%EOF", 14, "media.broken");
}

static void an_archive_behind_anything_is_found(void **state)
{
    (void)state;
    uint8_t bytes[300];
    memset(bytes, 'x', sizeof bytes);
    assert_false(has_archive_behind(bytes, sizeof bytes));
    memcpy(bytes + 100, "PK\1\2", 4);
    memcpy(bytes + 160, "PK\5\6\0\0\0\0\1\0\1\0\74\0\0\0\0\0\0\0\0\0", 22);
    assert_true(has_archive_behind(bytes, 182));
    assert_true(has_archive_behind(bytes, 300)); // with a comment of any length
    assert_false(has_archive_behind(bytes, 181));
    bytes[100] = 'p'; // the list of files is not where the end says
    assert_false(has_archive_behind(bytes, 300));
}

// ---- EXIF ----
// A TIFF block put together entry by entry, in either byte order.
struct tiff_maker {
    struct buffer out;
    bool big_endian;
};

static void put_n(struct tiff_maker *tiff, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t shift = 8 * (tiff->big_endian ? size - 1 - i : i);
        buffer_append_char(&tiff->out, (char)(value >> shift & 0xff));
    }
}

static void put_entry(struct tiff_maker *tiff, unsigned tag, unsigned type, uint32_t count,
                      uint32_t value)
{
    put_n(tiff, tag, 2);
    put_n(tiff, type, 2);
    put_n(tiff, count, 4);
    put_n(tiff, value, 4);
}

static void put_letter(struct tiff_maker *tiff, unsigned tag, char letter)
{
    put_n(tiff, tag, 2);
    put_n(tiff, 2, 2);
    put_n(tiff, 2, 4);
    const char bytes[4] = {letter, 0, 0, 0};
    buffer_append(&tiff->out, bytes, 4);
}

static void put_degrees(struct tiff_maker *tiff, uint32_t degrees, uint32_t minutes,
                        uint32_t seconds_100)
{
    const uint32_t values[6] = {degrees, 1, minutes, 1, seconds_100, 100};
    for (size_t i = 0; i < 6; i++)
        put_n(tiff, values[i], 4);
}

// 31 degrees 13' 49.25" S, 121 degrees 28' 12.5" W; 2026:11:22 08:01:02 local.
static void make_photo_head(struct buffer *out, bool big_endian, const char *offset)
{
    struct tiff_maker tiff = {.big_endian = big_endian};
    buffer_init(&tiff.out, BUFFER_CEILING_LINE);
    buffer_append_text(&tiff.out, big_endian ? "MM" : "II");
    put_n(&tiff, 42, 2);
    put_n(&tiff, 8, 4);
    put_n(&tiff, 3, 2); // first directory at 8: 2 + 36 + 4 = 42 bytes
    put_entry(&tiff, 0x0112, 3, 1, big_endian ? 6u << 16 : 6);
    put_entry(&tiff, 0x8769, 4, 1, 50);
    put_entry(&tiff, 0x8825, 4, 1, 80);
    put_n(&tiff, 0, 4);
    put_n(&tiff, 2, 2); // camera's directory at 50: 30 bytes
    put_entry(&tiff, 0x9003, 2, 20, 134);
    put_entry(&tiff, 0x9011, 2, 7, 154);
    put_n(&tiff, 0, 4);
    put_n(&tiff, 4, 2); // place's directory at 80: 54 bytes
    put_letter(&tiff, 1, 'S');
    put_entry(&tiff, 2, 5, 3, 162);
    put_letter(&tiff, 3, 'W');
    put_entry(&tiff, 4, 5, 3, 186);
    put_n(&tiff, 0, 4);
    buffer_append(&tiff.out, "2026:11:22 08:01:02", 20);
    buffer_append(&tiff.out, offset, 7);
    buffer_append_char(&tiff.out, 0);
    put_degrees(&tiff, 31, 13, 4925);
    put_degrees(&tiff, 121, 28, 1250);
    buffer_init(out, BUFFER_CEILING_LINE);
    size_t size = tiff.out.length + 6 + 2;
    const uint8_t head[6] = {0xff, 0xd8, 0xff, 0xe1, (uint8_t)(size >> 8), (uint8_t)size};
    buffer_append(out, head, 6);
    buffer_append(out, "Exif\0\0", 6);
    buffer_append(out, tiff.out.data, tiff.out.length);
    buffer_done(&tiff.out);
}

static void a_photos_place_and_time_are_read_in_both_byte_orders(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        BUFFER_CLEANUP struct buffer head;
        struct media_taken taken;
        make_photo_head(&head, big != 0, "+08:00");
        const uint8_t *bytes = (const uint8_t *)head.data;
        assert_int_equal(exif_orientation(bytes, head.length), 6);
        exif_taken(bytes, head.length, &taken);
        assert_true(taken.has_place);
        assert_true(fabs(taken.lat_deg + 31.2303472) < 1e-6);
        assert_true(fabs(taken.lon_deg + 121.4701389) < 1e-6);
        assert_true(taken.accuracy_m < 0);
        assert_false(taken.local);
        char text[INSTANT_TEXT_SIZE];
        instant_to_text(taken.at_ms, text);
        assert_string_equal(text, "2026-11-22T00:01:02.000Z");
    }
}

static void a_time_without_a_zone_is_local(void **state)
{
    (void)state;
    static const char *const offsets[] = {"      ", "08:00+", "+99:00", "+0800\0"};
    for (size_t i = 0; i < 4; i++) {
        BUFFER_CLEANUP struct buffer head;
        struct media_taken taken;
        char text[INSTANT_TEXT_SIZE];
        make_photo_head(&head, true, offsets[i]);
        exif_taken((const uint8_t *)head.data, head.length, &taken);
        instant_to_text(taken.at_ms, text);
        assert_string_equal(text, "2026-11-22T08:01:02.000Z");
        assert_true(taken.local);
    }
}

static void a_block_cut_or_spoilt_anywhere_is_survived(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer head;
    struct media_taken taken;
    make_photo_head(&head, false, "+08:00");
    for (size_t cut = 0; cut < head.length; cut++) {
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, head.data, cut);
        exif_taken(copy, cut, &taken);
        free(copy);
    }
    for (size_t at = 6; at < head.length; at++)
        for (int spoil = 0; spoil < 3; spoil++) {
            uint8_t *copy = malloc(head.length);
            assert_non_null(copy);
            memcpy(copy, head.data, head.length);
            copy[at] = (uint8_t)(spoil == 0 ? 0xff : spoil == 1 ? 0 : copy[at] + 1);
            exif_taken(copy, head.length, &taken);
            assert_true(!taken.has_place ||
                        (fabs(taken.lat_deg) <= 90 && fabs(taken.lon_deg) <= 180));
            free(copy);
        }
}

// ---- ranges and headers ----
static void ranges_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_range range;
        int64_t first, last;
    } rows[] = {
        {NULL, HTTP_RANGE_NONE, 0, 0},
        {"bytes=0-", HTTP_RANGE_PART, 0, 99},
        {"bytes=10-19", HTTP_RANGE_PART, 10, 19},
        {"bytes=10-5000", HTTP_RANGE_PART, 10, 99},
        {"bytes=-1", HTTP_RANGE_PART, 99, 99},
        {"bytes=-500", HTTP_RANGE_PART, 0, 99},
        {"bytes=100-", HTTP_RANGE_OUTSIDE, 0, 0},
        {"bytes=-0", HTTP_RANGE_OUTSIDE, 0, 0},
        {"bytes=20-10", HTTP_RANGE_NONE, 0, 0},
        {"bytes=1-2,5-6", HTTP_RANGE_NONE, 0, 0},
        {"bytes=--5", HTTP_RANGE_NONE, 0, 0},
        {"bytes= 1-2", HTTP_RANGE_NONE, 0, 0},
        {"bytes=1", HTTP_RANGE_NONE, 0, 0},
        {"items=1-2", HTTP_RANGE_NONE, 0, 0},
        {"bytes=9223372036854775807-", HTTP_RANGE_NONE, 0, 0},
        {"bytes=99999999999999999999999-", HTTP_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t first = 0, last = 0;
        assert_int_equal(http_range_parse(rows[i].text, 100, &first, &last), rows[i].range);
        if (rows[i].range == HTTP_RANGE_PART) {
            assert_int_equal(first, rows[i].first);
            assert_int_equal(last, rows[i].last);
        }
    }
    int64_t first, last;
    assert_int_equal(http_range_parse("bytes=0-", 0, &first, &last), HTTP_RANGE_OUTSIDE);
    assert_int_equal(http_range_parse("bytes=-5", 0, &first, &last), HTTP_RANGE_OUTSIDE);
}

static void upload_headers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{NULL, "10"},
                                         {"0", NULL},
                                         {"", "10"},
                                         {"0", ""},
                                         {"-1", "10"},
                                         {"0", "-1"},
                                         {"0", "0"},
                                         {"11", "10"},
                                         {"1 ", "10"},
                                         {"0x1", "10"},
                                         {"0", "2000000000000"},
                                         {"0", "99999999999999999999"}};
    struct media_upload upload = {.person_id = 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(media_upload_parse(bad[i][0], bad[i][1], &upload, &error),
                         ERROR_INPUT);
        assert_string_equal(error.slug, "media.upload_headers");
        assert_int_equal(upload.length, 0);
    }
    assert_int_equal(media_upload_parse("10", "10", &upload, &error), 0);
    assert_int_equal(upload.offset, 10);
    assert_int_equal(upload.length, 10);
    assert_int_equal(upload.person_id, 7);
}

// ---- bombs ----
static void discard(png_structp png, png_bytep bytes, size_t length)
{
    buffer_append(png_get_io_ptr(png), bytes, length);
}
static void nothing(png_structp png)
{
    (void)png;
}

// A small picture with 200 MB of zeros folded into a text.
static void make_text_bomb(struct buffer *out)
{
    enum { ZEROS = 200 * 1000 * 1000 };
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    buffer_init(out, BUFFER_CEILING_REPLY);
    png_set_write_fn(png, out, discard, nothing);
    png_set_IHDR(png, info, 8, 8, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    char *zeros = malloc(ZEROS + 1);
    assert_non_null(zeros);
    memset(zeros, 'a', ZEROS);
    zeros[ZEROS] = '\0';
    char key[] = "Comment";
    png_text text = {.compression = PNG_TEXT_COMPRESSION_zTXt, .key = key, .text = zeros};
    png_set_text(png, info, &text, 1);
    png_write_info(png, info);
    png_byte row[24] = {0};
    for (int i = 0; i < 8; i++)
        png_write_row(png, row);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    free(zeros);
}

static void a_bomb_in_a_pictures_text_does_no_harm(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer png;
    char folder[256];
    struct media_store *store;
    struct media_file file;
    temporary_folder(folder, sizeof folder);
    assert_int_equal(media_store_open(folder, NULL, &store, &error), 0);
    make_text_bomb(&png);
    assert_true(png.length < 1000 * 1000);
    int64_t before_us = instant_monotonic_us();
    int code = media_store_bytes(store, png.data, png.length, &file, &error);
    assert_true(instant_monotonic_us() - before_us < 5 * 1000 * 1000);
    assert_true(code == 0 ||
                code == ERROR_INPUT); // libpng may leave the text out or refuse
    media_store_close(store);
    temporary_remove(folder);
}

// ---- a disk that runs full ----
static int injected(void *context, const char *folder, struct media_disk *ret_disk)
{
    (void)folder;
    *ret_disk = *(const struct media_disk *)context;
    return 0;
}

static void a_nearly_full_disk_refuses_videos_first_and_photos_later(void **state)
{
    (void)state;
    static const struct {
        int64_t free_bytes;
        bool video, photo;
    } rows[] = {{6000, true, true},  {5100, true, true},  {5099, false, true},
                {4000, false, true}, {2100, false, true}, {2099, false, false},
                {0, false, false}};
    struct media_disk disk = {.total_bytes = 100000};
    struct media_limits limits;
    struct media_store *store;
    char folder[256];
    temporary_folder(folder, sizeof folder);
    media_limits_init(&limits);
    limits.disk = injected;
    limits.disk_context = &disk;
    assert_int_equal(media_store_open(folder, &limits, &store, &error), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        disk.free_bytes = rows[i].free_bytes;
        for (int class = 0; class < MEDIA_CLASS_COUNT; class ++) {
            bool taken = class == MEDIA_PHOTO ? rows[i].photo : rows[i].video;
            int code = media_disk_check(store, (enum media_class) class, 100, &error);
            assert_int_equal(code, taken ? 0 : ERROR_IO);
            if (!taken)
                assert_string_equal(error.slug, "media.disk_low");
        }
    }
    media_store_close(store);
    limits.free_percent = limits.photo_free_percent = 0; // never refused
    assert_int_equal(media_store_open(folder, &limits, &store, &error), 0);
    assert_int_equal(media_disk_check(store, MEDIA_VIDEO, 100, &error), 0);
    media_store_close(store);
    temporary_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_film_is_told_from_a_sound_by_its_tracks),
        cmocka_unit_test(a_films_place_and_time_are_read_and_blanked),
        cmocka_unit_test(a_place_that_is_none_is_left_out),
        cmocka_unit_test(a_film_cut_anywhere_is_refused),
        cmocka_unit_test(boxes_that_lie_about_their_length_are_refused),
        cmocka_unit_test(heads_of_other_files_are_refused_with_their_own_words),
        cmocka_unit_test(an_archive_behind_anything_is_found),
        cmocka_unit_test(a_photos_place_and_time_are_read_in_both_byte_orders),
        cmocka_unit_test(a_time_without_a_zone_is_local),
        cmocka_unit_test(a_block_cut_or_spoilt_anywhere_is_survived),
        cmocka_unit_test(ranges_are_read_strictly),
        cmocka_unit_test(upload_headers_are_read_strictly),
        cmocka_unit_test(a_bomb_in_a_pictures_text_does_no_harm),
        cmocka_unit_test(a_nearly_full_disk_refuses_videos_first_and_photos_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
