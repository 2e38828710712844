// SPDX-License-Identifier: MPL-2.0
// A disk that runs full: videos, sound and documents are refused first, photos later, so
// that reports always have room.
#include <sys/statvfs.h>

#include "media_internal.h"

static int ask_system(const char *folder, struct media_disk *ret_disk)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return -1;
    *ret_disk = (struct media_disk){
        .free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize),
        .total_bytes = (int64_t)(disk.f_blocks * disk.f_frsize),
    };
    return 0;
}

int media_disk_check(const struct media_store *store, enum media_class class, int64_t bytes,
                     struct error *error)
{
    const struct media_limits *limits = &store->limits;
    struct media_disk disk = {0};
    int code = limits->disk != NULL
                   ? limits->disk(limits->disk_context, store->folder, &disk)
                   : ask_system(store->folder, &disk);
    if (code != 0)
        return error_errno(error, "media.disk", store->folder);
    int percent = class == MEDIA_PHOTO ? limits->photo_free_percent : limits->free_percent;
    double least = (double)disk.total_bytes / 100 * percent;
    if (percent == 0 || (double)(disk.free_bytes - bytes) >= least)
        return 0;
    return error_set(error, ERROR_IO, "media.disk_low",
                     "the server's disk is nearly full: %s",
                     class == MEDIA_PHOTO ? "photos are not taken now, reports are"
                                          : "only photos and reports are taken now");
}
