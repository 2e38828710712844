// SPDX-License-Identifier: MPL-2.0
// Model folders for tests: tinytown, with some of its files or lines of city.ini replaced.
#pragma once

#include <stddef.h>

// Replaces every occurrence of `from` in the file by `to`. file "city.ini" is the settings
// file; others are named as city.ini names them. from NULL: `to` becomes the whole file.
struct model_edit {
    const char *file, *from, *to;
};

// Writes a folder with a city.ini whose unedited sources lie in fixtures/tinytown. Aborts
// when an edit changes nothing. edits end with a NULL file.
void model_folder_write(const char *folder, const struct model_edit *edits);
