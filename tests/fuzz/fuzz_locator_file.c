// SPDX-License-Identifier: MPL-2.0
// A locator's file: whatever passes the check of its structure must be safe to ask. The
// checksum is left out here, because no fuzzer would ever get past it.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/city/locator_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct locator *locator)
{
    const struct locator_head *head = &locator->head;
    uint32_t x0 = head->root_x << head->root_shift;
    uint32_t y0 = head->root_y << head->root_shift;
    uint64_t z = 1;
    for (int i = 0; i < 200; i++) {
        z = z * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t step = i < 100 ? head->root_shift + 2 : 32;
        uint32_t mask = step > 31 ? UINT32_MAX : (UINT32_C(1) << step) - 1;
        uint32_t u = x0 + ((uint32_t)(z >> 32) & mask);
        uint32_t v = y0 + ((uint32_t)z & mask);
        struct geo_point p = {(int32_t)(u ^ UINT32_C(0x80000000)),
                              (int32_t)(v ^ UINT32_C(0x80000000))};
        int64_t one = locator_find(locator, p);
        int64_t many = 0;
        locator_find_many(locator, &p, 1, &many);
        if (one != many)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct locator locator;
    memset(&locator, 0, sizeof(locator));
    void *image = aligned_alloc(64, (size + 64) & ~(size_t)63);
    if (!image)
        return 0;
    memcpy(image, data, size);
    if (locator_lay_out(&locator, image, size) && locator_is_sound(&locator)) {
        ask(&locator);
        double away_m = 0;
        struct geo_point p = {(int32_t)(locator.head.root_x << locator.head.root_shift ^
                                        UINT32_C(0x80000000)),
                              (int32_t)(locator.head.root_y << locator.head.root_shift ^
                                        UINT32_C(0x80000000))};
        (void)locator_nearest(&locator, p, 1, &away_m);
    }
    free(image);
    return 0;
}
