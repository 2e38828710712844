// SPDX-License-Identifier: MPL-2.0
// Handing a job to the server that owns a data folder, over the socket in that folder.
#pragma once

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// True when a server answers on DATA/control.sock.
int control_is_running(const char *data_folder);

// POSTs a JSON body (or GETs when body is NULL) to the server; *ret_status is the HTTP
// status and answer the body. Waits at most timeout_s seconds for each piece of the answer.
// ERROR_NOT_FOUND "control.no_server" when none is listening; ERROR_IO "control.broken".
int control_call(const char *data_folder, const char *path, const char *body, int timeout_s,
                 int *ret_status, struct buffer *answer,
                 struct error *error) ERROR_MUST_CHECK;

// The same, and an answer of 400 or more becomes an error with the problem's own code and
// detail.
int control_run(const char *data_folder, const char *path, const char *body, int timeout_s,
                struct buffer *answer, struct error *error) ERROR_MUST_CHECK;
