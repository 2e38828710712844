// SPDX-License-Identifier: MPL-2.0
// Room to grow: what only grows is kept in partitions (schema 0170), which are made ahead
// by whoever writes, in a writing transaction: half a million cases and four million
// changes before they are needed.
#include "db_postgres.h"

enum { ROOM_EVERY = 64 }; // writing transactions, each of far fewer rows than are left

int pg_make_room(void *given, struct error *error)
{
    struct pg_connection *connection = given;
    int64_t number = 0;
    int code =
        pg_link_ask(connection->link, QUERY_POSTGRES_HAS_ROOM, NULL, 0, &number, error);
    if (code == 0 && number != 0)
        code = pg_link_ask(connection->link, QUERY_POSTGRES_MAKE_ROOM, NULL, 0, &number,
                           error);
    connection->room_left = ROOM_EVERY;
    return code == 0 ? 0 : pg_fail(connection, NULL, error);
}

int pg_look_after_room(struct pg_connection *connection, struct error *error)
{
    if (connection->room_left > 0) {
        connection->room_left--;
        return 0;
    }
    return pg_make_room(connection, error);
}
