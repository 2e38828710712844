// SPDX-License-Identifier: MPL-2.0
// How large a JPEG is, by the head of its frame (SOF0 .. SOF15).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// false: it is no JPEG. Never reads past length.
bool jpeg_size(const uint8_t *bytes, size_t length, int *ret_width, int *ret_height);
