// SPDX-License-Identifier: MPL-2.0
// A stranger's photo: head, bounds, decoding, turning, thumbnail.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/media/media_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct image_head head;
    if (image_head_read(data, size, &head, &error) != 0) {
        if (error.slug[0] == '\0')
            abort();
        return 0;
    }
    if ((int64_t)head.width_px * head.height_px > MEDIA_AREA_MOST_PX)
        abort();
    if ((int64_t)head.width_px * head.height_px >
        256 * 256) // decoding more only costs time
        return 0;
    IMAGE_CLEANUP struct image image = {0}, small = {0};
    if (image_decode(data, size, &head, &image, &error) != 0)
        return 0;
    if (image.width_px > MEDIA_RENDITION_SIDE_PX ||
        image.height_px > MEDIA_RENDITION_SIDE_PX)
        abort();
    if (image_shrink(&image, 16, &small, &error) != 0)
        abort();
    return 0;
}
