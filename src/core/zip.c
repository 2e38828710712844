// SPDX-License-Identifier: MPL-2.0
// After PKWARE's APPNOTE.TXT 4.3: local headers with data, central directory, its end.
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/zip.h>

enum {
    LOCAL = 0x04034b50,
    CENTRAL = 0x02014b50,
    END = 0x06054b50,
    LOCAL_SIZE = 30,
    CENTRAL_SIZE = 46,
    END_SIZE = 22,
    COMMENT_MOST = 65535,
    DAY_ONE = 0x0021, // 1 January 1980
    PIECE = 32 * 1024,
};
enum { STORED = 0, DEFLATED = 8, FLAG_SECRET = 1, FLAG_UTF8 = 0x0800 };

struct zip_entry {
    char name[ZIP_NAME_MOST + 1];
    uint32_t checksum, packed, length, at; // at: of the local header
    uint16_t method;
};
struct zip {
    const uint8_t *bytes;
    size_t length, count;
    struct zip_entry *entries; // owned
};

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static int broken(struct error *error, const char *what)
{
    return error_set(error, ERROR_INPUT, "zip.broken", "no whole archive: %s", what);
}

// ---- reading ----

static const uint8_t *find_end(const struct zip *zip)
{
    size_t most =
        zip->length < COMMENT_MOST + END_SIZE ? zip->length : COMMENT_MOST + END_SIZE;
    for (size_t back = END_SIZE; back <= most; back++) {
        const uint8_t *at = zip->bytes + zip->length - back;
        if (get32(at) == END && get16(at + 20) == back - END_SIZE)
            return at;
    }
    return NULL;
}

static int read_entry(struct zip *zip, const uint8_t **cursor, const uint8_t *end,
                      struct error *error)
{
    const uint8_t *at = *cursor;
    struct zip_entry *entry = &zip->entries[zip->count];
    if (end - at < CENTRAL_SIZE || get32(at) != CENTRAL)
        return broken(error, "its list is cut");
    size_t name = get16(at + 28);
    size_t whole = CENTRAL_SIZE + name + get16(at + 30) + get16(at + 32);
    if ((size_t)(end - at) < whole || name == 0 || name > ZIP_NAME_MOST ||
        memchr(at + CENTRAL_SIZE, '\0', name))
        return broken(error, "a name in it cannot be");
    *entry = (struct zip_entry){.checksum = get32(at + 16),
                                .packed = get32(at + 20),
                                .length = get32(at + 24),
                                .at = get32(at + 42),
                                .method = get16(at + 10)};
    memcpy(entry->name, at + CENTRAL_SIZE, name);
    if (get16(at + 8) & FLAG_SECRET)
        return broken(error, "it is encrypted");
    if (entry->method != STORED && entry->method != DEFLATED)
        return broken(error, "it is packed in a way that is not known here");
    for (size_t i = 0; i < zip->count; i++)
        if (strcmp(zip->entries[i].name, entry->name) == 0)
            return broken(error, "two entries have one name");
    zip->count++;
    *cursor = at + whole;
    return 0;
}

int zip_open(const void *bytes, size_t length, struct zip **ret_zip, struct error *error)
{
    struct zip *zip = memory_new(sizeof(*zip));
    zip->bytes = bytes;
    zip->length = length;
    const uint8_t *end = length < END_SIZE ? NULL : find_end(zip);
    size_t count = end ? get16(end + 10) : 0;
    size_t start = end ? get32(end + 16) : 0;
    int code = 0;
    if (!end || count > ZIP_ENTRIES_MOST || start > (size_t)(end - zip->bytes))
        code = broken(error, "its end is missing");
    if (code == 0) {
        zip->entries = memory_array(count + 1, sizeof(*zip->entries));
        if (!zip->entries)
            code = error_set(error, ERROR_LIMIT, "zip.memory", "out of memory");
    }
    const uint8_t *cursor = zip->bytes + start;
    for (size_t i = 0; i < count && code == 0; i++)
        code = read_entry(zip, &cursor, end, error);
    if (code == 0)
        *ret_zip = zip;
    else
        zip_close(zip);
    return code;
}

struct zip *zip_close(struct zip *zip)
{
    if (zip) {
        free(zip->entries);
        free(zip);
    }
    return NULL;
}

size_t zip_entries(const struct zip *zip)
{
    return zip->count;
}

const char *zip_name(const struct zip *zip, size_t index)
{
    return zip->entries[index].name;
}

static int unpack(const struct zip_entry *entry, const uint8_t *data, struct buffer *out,
                  struct error *error)
{
    z_stream stream = {0};
    unsigned char piece[PIECE];
    int code = inflateInit2(&stream, -15);
    size_t got = 0;
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = entry->packed;
    while (code == Z_OK && !out->failed && got <= entry->length) {
        stream.next_out = piece;
        stream.avail_out = sizeof(piece);
        code = inflate(&stream, Z_NO_FLUSH);
        size_t came = sizeof(piece) - stream.avail_out;
        got += came;
        if (code == Z_OK || code == Z_STREAM_END)
            buffer_append(out, piece, came);
        if (code == Z_OK && stream.avail_in == 0 && came == 0)
            code = Z_BUF_ERROR; // cut
    }
    inflateEnd(&stream);
    return code == Z_STREAM_END && got == entry->length && !out->failed
               ? 0
               : broken(error, "an entry is not as its list says");
}

int zip_read(const struct zip *zip, size_t index, struct buffer *out, struct error *error)
{
    const struct zip_entry *entry = &zip->entries[index];
    if (entry->at > zip->length || zip->length - entry->at < LOCAL_SIZE ||
        get32(zip->bytes + entry->at) != LOCAL)
        return broken(error, "an entry is not where its list says");
    const uint8_t *head = zip->bytes + entry->at;
    size_t skip = (size_t)LOCAL_SIZE + get16(head + 26) + get16(head + 28);
    size_t left = zip->length - entry->at;
    if (left < skip || left - skip < entry->packed)
        return broken(error, "an entry is cut");
    size_t before = out->length;
    int code = 0;
    if (entry->method == DEFLATED)
        code = unpack(entry, head + skip, out, error);
    else if (entry->packed != entry->length)
        code = broken(error, "an entry is not as its list says");
    else
        buffer_append(out, head + skip, entry->length);
    if (code == 0 && out->failed)
        code = broken(error, "an entry is too large");
    if (code == 0 && out->length > before &&
        crc32(0, (const Bytef *)out->data + before, (uInt)entry->length) != entry->checksum)
        code = broken(error, "an entry's checksum differs");
    return code;
}

// ---- writing ----

struct zip_writer {
    struct buffer *out;
    size_t start;
    size_t count;
    struct buffer list;
};

struct zip_writer *zip_writer_new(struct buffer *out)
{
    struct zip_writer *writer = memory_new(sizeof(*writer));
    writer->out = out;
    writer->start = out->length;
    buffer_init(&writer->list, BUFFER_CEILING_REPLY);
    return writer;
}

struct zip_writer *zip_writer_free(struct zip_writer *writer)
{
    if (writer) {
        buffer_done(&writer->list);
        free(writer);
    }
    return NULL;
}

static void put16(struct buffer *out, unsigned value)
{
    unsigned char bytes[2] = {(unsigned char)(value & 255), (unsigned char)(value >> 8)};
    buffer_append(out, bytes, sizeof(bytes));
}

static void put32(struct buffer *out, size_t value)
{
    put16(out, (unsigned)(value & 0xffff));
    put16(out, (unsigned)(value >> 16 & 0xffff));
}

// What local header and list have in common: needs 2.0, UTF-8 names, deflated.
static void put_common(struct buffer *out, const struct zip_entry *entry)
{
    put16(out, 20);
    put16(out, FLAG_UTF8);
    put16(out, entry->method);
    put16(out, 0);
    put16(out, DAY_ONE);
    put32(out, entry->checksum);
    put32(out, entry->packed);
    put32(out, entry->length);
    put16(out, (unsigned)strlen(entry->name));
    put16(out, 0);
}

static int pack(const void *bytes, size_t length, struct buffer *out, struct error *error)
{
    z_stream stream = {0};
    unsigned char piece[PIECE];
    int code = deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    while (code == Z_OK) {
        stream.next_out = piece;
        stream.avail_out = sizeof(piece);
        code = deflate(&stream, Z_FINISH);
        buffer_append(out, piece, sizeof(piece) - stream.avail_out);
    }
    deflateEnd(&stream);
    return code == Z_STREAM_END
               ? buffer_check(out, error)
               : error_set(error, ERROR_LIMIT, "zip.memory", "no memory to compress");
}

int zip_add(struct zip_writer *writer, const char *name, const void *bytes, size_t length,
            struct error *error)
{
    BUFFER_CLEANUP struct buffer packed;
    struct zip_entry entry = {.method = DEFLATED};
    buffer_init(&packed, BUFFER_CEILING_FILE);
    if (writer->count >= ZIP_ENTRIES_MOST || strlen(name) > ZIP_NAME_MOST ||
        length > UINT32_MAX / 2 || writer->out->length > UINT32_MAX / 2)
        return error_set(error, ERROR_LIMIT, "zip.memory", "the archive is too large");
    int code = pack(bytes, length, &packed, error);
    if (code < 0)
        return code;
    memcpy(entry.name, name, strlen(name) + 1);
    entry.checksum = (uint32_t)crc32(0, bytes, (uInt)length);
    entry.packed = (uint32_t)packed.length;
    entry.length = (uint32_t)length;
    entry.at = (uint32_t)(writer->out->length - writer->start);
    put32(writer->out, LOCAL);
    put_common(writer->out, &entry);
    buffer_append_text(writer->out, name);
    buffer_append(writer->out, packed.data, packed.length);
    put32(&writer->list, CENTRAL);
    put16(&writer->list, 20);
    put_common(&writer->list, &entry);
    for (int i = 0; i < 3; i++) // no comment, first disk, no attributes inside
        put16(&writer->list, 0);
    put32(&writer->list, 0);
    put32(&writer->list, entry.at);
    buffer_append_text(&writer->list, name);
    writer->count++;
    return buffer_check(writer->out, error);
}

int zip_finish(struct zip_writer *writer, struct error *error)
{
    size_t at = writer->out->length - writer->start;
    int code = buffer_check(&writer->list, error);
    if (code < 0)
        return code;
    buffer_append(writer->out, writer->list.data ? writer->list.data : "",
                  writer->list.length);
    put32(writer->out, END);
    put16(writer->out, 0);
    put16(writer->out, 0);
    put16(writer->out, (unsigned)writer->count);
    put16(writer->out, (unsigned)writer->count);
    put32(writer->out, writer->list.length);
    put32(writer->out, at);
    put16(writer->out, 0);
    return buffer_check(writer->out, error);
}
