// SPDX-License-Identifier: MPL-2.0
// Words between the servers of one store: that something was committed, so that nobody has
// to ask all the time. They only wake: what is true stands in the databases, and a word
// that is lost costs a second. Never sent in a transaction that writes cases.
#pragma once

#include <gridcase/core/error.h>
#include <gridcase/db/store.h>

struct db_wake;

enum { DB_WAKE_WORDS = 7000 }; // bytes of one message

// Listens. address: of the server itself, where the store's own leads through a pooler;
// NULL: the store's. A word to oneself has to arrive: ERROR_INPUT "store.no_wake", but with
// address NULL *ret_wake is then NULL and servers look by themselves, once a second.
// Likewise NULL for a store that no other process can share.
// Thread rule: one thread at a time.
int db_wake_open(struct db_store *store, const char *address, struct db_wake **ret_wake,
                 struct error *error) ERROR_MUST_CHECK;
struct db_wake *db_wake_close(struct db_wake *wake); // takes NULL, returns NULL
// words: without a zero byte, at most DB_WAKE_WORDS.
int db_wake_send(struct db_wake *wake, const char *words,
                 struct error *error) ERROR_MUST_CHECK;
// Waits until others have sent something, fd (-1: none) can be read, or ms are over; tells
// what others sent. Connects again when the connection was lost, and tells "*" then: words
// may be missing.
int db_wake_hear(struct db_wake *wake, int fd, int ms,
                 void (*hear)(void *context, const char *words), void *context,
                 struct error *error) ERROR_MUST_CHECK;
