// SPDX-License-Identifier: MPL-2.0
// A disk that can lose power: an SQLite VFS and a table of file calls over one model of
// what a disk keeps. Real files are written as usual; beside them the model remembers, file
// by file, what was synced and what was not, and which names were synced with their folder.
// When power comes back, the folder is written anew from what the disk has kept.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Makes the VFS the default one: before the first store is opened.
void powercut_register(void);
// From now on everything under root (an existing, empty folder) is modelled.
void powercut_start(const char *root);
void powercut_stop(void);

// After so many more writes, syncs, renames ... every call fails, until power is back.
void powercut_after(uint64_t operations);
bool powercut_is_off(void);
uint64_t powercut_operations(void); // so far

// It was only a passing failure: calls work again, nothing was lost but what had failed.
void powercut_resume(void);

enum powercut_loss {
    POWERCUT_FORGETS_ALL, // exactly what was synced is kept
    POWERCUT_KEEPS_SOME,  // of the rest, some writes (also torn ones) and names by chance
};
// Power is back. Every file must have been closed.
void powercut_restore(enum powercut_loss loss, uint32_t seed);

// File calls (not SQLite's) whose syncs do nothing: what a careless photo store would do.
void powercut_forget_file_syncs(bool forget);
// No file grows while the disk is full.
void powercut_fill(bool full);
