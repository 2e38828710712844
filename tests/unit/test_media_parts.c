// SPDX-License-Identifier: MPL-2.0
// Uploads by parts: each person's own, bounded, checked at the end, kept over a restart,
// and true about what was synced when the disk fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/media/media.h>

#include "../../src/media/media_internal.h"
#include "fault/temporary.h"

static char folder[256];
static struct media_limits limits;
static struct media_store *store;
static struct error error;
static struct buffer photo; // one photo, its digest
static uint8_t digest[HASH_SIZE];

static void open_store(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/media", folder);
    assert_int_equal(media_store_open(path, &limits, &store, &error), 0);
}

static int set_up(void **state)
{
    (void)state;
    IMAGE_CLEANUP struct image image = {0};
    temporary_folder(folder, sizeof folder);
    media_limits_init(&limits);
    limits.free_percent = limits.photo_free_percent = 0;
    open_store();
    buffer_init(&photo, BUFFER_CEILING_REPLY);
    assert_int_equal(image_new(200, 200, &image, &error), 0);
    for (int i = 0; i < 200 * 200 * 3; i++)
        image.pixels[i] = (uint8_t)(i * 31 + i / 600);
    assert_int_equal(image_encode(&image, 90, &photo, &error), 0);
    assert_true(photo.length > 9000);
    hash_bytes(photo.data, photo.length, digest);
    error_clear(&error);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    file_system_set(NULL);
    buffer_done(&photo);
    store = media_store_close(store);
    temporary_remove(folder);
    return 0;
}

static struct media_upload upload_of(int64_t person_id, int64_t offset)
{
    struct media_upload upload = {
        .person_id = person_id, .offset = offset, .length = (int64_t)photo.length};
    memcpy(upload.sha256, digest, HASH_SIZE);
    return upload;
}

static int append(struct media_upload *upload, const void *bytes, size_t length,
                  bool *ret_whole)
{
    static atomic_int serial;
    struct media_file file;
    char path[300];
    snprintf(path, sizeof path, "%s/spool-%d", folder, atomic_fetch_add(&serial, 1));
    FILE *spool = fopen(path, "w");
    assert_non_null(spool);
    assert_int_equal(fwrite(bytes, 1, length, spool), length);
    fclose(spool);
    int code = media_part_append(store, upload, length > 0 ? path : NULL, ret_whole, &file,
                                 &error);
    unlink(path);
    return code;
}

static int send(int64_t person_id, size_t from, size_t to, int64_t *ret_offset)
{
    struct media_upload upload = upload_of(person_id, (int64_t)from);
    bool whole = false;
    error_clear(&error);
    int code = append(&upload, photo.data + from, to - from, &whole);
    *ret_offset = upload.offset;
    return code != 0 ? code : whole;
}

static int64_t there(int64_t person_id)
{
    struct media_upload upload = upload_of(person_id, 0);
    struct error absent = {0};
    return media_part_find(store, &upload, &absent) == 0 ? upload.offset : -1;
}

static void each_person_has_their_own_part(void **state)
{
    (void)state;
    int64_t offset = 0;
    assert_int_equal(send(1, 0, 5000, &offset), 0);
    assert_int_equal(send(2, 0, 300, &offset), 0);
    assert_int_equal(there(1), 5000);
    assert_int_equal(there(2), 300);
    assert_int_equal(there(3), -1);
    assert_int_equal(send(1, 5000, photo.length, &offset), 1);
    struct media_upload mine = upload_of(1, 0);
    media_part_drop(store, &mine);
    assert_int_equal(there(1), -1);
    assert_int_equal(there(2), 300);
    assert_int_equal(store->upload_bytes, (int64_t)photo.length);
}

static void the_last_byte_may_be_asked_for_again(void **state)
{
    (void)state;
    int64_t offset = 0;
    bool whole = false;
    assert_int_equal(send(1, 0, photo.length, &offset), 1);
    // The row was not written (the server died): the part is there, whole.
    store = media_store_close(store);
    open_store();
    assert_int_equal(there(1), photo.length);
    assert_int_equal(store->upload_bytes, (int64_t)photo.length);
    struct media_upload again = upload_of(1, (int64_t)photo.length);
    assert_int_equal(append(&again, "", 0, &whole), 0);
    assert_true(whole);
}

static void what_does_not_match_is_dropped(void **state)
{
    (void)state;
    struct media_upload upload = upload_of(1, 0);
    bool whole = true;
    upload.sha256[0] ^= 1;
    assert_int_equal(append(&upload, photo.data, photo.length, &whole), ERROR_INPUT);
    assert_string_equal(error.slug, "media.digest");
    assert_false(whole);
    assert_int_equal(upload.offset, 0);
    assert_int_equal(store->upload_bytes, 0);
    // Whole by its digest, but no photo: dropped, too.
    uint8_t bytes[100] = {0xff, 0xd8, 0xff, 0xe0};
    upload = (struct media_upload){.person_id = 1, .length = sizeof bytes};
    hash_bytes(bytes, sizeof bytes, upload.sha256);
    assert_int_equal(append(&upload, bytes, sizeof bytes, &whole), ERROR_INPUT);
    assert_string_equal(error.slug, "media.broken");
    assert_int_equal(upload.offset, 0);
    assert_int_equal(store->upload_bytes, 0);
}

static void uploads_that_stopped_are_given_up(void **state)
{
    (void)state;
    int64_t offset = 0, now_ms = instant_now_ms();
    int removed = -1;
    assert_int_equal(send(1, 0, 5000, &offset), 0);
    assert_int_equal(
        media_parts_sweep(store, now_ms + limits.upload_life_ms - 60000, &removed, &error),
        0);
    assert_int_equal(removed, 0);
    assert_int_equal(there(1), 5000);
    assert_int_equal(
        media_parts_sweep(store, now_ms + limits.upload_life_ms + 60000, &removed, &error),
        0);
    assert_int_equal(removed, 1);
    assert_int_equal(there(1), -1);
    assert_int_equal(store->upload_bytes, 0);
}

static void a_person_and_a_city_are_bounded(void **state)
{
    (void)state;
    int64_t offset = 0;
    store = media_store_close(store);
    limits.upload_bytes_person = (int64_t)photo.length + 10;
    limits.upload_bytes_city = 2 * (int64_t)photo.length;
    open_store();
    assert_int_equal(send(1, 0, 100, &offset), 0);
    struct media_upload other = upload_of(1, 0);
    bool whole = false;
    other.sha256[3] ^= 1;
    assert_int_equal(append(&other, photo.data, 100, &whole), ERROR_LIMIT);
    assert_string_equal(error.slug, "media.uploads_person");
    assert_int_equal(send(2, 0, 100, &offset), 0);
    assert_int_equal(send(3, 0, 100, &offset), ERROR_BUSY);
    assert_string_equal(error.slug, "media.uploads_city");
    assert_int_equal(send(1, 100, photo.length, &offset), 1); // what is reserved goes on
    struct media_upload mine = upload_of(1, 0);
    media_part_drop(store, &mine);
    assert_int_equal(send(3, 0, 100, &offset), 0);
}

// ---- a disk that fails ----
static int writes_left;
static int64_t failing_write(int fd, const void *bytes, size_t length)
{
    if (writes_left-- > 0)
        return (int64_t)write(fd, bytes, length > 1000 ? 1000 : length);
    errno = ENOSPC;
    return -1;
}
static int failing_sync(int fd)
{
    (void)fd;
    errno = EIO;
    return -1;
}

static void what_was_not_synced_is_not_there(void **state)
{
    (void)state;
    struct file_system broken = *file_system();
    int64_t offset = 0;
    assert_int_equal(send(1, 0, 3000, &offset), 0);
    broken.write = failing_write;
    writes_left = 2;
    file_system_set(&broken);
    assert_int_equal(send(1, 3000, 8000, &offset), ERROR_IO);
    assert_string_equal(error.slug, "disk.full");
    assert_null(strstr(error.message, folder));
    assert_int_equal(offset, 3000);
    assert_int_equal(there(1), 3000);
    file_system_set(NULL);
    broken = *file_system();
    broken.sync = failing_sync;
    file_system_set(&broken);
    assert_int_equal(send(1, 3000, 8000, &offset), ERROR_IO);
    assert_int_equal(there(1), 3000);
    assert_int_equal(send(2, 0, 1000, &offset), ERROR_IO); // a first part leaves nothing
    file_system_set(NULL);
    assert_int_equal(there(2), -1);
    assert_int_equal(store->upload_bytes, (int64_t)photo.length);
    assert_int_equal(send(1, 3000, photo.length, &offset), 1);
}

// ---- many at once ----
static atomic_int wholes;

static void *race(void *context)
{
    int64_t person_id = (int64_t)(intptr_t)context;
    for (size_t at = 0; at < photo.length;) {
        size_t end = at + 700 < photo.length ? at + 700 : photo.length;
        struct media_upload upload = upload_of(person_id, (int64_t)at);
        bool whole = false;
        struct media_file file;
        struct error why = {0};
        char path[300];
        snprintf(path, sizeof path, "%s/race-%p", folder, (void *)&upload);
        FILE *spool = fopen(path, "w");
        if (spool == NULL || fwrite(photo.data + at, 1, end - at, spool) != end - at)
            return NULL;
        fclose(spool);
        int code = media_part_append(store, &upload, path, &whole, &file, &why);
        if (code != 0 && code != ERROR_CONFLICT)
            return NULL;
        if (whole)
            atomic_fetch_add(&wholes, 1);
        at = (size_t)upload.offset; // another tab of theirs may have sent it
    }
    return NULL;
}

static void many_people_and_tabs_send_the_same_file_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    atomic_store(&wholes, 0);
    for (intptr_t i = 0; i < 8; i++) // four people with two tabs each
        assert_int_equal(pthread_create(&threads[i], NULL, race, (void *)(i / 2 + 1)), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&wholes), 4);
    struct media_file file = {.type = MEDIA_JPEG};
    struct file_map map;
    memcpy(file.sha256, digest, HASH_SIZE);
    assert_int_equal(media_map(store, &file, MEDIA_ORIGINAL, &map, &error), 0);
    assert_int_equal(map.length, photo.length);
    assert_memory_equal(map.data, photo.data, photo.length);
    file_map_close(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_person_has_their_own_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_byte_may_be_asked_for_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_match_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(uploads_that_stopped_are_given_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_person_and_a_city_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_synced_is_not_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_people_and_tabs_send_the_same_file_at_once,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
