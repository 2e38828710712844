// SPDX-License-Identifier: MPL-2.0
// The file of the columns: groups of rows, each group its columns one after the other, so
// that it is written in one go and read through a map. docs/figures.md tells its layout.
#pragma once

#include "evaluation_internal.h"

enum { FACTS_GROUP = 65536, FACTS_ZONE = 64 };

struct facts_about {
    int64_t epoch, position; // of the change log: the rows are at least as new
    uint32_t levels;         // area columns
    uint32_t class_most;
    uint64_t rows;
    int64_t missed;        // turn of missed reports up to which they are counted
    int64_t calendar;      // version: office time was reckoned with it
    char zone[FACTS_ZONE]; // days were counted in it
};

// ---- writing: beside, synced, renamed ----
struct facts_writer;
int facts_writer_new(const char *path, const struct facts_about *about,
                     struct facts_writer **ret_writer,
                     struct error *error) ERROR_MUST_CHECK;
// In rising order of case ids.
int facts_writer_add(struct facts_writer *writer, const struct facts_row *row,
                     struct error *error) ERROR_MUST_CHECK;
int facts_writer_finish(struct facts_writer *writer, struct error *error) ERROR_MUST_CHECK;
// Drops what was not finished. Takes NULL, returns NULL.
struct facts_writer *facts_writer_free(struct facts_writer *writer);

// ---- reading ----
struct facts_file;
// ERROR_NOT_FOUND when there is none, ERROR_STORE "figures.file" when it is torn, changed,
// or of another version: then it is to be written anew.
int facts_file_open(const char *path, struct facts_file **ret_file,
                    struct error *error) ERROR_MUST_CHECK;
struct facts_file *facts_file_free(struct facts_file *file);
const struct facts_about *facts_file_about(const struct facts_file *file);
size_t facts_file_blocks(const struct facts_file *file);
struct facts_block facts_file_block(const struct facts_file *file, size_t index);
bool facts_file_find(const struct facts_file *file, uint32_t case_id,
                     struct facts_row *ret_row);
struct facts_row facts_block_row(const struct facts_block *block, size_t at);
