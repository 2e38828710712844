// SPDX-License-Identifier: MPL-2.0
// The file in a store's folder that says on which server its databases are.
#include <gridcase/db/store.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

int db_address_read(const char *folder, char out[DB_ADDRESS_SIZE], struct error *error)
{
    char path[DB_PATH_SIZE];
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, DB_ADDRESS_SIZE);
    *out = '\0';
    int code = file_path(path, sizeof path, folder, DB_STORE_ADDRESS, error);
    if (code != 0 || !file_exists(path))
        return code;
    code = file_read(path, &text, error);
    if (code != 0)
        return code;
    size_t length = strcspn(text.data, "\n");
    if (length == 0 || length >= DB_ADDRESS_SIZE)
        return error_set(error, ERROR_INPUT, "store.location",
                         "%s: its first line is no "
                         "address",
                         path);
    snprintf(out, DB_ADDRESS_SIZE, "%.*s", (int)length, text.data);
    return 0;
}

static bool is_server(const char *address)
{
    return (text_starts(address, "postgresql://") || text_starts(address, "postgres://")) &&
           strlen(address) < DB_ADDRESS_SIZE - 1 && !strpbrk(address, " \r\n\t");
}

int db_store_use(const char *folder, const char *address, struct error *error)
{
    char path[DB_PATH_SIZE], own[DB_PATH_SIZE], was[DB_ADDRESS_SIZE], line[DB_ADDRESS_SIZE];
    if (!is_server(address))
        return error_set(error, ERROR_INPUT, "store.location",
                         "a store on a server is named postgresql://host/database");
    int code = file_path(path, sizeof path, folder, DB_STORE_ADDRESS, error);
    if (code == 0)
        code = file_path(own, sizeof own, folder, "system.db", error);
    if (code == 0)
        code = db_address_read(folder, was, error);
    if (code != 0 || text_equal(was, address))
        return code;
    if (*was || file_exists(own))
        return error_set(error, ERROR_CONFLICT, "store.elsewhere",
                         "%s: the databases of this folder are %s", folder,
                         *was ? "on another server" : "in the folder");
    code = file_make_directory(folder, error);
    int length = snprintf(line, sizeof line, "%s\n", address);
    return code == 0 ? file_write_atomic(path, line, (size_t)length, error) : code;
}
