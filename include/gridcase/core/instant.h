// SPDX-License-Identifier: MPL-2.0
// Instants: int64_t milliseconds since 1970-01-01 UTC. Local time exists only in the
// calendar module (rules floor).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

#define INSTANT_NONE INT64_MIN // "no instant"; the store keeps it as NULL

// The wall clock. Tests move it with the environment variable GRIDCASE_CLOCK_FILE: a file
// that holds, in decimal, the milliseconds to add to the real time; read at most every
// 100 ms.
int64_t instant_now_ms(void);
// A clock that never goes back, for measuring durations.
int64_t instant_monotonic_us(void);
void instant_sleep_ms(int64_t duration_ms);

enum { INSTANT_TEXT_SIZE = 32 };
// "2026-11-22T03:09:00.123Z"
void instant_to_text(int64_t instant_ms, char out[INSTANT_TEXT_SIZE]);
// Accepts that form, without fraction, with one to three digits of it, and with +hh:mm.
int instant_from_text(const char *text, size_t length, int64_t *ret_ms,
                      struct error *error) ERROR_MUST_CHECK;
