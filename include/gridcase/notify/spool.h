// SPDX-License-Identifier: MPL-2.0
// Messages that wait to be sent: one file each and recipient, in FOLDER/.
//
//   KEY-NNN.mail    the envelope (two lines: from, to), a blank line, the message
//   KEY-NNN.failed  the same, given up; KEY-NNN.reason says why
//
// A file is written beside, synced and renamed, and removed only after the mail server has
// taken it over, so a crash loses nothing. Between the server's answer and the removal it
// may be sent twice; its Message-ID is the same then. One keeper at a time sends out of a
// folder (a lock of the file `lock`); any number of threads and processes may add.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/notify/mail.h>

enum { MAIL_SPOOL_MOST = 10000, MAIL_GIVE_UP_DAYS = 5 };

// key: names what is sent ("boston-bulletin-2026-10"); letters, digits, '.', '-', '_'. The
// same key and number again replace a file that still waits. The folder is made if missing.
// ERROR_LIMIT "mail.spool_full".
int mail_spool_add(const char *folder, const char *key, unsigned number,
                   const struct mail *mail, struct error *error) ERROR_MUST_CHECK;

struct mail_spool_state {
    unsigned waiting, failed;
    int64_t oldest_ms; // of those that wait; INSTANT_NONE: none
};
// A folder that is not there is an empty spool.
int mail_spool_state(const char *folder, struct mail_spool_state *ret_state,
                     struct error *error) ERROR_MUST_CHECK;

struct mail_sweep {
    unsigned sent, refused, later; // later: the server could not be reached or had no time
    struct error trouble;          // of the last one that was not sent
};
// Sends what waits, oldest first, until one cannot be sent for now. A message that the
// server refuses, or that has waited for MAIL_GIVE_UP_DAYS, is given up. ERROR_BUSY
// "mail.spool_taken" when somebody else is at it.
int mail_spool_send(const char *folder, const struct mail_server *server, int64_t now_ms,
                    struct mail_sweep *ret_sweep, struct error *error) ERROR_MUST_CHECK;
