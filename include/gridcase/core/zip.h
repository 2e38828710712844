// SPDX-License-Identifier: MPL-2.0
// ZIP archives of a few small files in memory: what office documents are made of. No
// encryption, no archives of several parts, none above 4 GB.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

enum { ZIP_ENTRIES_MOST = 1000, ZIP_NAME_MOST = 255 };

struct zip; // an archive that is read; its bytes are borrowed

// ERROR_INPUT "zip.broken": no archive, cut, entries that overlap the list or each other's
// names, too many; ERROR_LIMIT "zip.memory".
int zip_open(const void *bytes, size_t length, struct zip **ret_zip,
             struct error *error) ERROR_MUST_CHECK;
struct zip *zip_close(struct zip *zip); // takes NULL, returns NULL
size_t zip_entries(const struct zip *zip);
const char *zip_name(const struct zip *zip, size_t index);
// Appends the entry's bytes; their checksum is looked at. ERROR_INPUT "zip.broken", also
// when they grow past out's ceiling.
int zip_read(const struct zip *zip, size_t index, struct buffer *out,
             struct error *error) ERROR_MUST_CHECK;

// An archive that is written: entries are appended to out, then the list of them. The same
// entries give the same bytes: no time is kept.
struct zip_writer;
struct zip_writer *zip_writer_new(struct buffer *out); // borrowed
struct zip_writer *zip_writer_free(struct zip_writer *writer);
int zip_add(struct zip_writer *writer, const char *name, const void *bytes, size_t length,
            struct error *error) ERROR_MUST_CHECK;
int zip_finish(struct zip_writer *writer, struct error *error) ERROR_MUST_CHECK;
