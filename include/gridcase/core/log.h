// SPDX-License-Identifier: MPL-2.0
// One line per event on standard error: ISO 8601 UTC, level, name, key=value pairs.
// No personal data ever goes into a log line. Only server, worker pool and command line
// log.
#pragma once

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_LEVEL_COUNT };

void log_set_level(enum log_level level); // default LOG_INFO
// log_event(LOG_INFO, "server.listening", "address=%s port=%d", ...). Values with blanks
// are quoted by the caller ("text=\"%s\""); line breaks become spaces.
void log_event(enum log_level level, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
