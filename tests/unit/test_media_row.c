// SPDX-License-Identifier: MPL-2.0
// Rows of stored photos, sweeping what nobody names, checking what is named.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>
#include <gridcase/media/media.h>

#include "../../src/media/media_internal.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static char folder[256];
static struct db_store *store;
static struct db *db;
static struct media_store *media;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    char path[300];
    temporary_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/data", folder);
    engine_store(path);
    assert_int_equal(db_store_open(path, DB_STORE_CREATE, &store, &error), 0);
    assert_int_equal(db_store_city_create(store, "tinytown", 0, &error), 0);
    assert_int_equal(db_open(store, "tinytown", DB_CASES, DB_WRITE, &db, &error), 0);
    snprintf(path, sizeof path, "%s/media", folder);
    assert_int_equal(media_store_open(path, 0, &media, &error), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    media = media_store_close(media);
    db = db_close(db);
    store = db_store_close(store);
    temporary_remove(folder);
    return 0;
}

static struct media_file photo(uint8_t shade)
{
    IMAGE_CLEANUP struct image image = {0};
    BUFFER_CLEANUP struct buffer jpeg;
    struct media_file file;
    buffer_init(&jpeg, BUFFER_CEILING_REPLY);
    assert_int_equal(image_new(40, 30, &image, &error), 0);
    memset(image.pixels, shade, 40 * 30 * 3);
    assert_int_equal(image_encode(&image, 80, &jpeg, &error), 0);
    assert_int_equal(media_store_bytes(media, jpeg.data, jpeg.length, &file, &error), 0);
    return file;
}

static void path_of(const struct media_file *file, const char *ending, char out[512])
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(file->sha256, hex);
    snprintf(out, 512, "%s/media/%.2s/%s.%s", folder, hex, hex + 2, ending);
}

static void a_row_names_a_file_and_keeps_its_first_uploader(void **state)
{
    (void)state;
    struct media_file file = photo(10), found;
    assert_int_equal(media_file_find(db, file.sha256, &found, &error), ERROR_NOT_FOUND);
    assert_int_equal(media_file_store(db, &file, 0, 1000, &error), 0);
    assert_int_equal(media_file_store(db, &file, 0, 2000, &error), 0);
    assert_int_equal(media_file_find(db, file.sha256, &found, &error), 0);
    assert_memory_equal(found.sha256, file.sha256, HASH_SIZE);
    assert_int_equal(found.bytes, file.bytes);
    assert_int_equal(found.width_px, 40);
    assert_int_equal(found.type, MEDIA_JPEG);
}

static void what_no_row_names_is_swept_after_a_day(void **state)
{
    (void)state;
    struct media_file named = photo(10), unnamed = photo(200);
    char left[600], path[512];
    int removed = -1;
    int64_t now_ms = instant_now_ms(), day_ms = 24LL * 3600 * 1000;
    assert_int_equal(media_file_store(db, &named, 0, now_ms, &error), 0);
    path_of(&named, "orig", path); // what a write that was killed leaves behind
    snprintf(left, sizeof left, "%s.new-99-1", path);
    int fd = open(left, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(media_sweep(media, db, -1, now_ms + day_ms / 2, &removed, &error), 0);
    assert_int_equal(removed, 0);
    assert_int_equal(media_sweep(media, db, -1, now_ms + 2 * day_ms, &removed, &error), 0);
    assert_int_equal(removed, 4);
    path_of(&unnamed, "orig", path);
    assert_false(file_exists(path));
    assert_false(file_exists(left));
    struct file_map map;
    assert_int_equal(media_map(media, &named, MEDIA_RENDITION, &map, &error), 0);
    file_map_close(&map);
    photo(200); // comes again
    assert_true(file_exists(path));
}

static int faults;
static void count_fault(void *context, const uint8_t sha256[HASH_SIZE], const char *reason)
{
    (void)sha256;
    faults++;
    *(const char **)context = reason;
}

static void checking_finds_what_is_missing_or_altered(void **state)
{
    (void)state;
    const char *reason = "";
    int64_t checked = 0;
    struct media_file files[3] = {photo(1), photo(90), photo(180)};
    char path[512];
    for (int i = 0; i < 3; i++)
        assert_int_equal(media_file_store(db, &files[i], 0, 1000, &error), 0);
    faults = 0;
    assert_int_equal(media_check(media, db, true, count_fault, &reason, &checked, &error),
                     0);
    assert_int_equal(checked, 3);
    assert_int_equal(faults, 0);
    path_of(&files[1], "orig", path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "?", 1, 20), 1);
    close(fd);
    assert_int_equal(media_check(media, db, true, count_fault, &reason, &checked, &error),
                     0);
    assert_int_equal(faults, 1);
    assert_string_equal(reason, "the original was altered");
    assert_int_equal(media_check(media, db, false, count_fault, &reason, &checked, &error),
                     0);
    assert_int_equal(faults, 1); // lengths only: nothing new is found
    path_of(&files[2], "thumb", path);
    assert_int_equal(unlink(path), 0);
    faults = 0;
    assert_int_equal(media_check(media, db, true, count_fault, &reason, &checked, &error),
                     0);
    assert_int_equal(faults, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_names_a_file_and_keeps_its_first_uploader,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_no_row_names_is_swept_after_a_day, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(checking_finds_what_is_missing_or_altered, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
