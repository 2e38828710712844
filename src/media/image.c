// SPDX-License-Identifier: MPL-2.0
// Decoding and encoding under bounds: turbojpeg and libpng know nothing outside this file.
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <turbojpeg.h>

#include "media_internal.h"

// Decoders that hold the whole image at once have less room: a progressive JPEG keeps its
// coefficients (6 bytes a pixel), a PNG its pixels.
enum { WHOLE_AREA_MOST_PX = 25 * 1000 * 1000 };

void image_done(struct image *image)
{
    free(image->pixels);
    *image = (struct image){0};
}

int image_new(int width_px, int height_px, struct image *ret_image, struct error *error)
{
    size_t bytes = (size_t)width_px * (size_t)height_px * 3;
    uint8_t *pixels = bytes > 0 ? malloc(bytes) : NULL;
    if (pixels == NULL)
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for an image");
    *ret_image =
        (struct image){.pixels = pixels, .width_px = width_px, .height_px = height_px};
    return 0;
}

static int bounds_check(int64_t width_px, int64_t height_px, int64_t area_most_px,
                        struct error *error)
{
    if (width_px <= 0 || height_px <= 0)
        return error_set(error, ERROR_INPUT, "media.broken", "the image has no size");
    if (width_px > MEDIA_SIDE_MOST_PX || height_px > MEDIA_SIDE_MOST_PX ||
        width_px * height_px > area_most_px)
        return error_set(error, ERROR_LIMIT, "media.dimensions",
                         "the image has %lld x %lld pixels: at most %d on a side and %lld "
                         "altogether",
                         (long long)width_px, (long long)height_px, MEDIA_SIDE_MOST_PX,
                         (long long)area_most_px);
    return 0;
}

// ---- JPEG ----
static void decoder_cleanup(tjhandle *handle)
{
    if (*handle != NULL)
        tjDestroy(*handle);
}
#define DECODER_CLEANUP __attribute__((cleanup(decoder_cleanup)))

// "Premature end of JPEG file" or "... premature end of data segment".
static bool ends_early(tjhandle handle)
{
    return strstr(tjGetErrorStr2(handle), "remature end") != NULL;
}

static int jpeg_error(tjhandle handle, struct error *error)
{
    if (ends_early(handle))
        return error_set(error, ERROR_INPUT, "media.truncated", "the image ends early");
    return error_set(error, ERROR_INPUT, "media.broken", "the JPEG image is broken: %s",
                     tjGetErrorStr2(handle));
}

static int jpeg_head_read(const uint8_t *bytes, size_t length, struct image_head *head,
                          struct error *error)
{
    struct jpeg_frame frame = jpeg_frame(bytes, length);
    if (frame.type == 0)
        return error_set(error, ERROR_INPUT, "media.broken", "the JPEG image has no frame");
    bool by_rows = frame.type == 0xc0 || frame.type == 0xc1;
    int code = bounds_check(frame.width_px, frame.height_px,
                            by_rows ? MEDIA_AREA_MOST_PX : WHOLE_AREA_MOST_PX, error);
    if (code != 0)
        return code;
    DECODER_CLEANUP tjhandle handle = tjInitDecompress();
    int subsampling, colours;
    if (handle == NULL)
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for a decoder");
    if (tjDecompressHeader3(handle, bytes, (unsigned long)length, &head->width_px,
                            &head->height_px, &subsampling, &colours) != 0)
        return jpeg_error(handle, error);
    if (head->width_px != frame.width_px || head->height_px != frame.height_px)
        return error_set(error, ERROR_INPUT, "media.broken",
                         "the JPEG image has two frames");
    if (colours != TJCS_YCbCr && colours != TJCS_RGB && colours != TJCS_GRAY)
        return error_set(error, ERROR_INPUT, "media.colours",
                         "the image is made for print (four colours): send it as RGB");
    head->orientation = exif_orientation(bytes, length);
    return 0;
}

// The largest size at which turbojpeg can decode directly and that fits a rendition.
static tjscalingfactor jpeg_scale(const struct image_head *head)
{
    int count = 0;
    const tjscalingfactor *factors = tjGetScalingFactors(&count);
    int side = head->width_px > head->height_px ? head->width_px : head->height_px;
    tjscalingfactor best = {1, 8};
    for (int i = 0; i < count; i++) {
        if (factors[i].num > factors[i].denom ||
            TJSCALED(side, factors[i]) > MEDIA_RENDITION_SIDE_PX)
            continue;
        if (factors[i].num * best.denom > best.num * factors[i].denom)
            best = factors[i];
    }
    return best;
}

static int jpeg_decode(const uint8_t *bytes, size_t length, const struct image_head *head,
                       struct image *ret_image, struct error *error)
{
    DECODER_CLEANUP tjhandle handle = tjInitDecompress();
    if (handle == NULL)
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for a decoder");
    tjscalingfactor scale = jpeg_scale(head);
    IMAGE_CLEANUP struct image image = {0};
    int code = image_new(TJSCALED(head->width_px, scale), TJSCALED(head->height_px, scale),
                         &image, error);
    if (code != 0)
        return code;
    // Warnings of stray bytes are common in phones' photos and harmless; an early end is
    // not.
    if (tjDecompress2(handle, bytes, (unsigned long)length, image.pixels, image.width_px, 0,
                      image.height_px, TJPF_RGB, TJFLAG_LIMITSCANS) != 0 &&
        (tjGetErrorCode(handle) == TJERR_FATAL || ends_early(handle)))
        return jpeg_error(handle, error);
    *ret_image = image;
    image = (struct image){0};
    return 0;
}

int image_encode(const struct image *image, int quality, struct buffer *out,
                 struct error *error)
{
    tjhandle handle = tjInitCompress();
    if (handle == NULL)
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for an encoder");
    unsigned char *bytes = NULL;
    unsigned long length = 0;
    int code = 0;
    if (tjCompress2(handle, image->pixels, image->width_px, 0, image->height_px, TJPF_RGB,
                    &bytes, &length, TJSAMP_420, quality, 0) != 0)
        code = error_set(error, ERROR_BUG, "media.encode", "encoding a JPEG: %s",
                         tjGetErrorStr2(handle));
    if (code == 0) {
        buffer_append(out, bytes, (size_t)length);
        code = buffer_check(out, error);
    }
    tjFree(bytes);
    tjDestroy(handle);
    return code;
}

// ---- PNG ----
static int png_begin(const uint8_t *bytes, size_t length, png_image *image,
                     struct error *error)
{
    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    if (!png_is_whole(bytes, length))
        return error_set(error, ERROR_INPUT, "media.truncated", "the image ends early");
    if (png_image_begin_read_from_memory(image, bytes, length) == 0)
        return error_set(error, ERROR_INPUT, "media.broken", "the PNG image is broken: %s",
                         image->message);
    int code = bounds_check(image->width, image->height, WHOLE_AREA_MOST_PX, error);
    if (code != 0)
        png_image_free(image);
    return code;
}

static int png_head_read(const uint8_t *bytes, size_t length, struct image_head *head,
                         struct error *error)
{
    png_image image;
    int code = png_begin(bytes, length, &image, error);
    if (code != 0)
        return code;
    head->width_px = (int)image.width;
    head->height_px = (int)image.height;
    head->orientation = 1;
    png_image_free(&image);
    return 0;
}

static int png_decode(const uint8_t *bytes, size_t length, struct image *ret_image,
                      struct error *error)
{
    png_image png;
    IMAGE_CLEANUP struct image image = {0};
    int code = png_begin(bytes, length, &png, error);
    if (code != 0)
        return code;
    code = image_new((int)png.width, (int)png.height, &image, error);
    png.format = PNG_FORMAT_RGB;
    const png_color paper = {.red = 255, .green = 255, .blue = 255}; // under what is clear
    if (code == 0 && png_image_finish_read(&png, &paper, image.pixels, 0, NULL) == 0)
        code = error_set(error, ERROR_INPUT, "media.broken", "the PNG image is broken: %s",
                         png.message);
    png_image_free(&png);
    return code != 0 ? code
                     : image_shrink(&image, MEDIA_RENDITION_SIDE_PX, ret_image, error);
}

// ---- both ----
int image_head_read(const uint8_t *bytes, size_t length, struct image_head *ret_head,
                    struct error *error)
{
    struct image_head head = {0};
    int code = media_type_sniff(bytes, length, &head.type, error);
    if (code == 0 && media_type_class(head.type) != MEDIA_PHOTO)
        code = error_set(error, ERROR_INPUT, "media.type_unknown", "the file is no photo");
    if (code == 0)
        code = head.type == MEDIA_JPEG ? jpeg_head_read(bytes, length, &head, error)
                                       : png_head_read(bytes, length, &head, error);
    if (code == 0)
        *ret_head = head;
    return code;
}

int image_decode(const uint8_t *bytes, size_t length, const struct image_head *head,
                 struct image *ret_image, struct error *error)
{
    IMAGE_CLEANUP struct image image = {0};
    int code = head->type == MEDIA_JPEG ? jpeg_decode(bytes, length, head, &image, error)
                                        : png_decode(bytes, length, &image, error);
    if (code != 0)
        return code;
    if (head->orientation != 1)
        return image_turn(&image, head->orientation, ret_image, error);
    *ret_image = image;
    image = (struct image){0};
    return 0;
}
