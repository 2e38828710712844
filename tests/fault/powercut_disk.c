// SPDX-License-Identifier: MPL-2.0
#include "fault/powercut_disk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault/powercut_vfs.h"
#include "fault/temporary.h"

enum { NAMES = 4096, PATH = 512, SECTOR = 512 };

struct pending {
    struct pending *next;
    int64_t offset; // of a write; the size of a truncation
    size_t length;
    bool truncates;
    char bytes[];
};

struct disk_inode {
    struct disk_inode *next; // of all
    bool folder;
    char *bytes; // synced
    size_t size;
    struct pending *first, **end; // not synced, in order
};

struct name {
    char path[PATH];
    struct disk_inode *live, *kept; // NULL: the name is not there
};

static struct {
    pthread_mutex_t mutex;
    char root[PATH];
    struct disk_inode *inodes;
    struct name names[NAMES];
    size_t name_count;
    uint64_t operations, off_at;
    bool off, full, forgets_file_syncs;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

// ---- inodes ----

static struct disk_inode *inode_new(bool folder)
{
    struct disk_inode *inode = must(calloc(1, sizeof *inode));
    inode->folder = folder;
    inode->end = &inode->first;
    inode->next = disk.inodes;
    disk.inodes = inode;
    return inode;
}

static void resize(struct disk_inode *inode, size_t size)
{
    if (size > inode->size) {
        inode->bytes = must(realloc(inode->bytes, size));
        memset(inode->bytes + inode->size, 0, size - inode->size);
    }
    inode->size = size;
}

// Puts the first `length` bytes of a change on the disk.
static void apply(struct disk_inode *inode, const struct pending *change, size_t length)
{
    if (change->truncates) {
        resize(inode, (size_t)change->offset);
        return;
    }
    size_t end = (size_t)change->offset + length;
    if (end > inode->size)
        resize(inode, end);
    if (length > 0)
        memcpy(inode->bytes + change->offset, change->bytes, length);
}

static void drop_pending(struct disk_inode *inode)
{
    while (inode->first) {
        struct pending *next = inode->first->next;
        free(inode->first);
        inode->first = next;
    }
    inode->end = &inode->first;
}

static void add_pending(struct disk_inode *inode, bool truncates, int64_t offset,
                        const void *bytes, size_t length)
{
    struct pending *change = must(malloc(sizeof *change + length));
    *change = (struct pending){.offset = offset, .length = length, .truncates = truncates};
    if (length > 0)
        memcpy(change->bytes, bytes, length);
    *inode->end = change;
    inode->end = &change->next;
}

// ---- names ----

static bool inside(const char *path)
{
    size_t length = strlen(disk.root);
    return length > 0 && strncmp(path, disk.root, length) == 0 && path[length] == '/';
}

static struct name *name_of(const char *path, bool make)
{
    for (size_t i = 0; i < disk.name_count; i++)
        if (strcmp(disk.names[i].path, path) == 0)
            return &disk.names[i];
    if (!make)
        return NULL;
    if (disk.name_count == NAMES || strlen(path) >= PATH)
        abort();
    struct name *name = &disk.names[disk.name_count++];
    *name = (struct name){.live = NULL};
    memcpy(name->path, path, strlen(path) + 1);
    return name;
}

static bool is_in(const char *path, const char *folder, size_t length)
{
    return strncmp(path, folder, length) == 0 && path[length] == '/' &&
           !strchr(path + length + 1, '/');
}

static void keep_names(const char *folder, size_t length)
{
    for (size_t i = 0; i < disk.name_count; i++)
        if (is_in(disk.names[i].path, folder, length))
            disk.names[i].kept = disk.names[i].live;
}

// ---- operations ----

static bool step(void)
{
    disk.operations++;
    if (disk.operations >= disk.off_at)
        disk.off = true;
    return !disk.off;
}

bool disk_step(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

struct disk_inode *disk_open(const char *path, bool create)
{
    struct disk_inode *inode = NULL;
    pthread_mutex_lock(&disk.mutex);
    if (inside(path)) {
        struct name *name = name_of(path, create);
        if (name && !name->live && create && !disk.off)
            name->live = inode_new(false);
        inode = name ? name->live : NULL;
    }
    pthread_mutex_unlock(&disk.mutex);
    return inode;
}

bool disk_write(struct disk_inode *inode, const void *bytes, size_t length, int64_t offset)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && inode)
        add_pending(inode, false, offset, bytes, length);
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_truncate(struct disk_inode *inode, int64_t size)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && inode)
        add_pending(inode, true, size, NULL, 0);
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_sync(struct disk_inode *inode)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && inode) {
        for (struct pending *change = inode->first; change; change = change->next)
            apply(inode, change, change->length);
        drop_pending(inode);
    }
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_sync_folder(const char *path)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on)
        keep_names(path, strlen(path));
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && slash)
        keep_names(path, (size_t)(slash - path));
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_rename(const char *from, const char *to)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && inside(from) && inside(to)) {
        struct name *new = name_of(to, true), *old = name_of(from, true);
        new->live = old->live;
        old->live = NULL;
    }
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_remove(const char *path)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    struct name *name = on && inside(path) ? name_of(path, false) : NULL;
    if (name)
        name->live = NULL;
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

bool disk_make_folder(const char *path)
{
    pthread_mutex_lock(&disk.mutex);
    bool on = step();
    if (on && inside(path))
        name_of(path, true)->live = inode_new(true);
    pthread_mutex_unlock(&disk.mutex);
    return on;
}

// ---- the test's side ----

void powercut_start(const char *root)
{
    pthread_mutex_lock(&disk.mutex);
    snprintf(disk.root, sizeof disk.root, "%s", root);
    disk.off = disk.full = disk.forgets_file_syncs = false;
    disk.off_at = UINT64_MAX;
    pthread_mutex_unlock(&disk.mutex);
}

static void forget_everything(void)
{
    while (disk.inodes) {
        struct disk_inode *next = disk.inodes->next;
        drop_pending(disk.inodes);
        free(disk.inodes->bytes);
        free(disk.inodes);
        disk.inodes = next;
    }
    disk.name_count = 0;
}

void powercut_stop(void)
{
    pthread_mutex_lock(&disk.mutex);
    forget_everything();
    disk.root[0] = '\0';
    disk.off = false;
    disk.off_at = UINT64_MAX;
    pthread_mutex_unlock(&disk.mutex);
}

void powercut_after(uint64_t operations)
{
    pthread_mutex_lock(&disk.mutex);
    disk.off_at = disk.operations + operations;
    pthread_mutex_unlock(&disk.mutex);
}

void powercut_resume(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.off = false;
    disk.off_at = UINT64_MAX;
    pthread_mutex_unlock(&disk.mutex);
}

bool powercut_is_off(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool off = disk.off;
    pthread_mutex_unlock(&disk.mutex);
    return off;
}

uint64_t powercut_operations(void)
{
    pthread_mutex_lock(&disk.mutex);
    uint64_t operations = disk.operations;
    pthread_mutex_unlock(&disk.mutex);
    return operations;
}

void powercut_forget_file_syncs(bool forget)
{
    pthread_mutex_lock(&disk.mutex);
    disk.forgets_file_syncs = forget;
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_forgets_file_syncs(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool forgets = disk.forgets_file_syncs;
    pthread_mutex_unlock(&disk.mutex);
    return forgets;
}

void powercut_fill(bool full)
{
    pthread_mutex_lock(&disk.mutex);
    disk.full = full;
    pthread_mutex_unlock(&disk.mutex);
}

bool disk_is_full(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool full = disk.full;
    pthread_mutex_unlock(&disk.mutex);
    return full;
}

// ---- power is back ----

static uint32_t chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static void keep_some(struct disk_inode *inode, uint32_t *seed)
{
    for (struct pending *change = inode->first; change; change = change->next) {
        uint32_t fate = chance(seed, 4);
        size_t sectors = change->length / SECTOR;
        if (fate == 0)
            continue;
        size_t kept = fate > 1 || sectors == 0
                          ? change->length
                          : SECTOR * chance(seed, (uint32_t)sectors + 1);
        apply(inode, change, kept);
    }
}

static bool folder_kept(const char *path)
{
    char folder[PATH];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    if (strcmp(folder, disk.root) == 0)
        return true;
    struct name *name = name_of(folder, false);
    return name && name->kept && name->kept->folder && folder_kept(folder);
}

static void put_back(const struct name *name)
{
    if (name->kept->folder) {
        if (mkdir(name->path, 0750) != 0)
            abort();
        return;
    }
    FILE *file = must(fopen(name->path, "wb"));
    if (name->kept->size > 0 &&
        fwrite(name->kept->bytes, 1, name->kept->size, file) != name->kept->size)
        abort();
    fclose(file);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

void powercut_restore(enum powercut_loss loss, uint32_t seed)
{
    pthread_mutex_lock(&disk.mutex);
    if (loss == POWERCUT_KEEPS_SOME) {
        for (struct disk_inode *inode = disk.inodes; inode; inode = inode->next)
            keep_some(inode, &seed);
        for (size_t i = 0; i < disk.name_count; i++)
            if (disk.names[i].kept != disk.names[i].live && chance(&seed, 2))
                disk.names[i].kept = disk.names[i].live;
    }
    temporary_remove(disk.root);
    if (mkdir(disk.root, 0750) != 0)
        abort();
    qsort(disk.names, disk.name_count, sizeof disk.names[0], by_path); // folders first
    size_t count = 0;
    for (size_t i = 0; i < disk.name_count; i++)
        if (!disk.names[i].kept || !folder_kept(disk.names[i].path))
            disk.names[i].kept = NULL;
        else
            put_back(&disk.names[i]);
    for (size_t i = 0; i < disk.name_count; i++)
        if (disk.names[i].kept) {
            disk.names[count] = disk.names[i];
            disk.names[count].live = disk.names[count].kept;
            count++;
        }
    disk.name_count = count;
    for (struct disk_inode *inode = disk.inodes; inode; inode = inode->next)
        drop_pending(inode);
    disk.off = disk.full = false;
    disk.off_at = UINT64_MAX;
    pthread_mutex_unlock(&disk.mutex);
}
