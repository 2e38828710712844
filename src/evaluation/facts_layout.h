// SPDX-License-Identifier: MPL-2.0
// How the file of the columns lies: head, groups, a sum for each group, tail. The tail is
// the head again with what is known at the end. Numbers are the machine's own; `order`
// tells.
#pragma once

#include "facts_file.h"

#define FACTS_MAGIC "GCFACTS"
enum { FACTS_VERSION = 4, FACTS_ORDER = 0x01020304 };

struct facts_head {
    char magic[8];
    uint32_t version, order;
    struct facts_about about; // rows, class_most: 0 in the head
    uint64_t sums_checksum;   // of the list of sums
    char reserved[48];
    uint64_t checksum; // of all above
};
_Static_assert(sizeof(struct facts_head) == 192, "groups begin at a multiple of 64");

uint64_t facts_checksum(const void *bytes, size_t length);
// Rows that a group has room for, and its bytes.
size_t facts_group_room(uint64_t rows, uint64_t group);
size_t facts_group_bytes(size_t room, uint32_t levels);
