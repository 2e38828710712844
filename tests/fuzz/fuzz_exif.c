// SPDX-License-Identifier: MPL-2.0
// Markers and the EXIF block of a JPEG, chunks of a PNG: orientation, place, time.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/media/media_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int orientation = exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    struct jpeg_frame frame = jpeg_frame(data, size);
    if (frame.type != 0 && (frame.type < 0xc0 || frame.type > 0xcf))
        abort();
    (void)png_is_whole(data, size);
    struct media_taken taken;
    exif_taken(data, size, &taken);
    if (taken.has_place && !(taken.lat_deg >= -90 && taken.lat_deg <= 90 &&
                             taken.lon_deg >= -180 && taken.lon_deg <= 180))
        abort();
    return 0;
}
