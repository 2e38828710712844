// SPDX-License-Identifier: MPL-2.0
#include "jpeg_size.h"

bool jpeg_size(const uint8_t *bytes, size_t length, int *ret_width, int *ret_height)
{
    size_t at = 2;
    if (length < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) {
        return false;
    }
    while (at + 9 < length && bytes[at] == 0xff) {
        uint8_t mark = bytes[at + 1];
        size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        bool frame =
            mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc;
        if (frame) {
            *ret_height = bytes[at + 5] << 8 | bytes[at + 6];
            *ret_width = bytes[at + 7] << 8 | bytes[at + 8];
            return *ret_width > 0 && *ret_height > 0;
        }
        at += 2 + size;
    }
    return false;
}
