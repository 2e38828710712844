// SPDX-License-Identifier: MPL-2.0
// What embed_sql.c and embed_postgres.c share.
#pragma once

_Noreturn void fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A schema file's statements as PostgreSQL takes them. twin: the text of its twin, or NULL.
char *postgres_schema(const char *path, const char *text, const char *twin);
