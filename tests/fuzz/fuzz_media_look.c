// SPDX-License-Identifier: MPL-2.0
// A stranger's file: type, boxes, pages, frames, chunks; blanking its tags keeps its length
// and leaves none.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/media/media_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct media_look look;
    if (media_look_at(data, size, &look, &error) != 0) {
        if (error.slug[0] == '\0')
            abort();
        return 0;
    }
    if (look.tag_count > MEDIA_TAGS_MOST)
        abort();
    if (media_type_class(look.type) == MEDIA_PHOTO || look.tag_count == 0)
        return 0;
    uint8_t *copy = malloc(size);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    movie_clean(copy, size, &look);
    struct media_look clean;
    if (media_look_at(copy, size, &clean, &error) == 0 &&
        (clean.tag_count != 0 || clean.taken.has_place))
        abort();
    free(copy);
    return 0;
}
