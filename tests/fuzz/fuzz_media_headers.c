// SPDX-License-Identifier: MPL-2.0
// Range, Upload-Offset and Upload-Length as a stranger writes them: first byte the length
// of the file, then the texts with a line feed between.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/http/reply.h>
#include <gridcase/media/media.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    int64_t length = (int64_t)data[0] * data[0] * data[0], first = -1, last = -1;
    if (http_range_parse(text, length, &first, &last) == HTTP_RANGE_PART &&
        (first < 0 || last < first || last >= length))
        abort();
    char *second = strchr(text, '\n');
    if (second != NULL)
        *second++ = '\0';
    struct media_upload upload = {.person_id = 1};
    struct error error = {0};
    if (media_upload_parse(text, second, &upload, &error) == 0) {
        if (upload.offset < 0 || upload.length < 1 || upload.offset > upload.length)
            abort();
    } else if (error.slug[0] == '\0' || upload.length != 0) {
        abort();
    }
    free(text);
    return 0;
}
