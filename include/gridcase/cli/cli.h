// SPDX-License-Identifier: MPL-2.0
// Commands: one table per family, one file per table, all listed in src/cli/main.c.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct cli_command {
    const char *family;  // "city", or the command itself ("locate") when it stands alone
    const char *name;    // "load"; NULL when the family is the command
    const char *usage;   // arguments: "CITY FOLDER [--check]"
    const char *summary; // one line for help
    // argv[0] is the first word after the command's name; argc counts the words. Returns 0
    // or an error code with *error filled: main prints it and turns it into an exit status.
    // More than 0: the exit status itself, everything is said.
    int (*run)(int argc, char **argv, struct error *error);
};

// Terminated by an entry whose family is NULL. Each in src/cli/<family>.c.
extern const struct cli_command *const cli_families[];

// Finds "--name VALUE" or "--name=VALUE" and takes it out of argv; NULL when absent.
// A flag without value: cli_flag. Both change *argc.
const char *cli_option(int *argc, char **argv, const char *name);
int cli_flag(int *argc, char **argv, const char *name);
// ERROR_INPUT "cli.usage" naming the first word left that begins with "--", or when fewer
// than least or more than most words are left.
int cli_words(int argc, char **argv, int least, int most,
              struct error *error) ERROR_MUST_CHECK;
// --data FOLDER, else environment GRIDCASE_DATA, else "./data". Taken out of argv.
const char *cli_data_folder(int *argc, char **argv);
// --store ADDRESS, if given: the folder's databases are on that server from now on.
int cli_store(int *argc, char **argv, const char *data,
              struct error *error) ERROR_MUST_CHECK;
// Prints each problem of a table with its place on standard error.
struct rules_report;
extern const struct rules_report cli_rules_report;
// Set by SIGINT and SIGTERM from now on.
const atomic_bool *cli_stop_on_signal(void);
// Tells on a terminal how far a replay or a play is.
void cli_print_moves(int64_t reports, int64_t moves, int64_t at_ms);
