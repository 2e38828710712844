// SPDX-License-Identifier: MPL-2.0
// One error style for the whole program.
//
// A function that can fail returns 0 or one of the negative codes below and fills the
// struct error that its caller lent it. The slug is stable and is what clients and tests
// look at; the message is English for logs and people at a terminal. Lower floors never
// log: the server, the worker pool and the command line log an error once.
#pragma once

#include <stdarg.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_INPUT = -1,            // what the caller or a file said is wrong
    ERROR_NOT_FOUND = -2,        // the thing named does not exist, or may not be seen
    ERROR_DENIED = -3,           // known person, missing right
    ERROR_CONFLICT = -4,         // somebody else was first, or the state does not allow it
    ERROR_BUSY = -5,             // try again later
    ERROR_LIMIT = -6,            // larger than a ceiling
    ERROR_IO = -7,               // file system or network
    ERROR_STORE = -8,            // the database
    ERROR_GEO = -9,              // GDAL, GEOS or PROJ
    ERROR_BUG = -10,             // a broken promise inside gridcase
    ERROR_UNAUTHENTICATED = -11, // nobody is signed in
};

struct error {
    int code;          // enum error_code, 0 when nothing happened
    char slug[64];     // stable, dotted, lower case: "case.stale_version"
    char message[512]; // English, ends without a full stop, cut at the end when too long
};

#define ERROR_MUST_CHECK __attribute__((warn_unused_result))

// Fills *error and returns code, so that a caller can write return error_set(...).
// error may be NULL (only the code is returned then).
int error_set(struct error *error, int code, const char *slug, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Puts "context: " before the message on the way up. Returns error->code.
int error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Sets an ERROR_IO from errno: "what: strerror".
int error_errno(struct error *error, const char *slug, const char *what);

void error_clear(struct error *error);

// HTTP status, exit status and word of a code, from one table.
int error_http_status(int code);
int error_exit_status(int code);
const char *error_code_to_str(int code);
