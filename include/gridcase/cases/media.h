// SPDX-License-Identifier: MPL-2.0
// Files of cases: which cases show a stored file, and which wait for one.
//
// A move names files by their SHA-256. A file that the actor has (sent it whole, or sees it
// in a case) is received at once; any other is expected, whether others have sent it or
// not, and is received when the bytes come from whoever named it or from somebody who may
// act on the case. So a digest alone opens nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/actor.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>

struct city_snapshot;
struct db;

enum { CASE_MEDIA_CASES_MOST = 20 };

// Newest cases that show the file, at most CASE_MEDIA_CASES_MOST. Right and sight are the
// caller's to check.
int case_media_cases(struct db *db, const uint8_t sha256[HASH_SIZE],
                     int64_t ret_case_ids[CASE_MEDIA_CASES_MOST], size_t *ret_count,
                     struct error *error) ERROR_MUST_CHECK;
// The actor has sent the file whole: cases that wait for it have it now, each by a move of
// its own, so that pages are told. *ret_cases counts them. In the write transaction that
// stores the file's row.
int case_media_arrived(struct db *db, const struct city_snapshot *city,
                       const struct actor *actor, const uint8_t sha256[HASH_SIZE],
                       int64_t now_ms, unsigned *ret_cases,
                       struct error *error) ERROR_MUST_CHECK;
