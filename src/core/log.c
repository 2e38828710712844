// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/log.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <gridcase/core/instant.h>

static _Atomic int least = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&least, (int)level);
}

void log_event(enum log_level level, const char *name, const char *format, ...)
{
    static const char *const words[LOG_LEVEL_COUNT] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&least))
        return;
    char line[2048], when[INSTANT_TEXT_SIZE];
    instant_to_text(instant_now_ms(), when);
    int used =
        snprintf(line, sizeof line, "%s level=%s event=%s ", when, words[level], name);
    if (used < 0 || (size_t)used >= sizeof line)
        return;
    va_list list;
    va_start(list, format);
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, list);
    va_end(list);
    size_t length = (size_t)used + (more < 0 ? 0 : (size_t)more);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' ';
    line[length++] = '\n';
    // One write per line, so that lines of several threads do not mix.
    if (write(STDERR_FILENO, line, length) < 0)
        return; // nowhere left to say it
}
