// SPDX-License-Identifier: MPL-2.0
// Manifests and lists of photos of a backup: what is taken leads nowhere else.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/backup/backup_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
    if (name[0] == '/' || strstr(name, "..") || strchr(name, '\\') || strchr(name, '\n')) {
        abort();
    }
}

static void read_manifest(const uint8_t *data, size_t size)
{
    struct backup_manifest *manifest = NULL;
    struct error error = {0};
    if (backup_manifest_parse((const char *)data, size, &manifest, &error) == 0) {
        for (size_t i = 0; i < manifest->file_count; i++) {
            check_name(manifest->files[i].path);
        }
        for (size_t i = 0; i < manifest->city_count; i++) {
            check_name(manifest->cities[i].slug);
        }
        backup_manifest_free(manifest);
    }
}

static void read_photos(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/gridcase-fuzz-XXXXXX";
    int fd = mkstemp(path);
    struct error error = {0};
    struct backup_photo photo;
    if (fd < 0) {
        return;
    }
    FILE *file = fdopen(fd, "w");
    if (file && fwrite(data, 1, size, file) == size && fclose(file) == 0) {
        struct backup_photos *list = backup_photos_open(path);
        while (backup_photos_next(list, &photo, &error) == 1) {
            check_name(photo.name);
        }
        backup_photos_close(list);
    }
    remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == '{') {
        read_manifest(data, size);
    } else {
        read_photos(data, size);
    }
    return 0;
}
