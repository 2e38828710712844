// SPDX-License-Identifier: MPL-2.0
// The columns of the departments table beside code, parent, kind and names; only for the
// city room.
#pragma once

#include <gridcase/city/city.h>
#include <gridcase/core/table.h>

// Fills command, supervision, desk_limit, inner_percent, silent and the mark for `company`
// out of a row; blank cells mean nothing said. ERROR_INPUT names the column in *ret_column
// and leaves what stands before it.
int department_row(const struct table *table, size_t row, struct city_department *out,
                   bool *ret_company, const char **ret_column,
                   struct error *error) ERROR_MUST_CHECK;
// Whether the table says anything about levels of command.
bool department_has_levels(const struct table *table);
// After all departments are read: the company of each, and the centre of a table that says
// nothing about levels. marked: those whose row says company.
void department_finish(struct city_department *departments, size_t count,
                       const bool *marked, bool has_levels);
