// SPDX-License-Identifier: MPL-2.0
// A staff table as an office keeps it: headings and roles in the city's own words.
#pragma once

#include <gridcase/account/account.h>
#include <gridcase/rules/words.h>

// A copy with the columns of account_staff_new and the codes of roles; rows without any
// text are left out. Headings: those of gridcase-staff(5), or the Chinese and English ones
// listed there. words: of the city, may be NULL.
int account_staff_words(const struct table *from, const struct words *words,
                        struct table **ret_table, struct error *error) ERROR_MUST_CHECK;

enum { ACCOUNT_CELL_SIZE = 24 };
// "C7": what a spreadsheet calls that cell. column counts from 0, line from 1.
void account_cell_name(int column, int64_t line, char out[ACCOUNT_CELL_SIZE]);
