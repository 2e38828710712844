// SPDX-License-Identifier: MPL-2.0
// A template that an office brings: an archive, or the text in it.
#include <stdint.h>
#include <stdlib.h>

#include <gridcase/core/zip.h>
#include <gridcase/document/docx.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct docx_field fields[] = {{"city", "A & B\nC"}};
static const char *const columns[] = {"name"};
static const char *const cells[] = {"x", NULL};
// The head of a frame of 8 x 16.
static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11,   8, 0,
                               16,   0,    8,    1,    1, 0x11, 0};
static const struct docx_picture pictures[] = {{jpeg, sizeof(jpeg)}, {NULL, 0}};
static const struct docx_rows tables[] = {
    {"groups", 1, columns, 2, cells, "photo", pictures, "none"}};
static const struct docx_values values = {1, fields, 1, tables};

static void fill(const void *bytes, size_t length)
{
    struct error error = {0};
    struct buffer out;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    (void)!docx_fill(bytes, length, &values, &out, &error);
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct buffer archive;
    fill(data, size);
    buffer_init(&archive, BUFFER_CEILING_REPLY);
    struct zip_writer *writer = zip_writer_new(&archive);
    if (zip_add(writer, "word/document.xml", data, size, &error) ||
        zip_finish(writer, &error)) {
        abort();
    }
    zip_writer_free(writer);
    fill(archive.data, archive.length);
    buffer_done(&archive);
    return 0;
}
