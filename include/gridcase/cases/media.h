// SPDX-License-Identifier: MPL-2.0
// Photos of cases: which cases show a stored file.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>

struct db;

enum { CASE_MEDIA_CASES_MOST = 20 };

// Newest cases that name the file, at most CASE_MEDIA_CASES_MOST. Right and sight are the
// caller's to check.
int case_media_cases(struct db *db, const uint8_t sha256[HASH_SIZE],
                     int64_t ret_case_ids[CASE_MEDIA_CASES_MOST], size_t *ret_count,
                     struct error *error) ERROR_MUST_CHECK;
// Cases that named the file before it came have it now. In the write transaction that
// stores its row.
int case_media_arrived(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t now_ms,
                       struct error *error) ERROR_MUST_CHECK;
