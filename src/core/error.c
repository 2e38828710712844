// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/error.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    int http_status;
    int exit_status;
    const char *name;
} codes[] = {
    {ERROR_NONE, 200, 0, "none"},
    {ERROR_INPUT, 400, 2, "input"},
    {ERROR_NOT_FOUND, 404, 3, "not_found"},
    {ERROR_DENIED, 403, 4, "denied"},
    {ERROR_CONFLICT, 409, 5, "conflict"},
    {ERROR_BUSY, 503, 6, "busy"},
    {ERROR_LIMIT, 413, 7, "limit"},
    {ERROR_IO, 507, 8, "io"},
    {ERROR_STORE, 500, 9, "store"},
    {ERROR_GEO, 500, 10, "geo"},
    {ERROR_BUG, 500, 70, "bug"},
    {ERROR_UNAUTHENTICATED, 401, 11, "unauthenticated"},
};

enum { CODE_COUNT = sizeof codes / sizeof codes[0] };

int error_set(struct error *error, int code, const char *slug, const char *format, ...)
{
    if (error) {
        char message[sizeof error->message];
        va_list list;
        va_start(list, format);
        vsnprintf(message, sizeof message, format, list);
        va_end(list);
        error->code = code;
        snprintf(error->slug, sizeof error->slug, "%s", slug);
        memcpy(error->message, message, sizeof message);
    }
    return code;
}

int error_prefix(struct error *error, const char *format, ...)
{
    if (!error)
        return ERROR_BUG;
    char context[sizeof error->message];
    va_list list;
    va_start(list, format);
    vsnprintf(context, sizeof context, format, list);
    va_end(list);
    size_t used = strlen(context);
    if (used + 3 < sizeof context)
        snprintf(context + used, sizeof context - used, ": %s", error->message);
    memcpy(error->message, context, sizeof context);
    return error->code;
}

int error_errno(struct error *error, const char *slug, const char *what)
{
    int number = errno;
    char reason[128];
    const char *text = strerror_r(number, reason, sizeof reason);
    return error_set(error, ERROR_IO,
                     number == ENOSPC || number == EDQUOT ? "disk.full" : slug, "%s: %s",
                     what, text);
}

void error_clear(struct error *error)
{
    error->code = ERROR_NONE;
    error->slug[0] = '\0';
    error->message[0] = '\0';
}

static size_t find(int code)
{
    for (size_t i = 0; i < CODE_COUNT; i++)
        if (codes[i].code == code)
            return i;
    return CODE_COUNT - 2; // an unknown code is a bug
}

int error_http_status(int code)
{
    return codes[find(code)].http_status;
}
int error_exit_status(int code)
{
    return codes[find(code)].exit_status;
}
const char *error_code_to_str(int code)
{
    return codes[find(code)].name;
}
