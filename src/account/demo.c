// SPDX-License-Identifier: MPL-2.0
// Demo logins: passwords made for a city marked as a demo, kept in a file that only the
// owner of the data folder can read, so that `make run` can print them again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "account_internal.h"
#include "staff.h"

enum { PATH_SIZE = 4096, ROLES_SIZE = 512 };
static const char FILE_NAME[] = "demo-logins.txt";

static void roles_text(const struct actor *actor, char out[ROLES_SIZE])
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        if (!actor_has_role(actor, (enum role)role))
            continue;
        const char *code = role_to_str((enum role)role);
        int wrote =
            snprintf(out + used, ROLES_SIZE - used, "%s%s", used > 0 ? " " : "", code);
        used += (size_t)wrote; // nine codes fit by far
    }
}

int account_staff_demo_login(const struct account_staff *staff, size_t index,
                             struct account_demo_login *ret_login)
{
    for (size_t i = 0; i < staff->count; i++) {
        const struct staff_member *member = &staff->members[i];
        if (!member->stored)
            continue;
        if (index-- > 0)
            continue;
        *ret_login = (struct account_demo_login){
            .login = member->login, .password = member->password, .name = member->name};
        roles_text(&member->actor, ret_login->roles);
        return 0;
    }
    return -1;
}

static bool is_new(const struct account_staff *staff, const char *login, size_t length)
{
    for (size_t i = 0; i < staff->count; i++) {
        const struct staff_member *member = &staff->members[i];
        if (member->stored && strlen(member->login) == length &&
            memcmp(member->login, login, length) == 0)
            return true;
    }
    return false;
}

// Lines of earlier logins that were not made anew.
static void keep_old(const struct account_staff *staff, const struct buffer *old,
                     struct buffer *out)
{
    if (old->length == 0)
        return;
    const char *line = old->data, *end = old->data + old->length;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *next = stop != NULL ? stop + 1 : end;
        const char *tab = memchr(line, '\t', (size_t)(next - line));
        if (tab != NULL && !is_new(staff, line, (size_t)(tab - line)))
            buffer_append(out, line, (size_t)(next - line));
        line = next;
    }
}

// As file_write_atomic, but nobody else may read it at any moment.
static int write_private(const char *path, const struct buffer *text, struct error *error)
{
    char beside[PATH_SIZE];
    if (text_format(beside, sizeof beside, "%s.new-%d", path, (int)getpid()) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         path);
    (void)unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_errno(error, "file.write", beside);
    ssize_t wrote = write(fd, text->data, text->length);
    int code = 0;
    if (wrote < 0 || (size_t)wrote != text->length || fsync(fd) != 0)
        code = error_errno(error, "file.write", beside);
    close(fd);
    if (code == 0 && rename(beside, path) != 0)
        code = error_errno(error, "file.write", path);
    if (code != 0)
        (void)unlink(beside);
    return code;
}

int account_demo_file_write(const struct account_staff *staff, const char *city_folder,
                            struct error *error)
{
    char path[PATH_SIZE];
    BUFFER_CLEANUP struct buffer old, text;
    buffer_init(&old, BUFFER_CEILING_REPLY);
    buffer_init(&text, BUFFER_CEILING_REPLY);
    int code = account_demo_file_read(city_folder, &old, error);
    if (code == 0)
        code = file_path(path, sizeof path, city_folder, FILE_NAME, error);
    if (code != 0)
        return code;
    struct account_demo_login login;
    size_t index = 0;
    while (account_staff_demo_login(staff, index, &login) == 0) {
        buffer_format(&text, "%s\t%s\t%s\t%s\n", login.login, login.password, login.roles,
                      login.name);
        index++;
    }
    if (index == 0)
        return 0;
    keep_old(staff, &old, &text);
    code = buffer_check(&text, error);
    return code != 0 ? code : write_private(path, &text, error);
}

int account_demo_file_read(const char *city_folder, struct buffer *out, struct error *error)
{
    char path[PATH_SIZE];
    int code = file_path(path, sizeof path, city_folder, FILE_NAME, error);
    if (code != 0 || !file_exists(path))
        return code;
    return file_read(path, out, error);
}
