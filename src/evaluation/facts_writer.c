// SPDX-License-Identifier: MPL-2.0
// Writing the file of the columns, a group at a time. A file with its name is whole: it is
// written beside, synced and renamed.
#include "facts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "facts_layout.h"

struct facts_writer {
    char path[1024], beside[1040];
    int fd; // -1: closed
    bool written;
    struct facts_head head;
    struct facts_columns group;
    uint64_t *sums;
    size_t groups, room;
    uint32_t last; // case id
};

static int write_all(struct facts_writer *writer, const void *bytes, size_t length,
                     struct error *error)
{
    if (file_write_all(writer->fd, bytes, length) != 0)
        return error_errno(error, "figures.write", writer->beside);
    return 0;
}

int facts_writer_new(const char *path, const struct facts_about *about,
                     struct facts_writer **ret_writer, struct error *error)
{
    struct facts_writer *writer = memory_new(sizeof *writer);
    writer->fd = -1;
    writer->head = (struct facts_head){
        .version = FACTS_VERSION, .order = FACTS_ORDER, .about = *about};
    memcpy(writer->head.magic, FACTS_MAGIC, sizeof writer->head.magic);
    writer->head.about.rows = 0;
    writer->head.about.class_most = 0;
    int code = text_format(writer->path, sizeof writer->path, "%s", path);
    if (code == 0)
        code = text_format(writer->beside, sizeof writer->beside, "%s.new", path);
    if (code != 0)
        error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s", path);
    if (code == 0)
        code = facts_columns_room(&writer->group, FACTS_GROUP, error);
    if (code == 0 &&
        (writer->fd = file_system()->open(
             writer->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)) < 0)
        code = error_errno(error, "figures.write", writer->beside);
    if (code == 0)
        code = write_all(writer, &writer->head, sizeof writer->head, error);
    if (code != 0) {
        facts_writer_free(writer);
        return code;
    }
    *ret_writer = writer;
    return 0;
}

static int add_sum(struct facts_writer *writer, uint64_t sum, struct error *error)
{
    if (writer->groups == writer->room) {
        size_t room = writer->room > 0 ? 2 * writer->room : 64;
        uint64_t *sums = realloc(writer->sums, room * sizeof *sums);
        if (sums == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for sums");
        writer->sums = sums;
        writer->room = room;
    }
    writer->sums[writer->groups++] = sum;
    return 0;
}

// One piece, so that its sum is that of the bytes as they lie.
static int flush(struct facts_writer *writer, struct error *error)
{
    struct facts_columns *group = &writer->group;
    if (group->count == 0)
        return 0;
    uint32_t levels = writer->head.about.levels;
    size_t room = facts_group_room(group->count, 0);
    size_t bytes = facts_group_bytes(room, levels);
    unsigned char *piece = calloc(1, bytes), *at = piece;
    if (piece == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for a group");
    for (size_t i = 0; i < FACTS_AREA + (size_t)levels; i++) {
        memcpy(at, group->wide[i], group->count * sizeof(uint32_t));
        at += room * sizeof(uint32_t);
    }
    for (size_t i = 0; i < FACTS_NARROW; i++) {
        memcpy(at, group->narrow[i], group->count * sizeof(uint16_t));
        at += room * sizeof(uint16_t);
    }
    int code = write_all(writer, piece, bytes, error);
    if (code == 0)
        code = add_sum(writer, facts_checksum(piece, bytes), error);
    free(piece);
    group->count = 0;
    return code;
}

int facts_writer_add(struct facts_writer *writer, const struct facts_row *row,
                     struct error *error)
{
    struct facts_about *about = &writer->head.about;
    if (row->wide[FACTS_CASE] <= writer->last)
        return error_set(error, ERROR_BUG, "figures.order", "case %lu after case %lu",
                         (unsigned long)row->wide[FACTS_CASE], (unsigned long)writer->last);
    writer->last = row->wide[FACTS_CASE];
    facts_columns_set(&writer->group, writer->group.count++, row);
    about->rows++;
    if (row->wide[FACTS_CLASS] > about->class_most)
        about->class_most = row->wide[FACTS_CLASS];
    return writer->group.count == FACTS_GROUP ? flush(writer, error) : 0;
}

static int put_in_place(struct facts_writer *writer, struct error *error)
{
    char folder[sizeof writer->path];
    int code = 0;
    if (file_system()->sync(writer->fd) != 0)
        code = error_errno(error, "figures.write", writer->beside);
    file_system()->close(writer->fd);
    writer->fd = -1;
    if (code == 0 && file_system()->rename(writer->beside, writer->path) != 0)
        code = error_errno(error, "figures.write", writer->path);
    if (code != 0)
        return code;
    writer->written = true;
    memcpy(folder, writer->path, sizeof folder);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    return file_sync_directory(slash != NULL ? folder : ".", error);
}

int facts_writer_finish(struct facts_writer *writer, struct error *error)
{
    int code = flush(writer, error);
    size_t bytes = writer->groups * sizeof *writer->sums;
    struct facts_head *tail = &writer->head;
    if (code == 0 && bytes > 0)
        code = write_all(writer, writer->sums, bytes, error);
    tail->sums_checksum = facts_checksum(writer->sums, bytes);
    tail->checksum = facts_checksum(tail, offsetof(struct facts_head, checksum));
    if (code == 0)
        code = write_all(writer, tail, sizeof *tail, error);
    return code != 0 ? code : put_in_place(writer, error);
}

struct facts_writer *facts_writer_free(struct facts_writer *writer)
{
    if (writer != NULL) {
        if (writer->fd >= 0)
            file_system()->close(writer->fd);
        if (!writer->written && writer->beside[0] != '\0')
            file_system()->unlink(writer->beside);
        facts_columns_done(&writer->group);
        free(writer->sums);
        free(writer);
    }
    return NULL;
}
