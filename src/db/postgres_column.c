// SPDX-License-Identifier: MPL-2.0
// Values in PostgreSQL's binary form.
#include "db_postgres.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

enum {
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_FLOAT4 = 700,
    TYPE_NUMERIC = 1700,
    TYPE_XID8 = 5069
};
enum { NUMERIC_NEGATIVE = 0x4000, NUMERIC_BASE = 10000 };

void pg_put_int(unsigned char out[8], int64_t value)
{
    uint64_t bits = (uint64_t)value;
    for (int i = 7; i >= 0; i--, bits >>= 8)
        out[i] = (unsigned char)bits;
}

static uint64_t get(const char *bytes, size_t length)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < length && i < 8; i++)
        bits = bits << 8 | (unsigned char)bytes[i];
    return bits;
}

// Digits of base 10,000: their count, the weight of the first, sign, scale, then they.
static double numeric(const struct pg_cell *cell, int64_t *ret_whole)
{
    int64_t whole = 0;
    double value = 0;
    size_t count = cell->length >= 8 ? (size_t)get(cell->bytes, 2) : 0;
    int weight = (int16_t)get(cell->bytes + 2, 2);
    for (int i = 0; i <= weight || (size_t)i < count; i++) {
        bool there = (size_t)i < count && 8 + 2 * (size_t)i + 2 <= cell->length;
        int64_t digit = there ? (int64_t)get(cell->bytes + 8 + 2 * (size_t)i, 2) : 0;
        value += (double)digit * pow(NUMERIC_BASE, weight - i);
        if (i <= weight && whole < INT64_MAX / NUMERIC_BASE - NUMERIC_BASE)
            whole = whole * NUMERIC_BASE + digit;
    }
    bool negative = get(cell->bytes + 4, 2) == NUMERIC_NEGATIVE;
    *ret_whole = negative ? -whole : whole;
    return negative ? -value : value;
}

int64_t pg_cell_int(const struct pg_cell *cell)
{
    int64_t whole = 0;
    switch (cell->type) {
    case PG_BOOL:
        return cell->bytes[0] != 0;
    case TYPE_INT2:
        return (int16_t)get(cell->bytes, 2);
    case TYPE_INT4:
        return (int32_t)get(cell->bytes, 4);
    case PG_INT8:
    case TYPE_XID8:
        return (int64_t)get(cell->bytes, 8);
    case PG_FLOAT8:
    case TYPE_FLOAT4:
        return (int64_t)pg_cell_double(cell);
    case TYPE_NUMERIC:
        (void)numeric(cell, &whole);
        return whole;
    default:
        return text_to_int(cell->bytes, cell->length, &whole, NULL) == 0 ? whole : 0;
    }
}

double pg_cell_double(const struct pg_cell *cell)
{
    int64_t whole = 0;
    if (cell->type == PG_FLOAT8) {
        uint64_t bits = get(cell->bytes, 8);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (cell->type == TYPE_FLOAT4) {
        uint32_t bits = (uint32_t)get(cell->bytes, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    if (cell->type == TYPE_NUMERIC)
        return numeric(cell, &whole);
    return (double)pg_cell_int(cell);
}

bool pg_cell_is_bytes(const struct pg_cell *cell)
{
    switch (cell->type) {
    case PG_BOOL:
    case TYPE_INT2:
    case TYPE_INT4:
    case PG_INT8:
    case TYPE_XID8:
    case PG_FLOAT8:
    case TYPE_FLOAT4:
    case TYPE_NUMERIC:
        return false;
    default:
        return true;
    }
}

void pg_cell_text(const struct pg_cell *cell, char *out, size_t size)
{
    if (cell->type == PG_FLOAT8 || cell->type == TYPE_FLOAT4 || cell->type == TYPE_NUMERIC)
        snprintf(out, size, "%.15g", pg_cell_double(cell));
    else
        snprintf(out, size, "%lld", (long long)pg_cell_int(cell));
}
