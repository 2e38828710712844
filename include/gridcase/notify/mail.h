// SPDX-License-Identifier: MPL-2.0
// E-mail: a message in the form of RFC 5322 with attachments, sent by SMTP.
//
// Whoever wants something sent puts it into the spool (spool.h); only the spool's keeper
// speaks to the mail server.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

enum {
    MAIL_ADDRESS_MOST = 254,
    MAIL_ATTACHMENTS_MOST = 8,
    MAIL_BYTES_MOST = 48 * 1024 * 1024, // of a message
};

// One address, "name@host": ASCII, no blanks, no control characters, none of <>,;:"\.
int mail_address_check(const char *address, struct error *error) ERROR_MUST_CHECK;

struct mail_attachment {
    const char *name; // of the file; any UTF-8
    const char *type; // media type, ASCII
    const void *bytes;
    size_t length;
};
struct mail {
    const char *from, *to; // addresses
    const char *from_name; // "": none
    const char *subject;   // any UTF-8, one line
    const char *text;      // plain; lines end with LF
    const char *id;        // left side of the Message-ID: ASCII letters, digits, . - _
    int64_t date_ms;
    size_t attachment_count;
    const struct mail_attachment *attachments;
};
// ERROR_INPUT "mail.address", "mail.header" (a line break where none may be);
// ERROR_LIMIT "mail.too_large".
int mail_write(const struct mail *mail, struct buffer *out,
               struct error *error) ERROR_MUST_CHECK;

enum mail_security { MAIL_PLAIN, MAIL_STARTTLS, MAIL_TLS, MAIL_SECURITY_COUNT };
const char *mail_security_to_str(enum mail_security security); // "none", "starttls", "tls"
int mail_security_from_str(const char *text);                  // -1: none of them

struct mail_server {
    const char *host; // "mail.example.org:587"
    enum mail_security security;
    const char *user, *password; // "": without signing in
    const char *authority;       // PEM file of trusted certificates; "": the system's
    int64_t timeout_ms;
};
// Blocks. ERROR_DENIED "mail.refused": the server will never take this message (5xx for
// the recipient or the content); ERROR_CONFLICT "mail.deferred": not now, others perhaps
// (4xx); ERROR_BUSY "mail.unavailable": anything else, nothing can be sent now.
int mail_send(const struct mail_server *server, const char *from, const char *to,
              const void *message, size_t length, struct error *error) ERROR_MUST_CHECK;
