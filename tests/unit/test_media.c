// SPDX-License-Identifier: MPL-2.0
// The photo store without its rows (those: test_media_row).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <png.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/media/media.h>

#include "../../src/media/media_internal.h"

struct place {
    char folder[256];
    struct media_store *store;
};

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct error error = {0};
    char folder[300];
    snprintf(place->folder, sizeof place->folder, "%s/gridcase-media-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(folder, sizeof folder, "%s/media", place->folder);
    assert_int_equal(media_store_open(folder, 0, &place->store, &error), 0);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    media_store_close(place->store);
    nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(place);
    return 0;
}

// Left half red, right half blue, top row white: sides can be told apart after turning.
static void picture(int width, int height, struct image *ret_image)
{
    struct error error = {0};
    assert_int_equal(image_new(width, height, ret_image, &error), 0);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint8_t *p = ret_image->pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
            bool top = y < height / 4;
            p[0] = top || x < width / 2 ? 250 : 5;
            p[1] = top ? 250 : 5;
            p[2] = top || x >= width / 2 ? 250 : 5;
        }
    }
}

static void make_jpeg(int width, int height, struct buffer *out)
{
    IMAGE_CLEANUP struct image image = {0};
    struct error error = {0};
    picture(width, height, &image);
    buffer_init(out, BUFFER_CEILING_FILE);
    assert_int_equal(image_encode(&image, 90, out, &error), 0);
}

// Puts an EXIF block with an orientation and a place behind the head.
static void make_jpeg_exif(int width, int height, uint8_t orientation, struct buffer *out)
{
    const uint8_t exif[] = {0xff, 0xe1, 0,           34,   'E', 'x', 'i', 'f', 0,
                            0,    'M',  'M',         0,    '*', 0,   0,   0,   8,
                            0,    1,    0x01,        0x12, 0,   3,   0,   0,   0,
                            1,    0,    orientation, 0,    0,   0,   0,   0,   0};
    BUFFER_CLEANUP struct buffer plain;
    make_jpeg(width, height, &plain);
    buffer_init(out, BUFFER_CEILING_FILE);
    buffer_append(out, plain.data, 2);
    buffer_append(out, exif, sizeof exif);
    buffer_append(out, plain.data + 2, plain.length - 2);
}

static void make_png(int width, int height, bool clear, struct buffer *out)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)width,
                     .height = (png_uint_32)height,
                     .format = PNG_FORMAT_RGBA};
    uint8_t *pixels = calloc((size_t)width * (size_t)height, 4);
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
        pixels[4 * i] = (uint8_t)(i * 7);
        pixels[4 * i + 1] = (uint8_t)(i / 3);
        pixels[4 * i + 3] = clear ? 0 : 255;
    }
    png_alloc_size_t length = 0;
    assert_true(png_image_write_get_memory_size(png, length, 0, pixels, 0, NULL));
    uint8_t *bytes = malloc(length);
    assert_true(png_image_write_to_memory(&png, bytes, &length, 0, pixels, 0, NULL));
    buffer_init(out, BUFFER_CEILING_FILE);
    buffer_append(out, bytes, length);
    free(bytes);
    free(pixels);
}

static void refused(struct place *place, const void *bytes, size_t length, int code,
                    const char *slug)
{
    struct media_file file;
    struct error error = {0};
    assert_int_equal(media_store_bytes(place->store, bytes, length, &file, &error), code);
    assert_string_equal(error.slug, slug);
}

static void decode_kind(const struct place *place, const struct media_file *file,
                        enum media_kind kind, struct image *ret_image)
{
    struct file_map map;
    struct error error = {0};
    struct image_head head;
    assert_int_equal(media_map(place->store, file, kind, &map, &error), 0);
    assert_int_equal(image_head_read(map.data, map.length, &head, &error), 0);
    assert_int_equal(head.orientation, 1);
    assert_null(memmem(map.data, map.length, "Exif", 4));
    assert_int_equal(image_decode(map.data, map.length, &head, ret_image, &error), 0);
    file_map_close(&map);
}

static void a_photo_is_kept_with_rendition_and_thumbnail(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg;
    struct media_file file;
    struct error error = {0};
    make_jpeg(4000, 3000, &jpeg);
    assert_int_equal(media_store_bytes(place->store, jpeg.data, jpeg.length, &file, &error),
                     0);
    assert_int_equal(file.type, MEDIA_JPEG);
    assert_int_equal(file.bytes, jpeg.length);
    assert_int_equal(file.width_px, 4000);
    assert_int_equal(file.height_px, 3000);
    uint8_t digest[HASH_SIZE];
    hash_bytes(jpeg.data, jpeg.length, digest);
    assert_memory_equal(file.sha256, digest, HASH_SIZE);
    struct file_map map;
    assert_int_equal(media_map(place->store, &file, MEDIA_ORIGINAL, &map, &error), 0);
    assert_int_equal(map.length, jpeg.length);
    assert_memory_equal(map.data, jpeg.data, jpeg.length);
    file_map_close(&map);
    struct image rendition, thumbnail;
    decode_kind(place, &file, MEDIA_RENDITION, &rendition);
    assert_int_equal(rendition.width_px, 2000);
    assert_int_equal(rendition.height_px, 1500);
    decode_kind(place, &file, MEDIA_THUMBNAIL, &thumbnail);
    assert_int_equal(thumbnail.width_px, 320);
    assert_int_equal(thumbnail.height_px, 240);
    image_done(&rendition);
    image_done(&thumbnail);
    struct media_file again;
    assert_int_equal(
        media_store_bytes(place->store, jpeg.data, jpeg.length, &again, &error), 0);
    assert_memory_equal(again.sha256, file.sha256, HASH_SIZE);
    assert_int_equal(again.bytes, file.bytes);
    assert_int_equal(again.width_px, file.width_px);
    int fd = -1;
    int64_t bytes = 0;
    assert_int_equal(media_open(place->store, &file, MEDIA_ORIGINAL, &fd, &bytes, &error),
                     0);
    assert_int_equal(bytes, jpeg.length);
    close(fd);
    file.sha256[5] ^= 1;
    assert_int_equal(media_map(place->store, &file, MEDIA_ORIGINAL, &map, &error),
                     ERROR_NOT_FOUND);
}

// Colour of a point given in hundredths of width and height: w(hite) r(ed) b(lue).
static char colour_at(const struct image *image, int x_percent, int y_percent)
{
    int x = image->width_px * x_percent / 100, y = image->height_px * y_percent / 100;
    const uint8_t *p =
        image->pixels + ((size_t)y * (size_t)image->width_px + (size_t)x) * 3;
    if (p[1] > 128)
        return 'w';
    return p[0] > p[2] ? 'r' : 'b';
}

static void renditions_are_upright_and_without_metadata(void **state)
{
    struct place *place = *state;
    // Where white (top), red (left) and blue (right) of the file come to lie: colours at
    // top, bottom, left, right middle of the upright image. The bar is a quarter high.
    static const char *const expected[9] = {
        NULL, "w?rb", "w?br", "?wbr", "?wrb", "rbw?", "rb?w", "br?w", "brw?",
    };
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        BUFFER_CLEANUP struct buffer jpeg;
        struct media_file file;
        struct error error = {0};
        struct image image;
        make_jpeg_exif(400, 200, orientation, &jpeg);
        assert_int_equal(
            media_store_bytes(place->store, jpeg.data, jpeg.length, &file, &error), 0);
        assert_int_equal(file.width_px, orientation >= 5 ? 200 : 400);
        decode_kind(place, &file, MEDIA_RENDITION, &image);
        assert_int_equal(image.width_px, file.width_px);
        const int at[4][2] = {{50, 5}, {50, 95}, {5, 50}, {95, 50}};
        for (int i = 0; i < 4; i++) {
            char colour = colour_at(&image, at[i][0], at[i][1]);
            if (expected[orientation][i] != '?' && colour != expected[orientation][i])
                print_error("orientation %d, side %d: %c\n", orientation, i, colour);
            if (expected[orientation][i] != '?')
                assert_int_equal(colour, expected[orientation][i]);
        }
        image_done(&image);
    }
}

static void a_png_is_taken_and_what_is_clear_becomes_white(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer png;
    struct media_file file;
    struct error error = {0};
    struct image image;
    make_png(3000, 300, true, &png);
    assert_int_equal(media_store_bytes(place->store, png.data, png.length, &file, &error),
                     0);
    assert_int_equal(file.type, MEDIA_PNG);
    assert_string_equal(media_content_type(&file, MEDIA_ORIGINAL), "image/png");
    assert_string_equal(media_content_type(&file, MEDIA_RENDITION), "image/jpeg");
    decode_kind(place, &file, MEDIA_RENDITION, &image);
    assert_int_equal(image.width_px, 2048);
    assert_int_equal(image.height_px, 205);
    assert_true(image.pixels[0] > 250 && image.pixels[1] > 250 && image.pixels[2] > 250);
    image_done(&image);
}

static void what_is_no_image_is_refused(void **state)
{
    struct place *place = *state;
    uint8_t fake[4096];
    memset(fake, 'x', sizeof fake);
    refused(place, fake, sizeof fake, ERROR_INPUT, "media.type_unknown");
    refused(place, "", 0, ERROR_INPUT, "media.empty");
    refused(place, "<svg onload=alert(1)>", 21, ERROR_INPUT, "media.type_unknown");
    memcpy(fake, "\xff\xd8\xff\xe0", 4); // the head of a JPEG, and nothing behind it
    refused(place, fake, sizeof fake, ERROR_INPUT, "media.broken");
    memcpy(fake, "\x89PNG\r\n\x1a\n", 8);
    refused(place, fake, sizeof fake, ERROR_INPUT, "media.truncated");
    BUFFER_CLEANUP struct buffer png;
    make_png(60, 60, false, &png);
    png.data[png.length / 2] ^= 0x55; // the checksum of a chunk is wrong now
    refused(place, png.data, png.length, ERROR_INPUT, "media.broken");
}

static void an_image_that_ends_early_is_refused(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg, png;
    make_jpeg(800, 600, &jpeg);
    make_png(200, 200, false, &png);
    for (size_t part = 4; part <= 9; part++) {
        refused(place, jpeg.data, jpeg.length * part / 10, ERROR_INPUT, "media.truncated");
        refused(place, png.data, png.length * part / 10, ERROR_INPUT, "media.truncated");
    }
}

// At every kilobyte: nothing but the whole photo is taken, and nothing is left behind.
static void a_photo_cut_at_every_kilobyte_is_refused(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg, png;
    make_jpeg(1600, 1200, &jpeg);
    make_png(300, 300, false, &png);
    assert_true(jpeg.length > 20 * 1024);
    for (size_t cut = 1024; cut < jpeg.length; cut += 1024)
        refused(place, jpeg.data, cut, ERROR_INPUT, "media.truncated");
    for (size_t cut = 1024; cut < png.length; cut += 1024)
        refused(place, png.data, cut, ERROR_INPUT, "media.truncated");
    refused(place, jpeg.data, jpeg.length - 2, ERROR_INPUT, "media.truncated");
    struct media_file file;
    struct error error = {0};
    assert_int_equal(media_store_bytes(place->store, jpeg.data, jpeg.length, &file, &error),
                     0);
    assert_int_equal(media_store_bytes(place->store, png.data, png.length, &file, &error),
                     0);
}

static void bombs_are_refused_by_their_head(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg, png;
    make_jpeg(64, 64, &jpeg);
    uint8_t *frame = memmem(jpeg.data, jpeg.length, "\xff\xc0", 2);
    assert_non_null(frame);
    memcpy(frame + 5, "\xff\xff\xff\xff", 4); // 65,535 x 65,535 pixels
    int64_t before_us = instant_monotonic_us();
    refused(place, jpeg.data, jpeg.length, ERROR_LIMIT, "media.dimensions");
    memcpy(frame + 5, "\x1f\x40\x1f\x40", 4); // 8,000 x 8,000: 64 million
    refused(place, jpeg.data, jpeg.length, ERROR_LIMIT, "media.dimensions");
    memcpy(frame + 5, "\x17\x70\x17\x70", 4); // 6,000 x 6,000: allowed, and not there
    refused(place, jpeg.data, jpeg.length, ERROR_INPUT, "media.truncated");
    memcpy(frame, "\xff\xc2", 2); // progressive: 36 million are too many
    refused(place, jpeg.data, jpeg.length, ERROR_LIMIT, "media.dimensions");
    make_png(6000, 6000, true, &png); // 36 million pixels in a few kilobytes
    assert_true(png.length < 1000000);
    refused(place, png.data, png.length, ERROR_LIMIT, "media.dimensions");
    assert_true(instant_monotonic_us() - before_us < 20 * 1000000);
}

static void a_photo_over_the_ceiling_is_refused(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg;
    struct error error = {0};
    struct media_store *small;
    char folder[300];
    snprintf(folder, sizeof folder, "%s/small", place->folder);
    struct media_limits limits;
    media_limits_init(&limits);
    limits.bytes_most[MEDIA_PHOTO] = 1000;
    assert_int_equal(media_store_open(folder, &limits, &small, &error), 0);
    make_jpeg(800, 600, &jpeg);
    struct media_file file;
    assert_int_equal(media_store_bytes(small, jpeg.data, jpeg.length, &file, &error),
                     ERROR_LIMIT);
    assert_string_equal(error.slug, "media.too_large");
    assert_int_equal(media_store_path(small, "/nowhere", 200000000, &file, &error),
                     ERROR_LIMIT);
    media_store_close(small);
}

static void a_spooled_file_is_taken_and_left_alone(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg;
    struct error error = {0};
    struct media_file file;
    char path[300];
    snprintf(path, sizeof path, "%s/spool", place->folder);
    make_jpeg(800, 600, &jpeg);
    assert_int_equal(file_write_atomic(path, jpeg.data, jpeg.length, &error), 0);
    assert_int_equal(
        media_store_path(place->store, path, (int64_t)jpeg.length + 1, &file, &error),
        ERROR_INPUT);
    assert_string_equal(error.slug, "media.truncated");
    assert_int_equal(media_store_path(place->store, path, -1, &file, &error), 0);
    assert_int_equal(file.bytes, jpeg.length);
    assert_true(file_exists(path));
}

struct racer {
    struct place *place;
    const struct buffer *jpeg;
    int code;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct media_file file;
    struct error error = {0};
    racer->code = media_store_bytes(racer->place->store, racer->jpeg->data,
                                    racer->jpeg->length, &file, &error);
    return NULL;
}

static void the_same_photo_at_once_is_whole(void **state)
{
    struct place *place = *state;
    BUFFER_CLEANUP struct buffer jpeg;
    make_jpeg(1200, 900, &jpeg);
    pthread_t threads[8];
    struct racer racers[8];
    for (size_t i = 0; i < 8; i++) {
        racers[i] = (struct racer){place, &jpeg, -1};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].code, 0);
    }
    struct media_file whole = {.type = MEDIA_JPEG};
    struct file_map map;
    struct error error = {0};
    hash_bytes(jpeg.data, jpeg.length, whole.sha256);
    assert_int_equal(media_map(place->store, &whole, MEDIA_ORIGINAL, &map, &error), 0);
    assert_int_equal(map.length, jpeg.length);
    assert_memory_equal(map.data, jpeg.data, jpeg.length);
    file_map_close(&map);
}

static void shrinking_averages(void **state)
{
    (void)state;
    struct error error = {0};
    IMAGE_CLEANUP struct image image = {0}, small = {0};
    assert_int_equal(image_new(3, 1, &image, &error), 0);
    const uint8_t pixels[9] = {0, 30, 255, 100, 30, 255, 200, 60, 255};
    memcpy(image.pixels, pixels, sizeof pixels);
    assert_int_equal(image_shrink(&image, 2, &small, &error), 0);
    assert_int_equal(small.width_px, 2);
    assert_int_equal(small.height_px, 1);
    // 1.5 source pixels each: (0 + 50) / 1.5 and (50 + 200) / 1.5.
    const uint8_t wanted[6] = {33, 30, 255, 167, 50, 255};
    assert_memory_equal(small.pixels, wanted, sizeof wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_photo_is_kept_with_rendition_and_thumbnail,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(renditions_are_upright_and_without_metadata, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_png_is_taken_and_what_is_clear_becomes_white,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_image_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_image_that_ends_early_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_photo_cut_at_every_kilobyte_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bombs_are_refused_by_their_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_photo_over_the_ceiling_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_spooled_file_is_taken_and_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_photo_at_once_is_whole, set_up, tear_down),
        cmocka_unit_test(shrinking_averages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
