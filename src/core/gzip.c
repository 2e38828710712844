// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/gzip.h>

#include <stdint.h>
#include <string.h>

#include <zlib.h>

enum { WINDOW = 15 + 16, MEMORY = 8, PIECE = 32 * 1024 };

int gzip_pack(const void *bytes, size_t length, int level, struct buffer *out,
              struct error *error)
{
    z_stream stream = {0};
    unsigned char piece[PIECE];
    if (length > UINT32_MAX / 2 || deflateInit2(&stream, level, Z_DEFLATED, WINDOW, MEMORY,
                                                Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(error, ERROR_LIMIT, "gzip.memory", "no memory to compress");
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    int code = Z_OK;
    while (code == Z_OK) {
        stream.next_out = piece;
        stream.avail_out = sizeof(piece);
        code = deflate(&stream, Z_FINISH);
        buffer_append(out, piece, sizeof(piece) - stream.avail_out);
    }
    deflateEnd(&stream);
    if (code != Z_STREAM_END)
        return error_set(error, ERROR_LIMIT, "gzip.memory", "no memory to compress");
    return buffer_check(out, error);
}

int gzip_unpack(const void *bytes, size_t length, struct buffer *out, struct error *error)
{
    z_stream stream = {0};
    unsigned char piece[PIECE];
    int code = length > UINT32_MAX / 2 ? Z_DATA_ERROR : inflateInit2(&stream, WINDOW);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    while (code == Z_OK && !out->failed) {
        stream.next_out = piece;
        stream.avail_out = sizeof(piece);
        code = inflate(&stream, Z_NO_FLUSH);
        if (code == Z_OK || code == Z_STREAM_END)
            buffer_append(out, piece, sizeof(piece) - stream.avail_out);
        if (code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
            code = Z_BUF_ERROR; // cut
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END || out->failed || stream.avail_in > 0)
        return error_set(error, ERROR_INPUT, "gzip.broken", "not whole gzip data");
    return 0;
}
