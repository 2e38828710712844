// SPDX-License-Identifier: MPL-2.0
// Shared by the files of the media room only.
#pragma once

#include <limits.h>
#include <pthread.h>

#include <gridcase/media/media.h>

enum { MEDIA_STRIPES = 32 };

struct media_store {
    char folder[PATH_MAX];
    struct media_limits limits;
    // Held while a file is found and made young, and while an old one is removed: nothing
    // is promised and swept at the same time.
    pthread_mutex_t sweeping;
    // One upload is appended to by one thread at a time; uploads share the locks.
    pthread_mutex_t stripes[MEDIA_STRIPES];
    pthread_mutex_t counting;
    int64_t upload_bytes; // announced by all; guarded by counting
};

// ---- store.c ----
// What stands on disk for a digest. The original is written last: where it stands, what
// others see of it stands.
enum media_copy {
    MEDIA_COPY_PHOTO,
    MEDIA_COPY_THUMB,
    MEDIA_COPY_CLEAN,
    MEDIA_COPY_ORIGINAL,
    MEDIA_COPY_COUNT
};
extern const char *const media_endings[MEDIA_COPY_COUNT]; // of file names, after the dot
// Bit by enum media_copy.
unsigned media_copies_of(const struct media_file *file);
int media_too_large(const struct media_store *store, enum media_class class,
                    struct error *error);

// ---- part.c ----
// Counts what an earlier run left.
int media_parts_open(struct media_store *store, struct error *error) ERROR_MUST_CHECK;

// ---- what a file is ----
enum { MEDIA_TAGS_MOST = 64 };
struct media_range {
    size_t at, length;
};
struct media_look {
    enum media_type type;
    struct media_taken taken;
    struct media_range tags[MEDIA_TAGS_MOST]; // boxes that others do not get to see
    size_t tag_count;
    bool tags_overflow;
};
// The type, and for all but photos that the file is whole and one thing only. Photos are
// checked by decoding them.
int media_look_at(const uint8_t *bytes, size_t length, struct media_look *ret_look,
                  struct error *error) ERROR_MUST_CHECK;
bool has_archive_behind(const uint8_t *bytes, size_t length);
int movie_look(const uint8_t *bytes, size_t length, struct media_look *look,
               struct error *error) ERROR_MUST_CHECK;
// Blanks the boxes that hold place and tags, in a copy of the file of the same length.
void movie_clean(uint8_t *bytes, size_t length, const struct media_look *look);
int webm_look(const uint8_t *bytes, size_t length, struct media_look *look,
              struct error *error) ERROR_MUST_CHECK;
// type: MEDIA_MP3, MEDIA_AAC, MEDIA_OGG, MEDIA_WAV.
int sound_look(const uint8_t *bytes, size_t length, enum media_type type,
               struct error *error) ERROR_MUST_CHECK;
// Does a frame of MP3 or AAC stand at the beginning?
bool sound_frame_type(const uint8_t *bytes, size_t length, enum media_type *ret_type);

// ---- photos ----
// Packed RGB, rows from the top.
struct image {
    uint8_t *pixels; // owned; image_done frees
    int width_px;
    int height_px;
};

void image_done(struct image *image); // takes an empty one; leaves it empty
#define IMAGE_CLEANUP __attribute__((cleanup(image_done)))

// What the head of a file says, bounds checked: MEDIA_SIDE_MOST_PX, MEDIA_AREA_MOST_PX and
// less where decoding would need memory for all of it at once.
struct image_head {
    enum media_type type;
    int width_px, height_px; // as stored
    int orientation;         // EXIF 1 to 8; 5 to 8 swap the sides
};
// ERROR_INPUT "media.type_unknown", "media.broken", "media.truncated", "media.colours";
// ERROR_LIMIT "media.dimensions".
int image_head_read(const uint8_t *bytes, size_t length, struct image_head *ret_head,
                    struct error *error) ERROR_MUST_CHECK;
// The whole image upright, its longest side at most MEDIA_RENDITION_SIDE_PX. Reads all of
// the file, so an image that ends early is ERROR_INPUT "media.truncated".
int image_decode(const uint8_t *bytes, size_t length, const struct image_head *head,
                 struct image *ret_image, struct error *error) ERROR_MUST_CHECK;
// Averaged down so that the longest side is at most side_px; a copy when it is already.
int image_shrink(const struct image *image, int side_px, struct image *ret_image,
                 struct error *error) ERROR_MUST_CHECK;
// Turns and mirrors as EXIF orientation 1 to 8 asks, so that it is upright.
int image_turn(const struct image *image, int orientation, struct image *ret_image,
               struct error *error) ERROR_MUST_CHECK;
// JPEG without any metadata, quality 1 to 100.
int image_encode(const struct image *image, int quality, struct buffer *out,
                 struct error *error) ERROR_MUST_CHECK;
// ERROR_LIMIT "media.memory" when there is none.
int image_new(int width_px, int height_px, struct image *ret_image,
              struct error *error) ERROR_MUST_CHECK;

// Orientation out of a JPEG's EXIF block: 1 to 8; 1 when there is none or it makes no
// sense.
int exif_orientation(const uint8_t *bytes, size_t length);
// Place and time out of a JPEG or PNG; what makes no sense is left out.
void exif_taken(const uint8_t *bytes, size_t length, struct media_taken *ret_taken);
// What the frame header of a JPEG says. type: 0xc0 baseline, 0xc2 progressive ...
struct jpeg_frame {
    int type; // 0: there is none
    int width_px, height_px;
};
struct jpeg_frame jpeg_frame(const uint8_t *bytes, size_t length);
// Do the chunks of a PNG reach IEND? False when the file ends before.
bool png_is_whole(const uint8_t *bytes, size_t length);
