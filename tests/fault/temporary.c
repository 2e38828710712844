// SPDX-License-Identifier: MPL-2.0
#include "fault/temporary.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void temporary_folder(char *out, size_t size)
{
    const char *base = getenv("TMPDIR");
    int length = snprintf(out, size, "%s/gridcase-test-XXXXXX", base ? base : "/tmp");
    if (length < 0 || (size_t)length >= size || !mkdtemp(out))
        abort();
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void temporary_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
