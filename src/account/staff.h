// SPDX-License-Identifier: MPL-2.0
// What a checked staff table holds. Private to the account room.
#pragma once

#include <gridcase/account/account.h>

struct staff_member {
    char login[ACCOUNT_LOGIN_MOST + 1];
    char name[ACCOUNT_NAME_MOST + 1];
    int64_t home;       // department id; 0: none
    struct actor actor; // its grants are the roles
    char password[PASSWORD_NEW_SIZE];
    char encoded[PASSWORD_ENCODED_SIZE];
    bool stored; // the last account_staff_store set this password
};

struct account_staff {
    bool demo;
    size_t count;
    struct staff_member *members; // owned
};

int account_name_check(const char *name, struct error *error) ERROR_MUST_CHECK;
