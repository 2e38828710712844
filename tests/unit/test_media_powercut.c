// SPDX-License-Identifier: MPL-2.0
// Power cuts while photos are stored: each row that the database kept names a photo that is
// there whole, and each photo that was acknowledged has its row.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/db/lane.h>
#include <gridcase/media/media.h>

#include "../../src/media/media_internal.h"
#include "fault/powercut_vfs.h"
#include "fault/temporary.h"

enum { CLIENTS = 4, PHOTOS_MAX = 20000, ROUNDS = 16 };

static struct {
    char folder[256];
    char data[300];
    struct db_store *store;
    struct db_lane *lane;
    struct media_store *media;
} town;
static atomic_uchar acknowledged[PHOTOS_MAX];
static uint8_t digests[PHOTOS_MAX][HASH_SIZE];
static atomic_int next_photo;

static void photo_bytes(int number, struct buffer *out)
{
    IMAGE_CLEANUP struct image image = {0};
    struct error error = {0};
    assert_int_equal(image_new(16, 16, &image, &error), 0);
    for (int i = 0; i < 16 * 16 * 3; i++) // 8 x 8 blocks of bits of the number
        image.pixels[i] = number >> (i / 48 % 15) & 1 ? 255 : 0;
    buffer_init(out, BUFFER_CEILING_LINE);
    assert_int_equal(image_encode(&image, 90, out, &error), 0);
}

static int write_row(struct db *db, void *context, struct error *error)
{
    return media_file_store(db, context, 0, 1000, error);
}

// Two clients send each photo at about the same time: the second finds it.
static void *client(void *context)
{
    (void)context;
    for (;;) {
        int number = atomic_fetch_add(&next_photo, 1) / 2;
        BUFFER_CLEANUP struct buffer bytes;
        struct media_file file;
        struct error error = {0};
        if (number >= PHOTOS_MAX)
            return NULL;
        photo_bytes(number, &bytes);
        if (media_store_bytes(town.media, bytes.data, bytes.length, &file, &error) != 0)
            return NULL;
        if (db_lane_call(town.lane, DB_PEOPLE, write_row, &file, &error) != 0)
            return NULL;
        memcpy(digests[number], file.sha256, HASH_SIZE);
        atomic_store(&acknowledged[number], 1);
    }
}

static int open_town(void)
{
    char path[400];
    struct error error = {0};
    int code = db_store_open(town.data, DB_STORE_CREATE, &town.store, &error);
    if (code == 0 && !db_store_city_exists(town.store, "tinytown"))
        code = db_store_city_create(town.store, "tinytown", 0, &error);
    if (code == 0)
        code = db_lane_get(town.store, "tinytown", DB_CASES, &town.lane, &error);
    snprintf(path, sizeof path, "%s/cities/tinytown/media", town.data);
    if (code == 0)
        code = media_store_open(path, 0, &town.media, &error);
    return code;
}

static void close_town(void)
{
    town.media = media_store_close(town.media);
    town.lane = db_lane_put(town.lane);
    town.store = db_store_close(town.store);
}

static void work_until_dark(uint64_t operations)
{
    pthread_t threads[CLIENTS];
    powercut_after(operations);
    if (open_town() == 0) {
        for (int i = 0; i < CLIENTS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, client, NULL), 0);
        for (int i = 0; i < CLIENTS; i++)
            pthread_join(threads[i], NULL);
    }
    assert_true(powercut_is_off());
    close_town();
}

struct verdict {
    int acknowledged, lost, broken;
    int64_t rows;
};

static void count_broken(void *context, const uint8_t sha256[HASH_SIZE], const char *reason)
{
    struct verdict *verdict = context;
    (void)sha256;
    (void)reason;
    verdict->broken++;
}

static struct verdict check(void)
{
    struct verdict verdict = {0};
    struct error error = {0};
    struct db *db = NULL;
    assert_int_equal(open_town(), 0);
    assert_int_equal(db_open(town.store, "tinytown", DB_CASES, DB_READ, &db, &error), 0);
    assert_int_equal(
        media_check(town.media, db, true, count_broken, &verdict, &verdict.rows, &error),
        0);
    for (int number = 0; number < PHOTOS_MAX; number++) {
        struct media_file file;
        if (!atomic_load(&acknowledged[number]))
            continue;
        verdict.acknowledged++;
        verdict.lost += media_file_find(db, digests[number], &file, &error) != 0;
    }
    db_close(db);
    close_town();
    return verdict;
}

static int set_up(void **state)
{
    (void)state;
    temporary_folder(town.folder, sizeof town.folder);
    snprintf(town.data, sizeof town.data, "%s/data", town.folder);
    atomic_store(&next_photo, 0);
    memset(acknowledged, 0, sizeof acknowledged);
    powercut_start(town.folder);
    assert_int_equal(open_town(), 0); // the making of a store is tested elsewhere
    close_town();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    powercut_stop();
    temporary_remove(town.folder);
    return 0;
}

static struct verdict cut_again_and_again(enum powercut_loss loss, uint32_t seed)
{
    struct verdict verdict = {0};
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525u + 1013904223u;
        work_until_dark(100 + (seed >> 8) % 1500);
        powercut_restore(loss, seed);
        verdict = check();
        if (verdict.lost + verdict.broken > 0)
            break;
    }
    return verdict;
}

static void rows_name_whole_photos_after_a_power_cut(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, 1);
    assert_int_equal(verdict.lost, 0);
    assert_int_equal(verdict.broken, 0);
    assert_true(verdict.acknowledged > 50);
    assert_true(verdict.rows >= verdict.acknowledged);
}

static void the_same_when_writes_are_torn(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_KEEPS_SOME, 2);
    assert_int_equal(verdict.lost, 0);
    assert_int_equal(verdict.broken, 0);
    assert_true(verdict.acknowledged > 50);
}

static void a_careless_photo_store_is_found_out(void **state)
{
    (void)state;
    powercut_forget_file_syncs(true);
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, 3);
    powercut_forget_file_syncs(false);
    assert_true(verdict.broken > 0);
}

static void a_full_disk_refuses_a_photo_and_takes_it_later(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer bytes;
    struct media_file file;
    struct error error = {0};
    photo_bytes(7, &bytes);
    assert_int_equal(open_town(), 0);
    powercut_fill(true);
    assert_int_equal(media_store_bytes(town.media, bytes.data, bytes.length, &file, &error),
                     ERROR_IO);
    assert_string_equal(error.slug, "disk.full");
    powercut_fill(false);
    assert_int_equal(media_store_bytes(town.media, bytes.data, bytes.length, &file, &error),
                     0);
    assert_int_equal(db_lane_call(town.lane, DB_PEOPLE, write_row, &file, &error), 0);
    close_town();
    struct verdict verdict = check();
    assert_int_equal(verdict.rows, 1);
    assert_int_equal(verdict.broken, 0);
}

int main(void)
{
    powercut_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_name_whole_photos_after_a_power_cut, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_when_writes_are_torn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_careless_photo_store_is_found_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_a_photo_and_takes_it_later,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
