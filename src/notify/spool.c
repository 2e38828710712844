// SPDX-License-Identifier: MPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/notify/spool.h>

enum { NAME_SIZE = 256, PATH_SIZE = 4600 };
#define WAITS  ".mail"
#define GIVEN  ".failed"
#define REASON ".reason"
#define DAY_MS ((int64_t)86400000)

struct waiting {
    char name[NAME_SIZE];
    int64_t since_ms;
};
struct listing {
    size_t count, capacity;
    struct waiting *items; // owned
    unsigned failed;
};

static bool ends(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t tail = strlen(ending);
    return length > tail && strcmp(text + length - tail, ending) == 0;
}

static int by_age(const void *a, const void *b)
{
    const struct waiting *left = a;
    const struct waiting *right = b;
    if (left->since_ms != right->since_ms) {
        return left->since_ms < right->since_ms ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static int add(struct listing *list, const char *name, int64_t since_ms,
               struct error *error)
{
    if (list->count == MAIL_SPOOL_MOST) {
        return 0; // the rest is found when these are gone
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        struct waiting *bigger = realloc(list->items, capacity * sizeof(*bigger));
        if (!bigger) {
            return error_set(error, ERROR_LIMIT, "mail.spool_full", "out of memory");
        }
        list->items = bigger;
        list->capacity = capacity;
    }
    struct waiting *item = &list->items[list->count];
    if (text_format(item->name, sizeof(item->name), "%s", name)) {
        return 0; // none of ours
    }
    item->since_ms = since_ms;
    list->count++;
    return 0;
}

static int read_folder(const char *folder, struct listing *list, struct error *error)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    int code = 0;
    if (!open) {
        return errno == ENOENT ? 0 : error_errno(error, "mail.spool", folder);
    }
    while (!code && (entry = readdir(open))) {
        struct stat about;
        list->failed += ends(entry->d_name, GIVEN);
        if (ends(entry->d_name, WAITS) &&
            fstatat(dirfd(open), entry->d_name, &about, 0) == 0) {
            code =
                add(list, entry->d_name,
                    about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000, error);
        }
    }
    closedir(open);
    if (!code && list->count > 1) {
        qsort(list->items, list->count, sizeof(*list->items), by_age);
    }
    return code;
}

int mail_spool_state(const char *folder, struct mail_spool_state *ret_state,
                     struct error *error)
{
    struct listing list = {0};
    int code = read_folder(folder, &list, error);
    if (!code) {
        *ret_state =
            (struct mail_spool_state){(unsigned)list.count, list.failed,
                                      list.count ? list.items[0].since_ms : INSTANT_NONE};
    }
    free(list.items);
    return code;
}

int mail_spool_add(const char *folder, const char *key, unsigned number,
                   const struct mail *mail, struct error *error)
{
    char path[PATH_SIZE];
    struct mail_spool_state state;
    BUFFER_CLEANUP struct buffer file;
    buffer_init(&file, MAIL_BYTES_MOST);
    size_t fine = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789.-_");
    if (!key[0] || key[0] == '.' || fine != strlen(key) || fine > 200) {
        return error_set(error, ERROR_BUG, "mail.spool", "the spool's key is not usable");
    }
    if (text_format(path, sizeof(path), "%s/%s-%03u" WAITS, folder, key, number)) {
        return error_set(error, ERROR_LIMIT, "mail.spool", "the path is too long");
    }
    int code = file_make_directory(folder, error);
    if (!code) {
        code = mail_spool_state(folder, &state, error);
    }
    if (!code && state.waiting >= MAIL_SPOOL_MOST) {
        code = error_set(error, ERROR_LIMIT, "mail.spool_full",
                         "%d mails wait to be sent already", MAIL_SPOOL_MOST);
    }
    if (!code) {
        buffer_format(&file, "%s\n%s\n\n", mail->from, mail->to);
        code = mail_write(mail, &file, error);
    }
    return code ? code : file_write_atomic(path, file.data, file.length, error);
}

// ---- sending ----

struct sender {
    const char *folder;
    const struct mail_server *server;
    int64_t now_ms;
    struct mail_sweep sweep;
};

// The two lines of the envelope; *ret_message begins behind the blank line.
static bool read_envelope(struct buffer *file, char **ret_from, char **ret_to,
                          char **ret_message)
{
    char *from = file->data;
    char *to = from ? strchr(from, '\n') : NULL;
    char *rest = to ? strchr(to + 1, '\n') : NULL;
    if (!rest || rest[1] != '\n') {
        return false;
    }
    *to++ = '\0';
    *rest = '\0';
    *ret_from = from;
    *ret_to = to;
    *ret_message = rest + 2;
    return mail_address_check(from, &(struct error){0}) == 0 &&
           mail_address_check(to, &(struct error){0}) == 0;
}

static int remove_file(const char *folder, const char *path, struct error *error)
{
    if (file_system()->unlink(path) != 0 && errno != ENOENT) {
        return error_errno(error, "mail.spool", path);
    }
    return file_sync_directory(folder, error);
}

// Keeps what cannot be sent, with the reason beside it.
static int give_up(const struct sender *sender, const char *path, const char *why,
                   struct error *error)
{
    char failed[PATH_SIZE];
    char reason[PATH_SIZE];
    int stem = (int)(strlen(path) - strlen(WAITS));
    if (text_format(failed, sizeof(failed), "%.*s" GIVEN, stem, path) ||
        text_format(reason, sizeof(reason), "%.*s" REASON, stem, path)) {
        return error_set(error, ERROR_LIMIT, "mail.spool", "the path is too long");
    }
    int code = file_write_atomic(reason, why, strlen(why), error);
    if (!code && file_system()->rename(path, failed) != 0) {
        code = error_errno(error, "mail.spool", path);
    }
    return code ? code : file_sync_directory(sender->folder, error);
}

// *ret_stop: nothing more can be sent for now.
static int send_one(struct sender *sender, const struct waiting *item, bool *ret_stop,
                    struct error *error)
{
    char path[PATH_SIZE];
    char *from;
    char *to;
    char *message;
    struct error failure = {0};
    BUFFER_CLEANUP struct buffer file;
    buffer_init(&file, MAIL_BYTES_MOST);
    int code = file_path(path, sizeof(path), sender->folder, item->name, error);
    if (!code) {
        code = file_read(path, &file, error);
    }
    if (code) {
        return code;
    }
    if (!read_envelope(&file, &from, &to, &message)) {
        sender->sweep.refused++;
        return give_up(sender, path, "the file is not one of the spool\n", error);
    }
    size_t length = file.length - (size_t)(message - file.data);
    code = mail_send(sender->server, from, to, message, length, &failure);
    if (!code) {
        sender->sweep.sent++;
        return remove_file(sender->folder, path, error);
    }
    sender->sweep.trouble = failure;
    if (code == ERROR_DENIED ||
        sender->now_ms - item->since_ms > MAIL_GIVE_UP_DAYS * DAY_MS) {
        sender->sweep.refused++;
        return give_up(sender, path, failure.message, error);
    }
    sender->sweep.later++;
    *ret_stop = code == ERROR_BUSY;
    return 0;
}

int mail_spool_send(const char *folder, const struct mail_server *server, int64_t now_ms,
                    struct mail_sweep *ret_sweep, struct error *error)
{
    char path[PATH_SIZE];
    struct sender sender = {folder, server, now_ms, {0}};
    struct listing list = {0};
    bool stop = false;
    int code = file_make_directory(folder, error);
    if (!code) {
        code = file_path(path, sizeof(path), folder, "lock", error);
    }
    if (code) {
        return code;
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return error_errno(error, "mail.spool", path);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return error_set(error, ERROR_BUSY, "mail.spool_taken",
                         "another process sends the mails of this folder");
    }
    code = read_folder(folder, &list, error);
    for (size_t i = 0; i < list.count && !code && !stop; i++) {
        code = send_one(&sender, &list.items[i], &stop, error);
    }
    free(list.items);
    close(lock);
    *ret_sweep = sender.sweep;
    return code;
}
