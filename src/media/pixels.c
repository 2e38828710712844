// SPDX-License-Identifier: MPL-2.0
// Shrinking and turning packed RGB images.
#include <stdlib.h>
#include <string.h>

#include "media_internal.h"

// ---- shrinking: each pixel is the average of the area that it covers ----
// Along one line of `from` pixels, pixel i of `to` covers i*from/to .. (i+1)*from/to. In
// units of 1/to source pixels all borders are whole numbers, so the sums are exact.
static void line_shrink(const uint8_t *source, int from, uint64_t *sums, int to)
{
    int at = 0;
    int64_t left = to; // of source pixel `at`, in those units
    for (int i = 0; i < to; i++) {
        uint64_t sum[3] = {0, 0, 0};
        int64_t wanted = from;
        while (wanted > 0) {
            int64_t take = left < wanted ? left : wanted;
            for (int c = 0; c < 3; c++)
                sum[c] += (uint64_t)take * source[3 * at + c];
            wanted -= take;
            left -= take;
            if (left == 0) {
                at++;
                left = to;
            }
        }
        memcpy(&sums[(size_t)i * 3], sum, sizeof sum);
    }
}

static void rows_add(uint64_t *total, const uint64_t *sums, size_t count, int64_t weight)
{
    for (size_t i = 0; i < count; i++)
        total[i] += sums[i] * (uint64_t)weight;
}

static void rows_shrink(const struct image *from, struct image *to, uint64_t *sums,
                        uint64_t *total)
{
    size_t count = (size_t)to->width_px * 3;
    uint64_t area = (uint64_t)from->width_px * (uint64_t)from->height_px;
    int at = 0;
    int64_t left = to->height_px;
    line_shrink(from->pixels, from->width_px, sums, to->width_px);
    for (int y = 0; y < to->height_px; y++) {
        int64_t wanted = from->height_px;
        memset(total, 0, count * sizeof *total);
        while (wanted > 0) {
            int64_t take = left < wanted ? left : wanted;
            rows_add(total, sums, count, take);
            wanted -= take;
            left -= take;
            if (left == 0 && ++at < from->height_px) {
                left = to->height_px;
                line_shrink(from->pixels + (size_t)at * (size_t)from->width_px * 3,
                            from->width_px, sums, to->width_px);
            }
        }
        uint8_t *out = to->pixels + (size_t)y * count;
        for (size_t i = 0; i < count; i++)
            out[i] = (uint8_t)((total[i] + area / 2) / area);
    }
}

static int shorter(int side, int longest, int side_px)
{
    int64_t scaled = ((int64_t)side * side_px + longest / 2) / longest;
    return scaled < 1 ? 1 : (int)scaled;
}

int image_shrink(const struct image *image, int side_px, struct image *ret_image,
                 struct error *error)
{
    int width = image->width_px, height = image->height_px;
    int longest = width > height ? width : height;
    if (longest > side_px) {
        width = shorter(width, longest, side_px);
        height = shorter(height, longest, side_px);
    }
    struct image small;
    int code = image_new(width, height, &small, error);
    if (code != 0)
        return code;
    if (longest <= side_px) {
        memcpy(small.pixels, image->pixels, (size_t)width * (size_t)height * 3);
        *ret_image = small;
        return 0;
    }
    uint64_t *sums = calloc((size_t)width * 6, sizeof *sums);
    if (sums == NULL) {
        image_done(&small);
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for an image");
    }
    rows_shrink(image, &small, sums, sums + (size_t)width * 3);
    free(sums);
    *ret_image = small;
    return 0;
}

// ---- turning ----
int image_turn(const struct image *image, int orientation, struct image *ret_image,
               struct error *error)
{
    int width = image->width_px, height = image->height_px;
    bool swapped = orientation >= 5 && orientation <= 8;
    struct image turned;
    int code =
        image_new(swapped ? height : width, swapped ? width : height, &turned, error);
    if (code != 0)
        return code;
    for (int y = 0; y < turned.height_px; y++) {
        for (int x = 0; x < turned.width_px; x++) {
            // Where the pixel that belongs at (x, y) stands in the file.
            int u = swapped ? y : x, v = swapped ? x : y;
            bool mirror_u = orientation == 2 || orientation == 3 || orientation == 7 ||
                            orientation == 8;
            bool mirror_v = orientation == 3 || orientation == 4 || orientation == 6 ||
                            orientation == 7;
            if (mirror_u)
                u = width - 1 - u;
            if (mirror_v)
                v = height - 1 - v;
            memcpy(turned.pixels + ((size_t)y * (size_t)turned.width_px + (size_t)x) * 3,
                   image->pixels + ((size_t)v * (size_t)width + (size_t)u) * 3, 3);
        }
    }
    *ret_image = turned;
    return 0;
}
