// SPDX-License-Identifier: MPL-2.0
// Listening sockets.
#pragma once

#include <stdint.h>

#include <gridcase/http/server.h>

// Returns the descriptor, or a negative error code. *ret_port is 0 for a socket file.
int http_listen(const struct http_server_options *options, uint16_t *ret_port,
                struct error *error) ERROR_MUST_CHECK;
