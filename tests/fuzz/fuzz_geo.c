// SPDX-License-Identifier: MPL-2.0
// Well-known binary and unknown encodings: whatever the bytes are, no crash, and what is
// read is written back the same.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/geo/encoding.h>
#include <gridcase/geo/shape.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_polygon(const uint8_t *data, size_t size)
{
    struct geo_polygon *polygon = NULL;
    struct geo_polygon *again = NULL;
    if (geo_polygon_from_wkb(data, size, &polygon, NULL) < 0)
        return;
    struct buffer first BUFFER_CLEANUP, second BUFFER_CLEANUP;
    buffer_init(&first, BUFFER_CEILING_FILE);
    buffer_init(&second, BUFFER_CEILING_FILE);
    geo_polygon_to_wkb(polygon, &first);
    if (geo_polygon_from_wkb(first.data, first.length, &again, NULL) < 0)
        abort();
    geo_polygon_to_wkb(again, &second);
    if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
        abort();
    geo_polygon_inside(polygon);
    geo_polygon_free(polygon);
    geo_polygon_free(again);
}

static void try_text(const char *data, size_t size)
{
    const char *guess = NULL;
    const char *encoding = encoding_recognise(data, size);
    if (text_is_utf8(data, size))
        encoding_is_garbled(data, size, &guess);
    if (!encoding)
        return;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    if (encoding_to_utf8(encoding, data, size, &out, NULL) == 0 && out.length &&
        strchr(encoding, '1') == NULL && !text_is_utf8(out.data, out.length) &&
        !memchr(data, 0, size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct geo_line *line = NULL;
    if (size == 0 || size > 1 << 20)
        return 0;
    switch (data[0] % 3) {
    case 0:
        try_polygon(data + 1, size - 1);
        break;
    case 1:
        if (geo_line_from_wkb(data + 1, size - 1, &line, NULL) == 0)
            geo_line_free(line);
        break;
    default:
        try_text((const char *)data + 1, size - 1);
    }
    return 0;
}
