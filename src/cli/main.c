// SPDX-License-Identifier: MPL-2.0
// gridcase: one program; finds the command in the tables of src/cli/ and runs it.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/cli/cli.h>
#include <gridcase/db/store.h>
#include <gridcase/evaluation/report.h>

extern const struct cli_command cli_city_commands[];
extern const struct cli_command cli_serve_commands[];
extern const struct cli_command cli_person_commands[];
extern const struct cli_command cli_play_commands[];
extern const struct cli_command cli_replay_commands[];
extern const struct cli_command cli_locate_commands[];
extern const struct cli_command cli_case_commands[];
extern const struct cli_command cli_check_commands[];
extern const struct cli_command cli_process_commands[];
extern const struct cli_command cli_search_commands[];
extern const struct cli_command cli_route_commands[];
extern const struct cli_command cli_backup_commands[];
extern const struct cli_command cli_status_commands[];
extern const struct cli_command cli_certificate_commands[];
extern const struct cli_command cli_grid_commands[];
extern const struct cli_command cli_indicators_commands[];
extern const struct cli_command cli_report_commands[];
extern const struct cli_command cli_scores_commands[];
extern const struct cli_command cli_ahead_commands[];
extern const struct cli_command cli_what_if_commands[];
extern const struct cli_command cli_verify_commands[];
extern const struct cli_command cli_store_commands[];
extern const struct cli_command cli_store_stats_commands[];
extern const struct cli_command cli_freeze_commands[];

// One line per family of commands.
const struct cli_command *const cli_families[] = {
    cli_city_commands,
    cli_serve_commands,
    cli_person_commands,
    cli_play_commands,
    cli_replay_commands,
    cli_locate_commands,
    cli_case_commands,
    cli_check_commands,
    cli_process_commands,
    cli_search_commands,
    cli_route_commands,
    cli_backup_commands,
    cli_status_commands,
    cli_certificate_commands,
    cli_grid_commands,
    cli_indicators_commands,
    cli_verify_commands,
    cli_store_commands,
    cli_store_stats_commands,
    cli_freeze_commands,
    cli_report_commands,
    cli_scores_commands,
    cli_ahead_commands,
    cli_what_if_commands,
    NULL,
};

static int usage(FILE *out)
{
    fprintf(out, "usage: gridcase COMMAND [ARGUMENTS] [--data FOLDER]\n\n");
    for (size_t i = 0; cli_families[i]; i++)
        for (const struct cli_command *c = cli_families[i]; c->family; c++)
            fprintf(out, "  gridcase %s%s%s %s\n        %s\n", c->family,
                    c->name ? " " : "", c->name ? c->name : "", c->usage, c->summary);
    fprintf(out, "\nEach command has a manual page: man gridcase-COMMAND\n");
    return out == stdout ? 0 : 2;
}

static const struct cli_command *find(int argc, char **argv, int *ret_skip)
{
    for (size_t i = 0; cli_families[i]; i++) {
        for (const struct cli_command *c = cli_families[i]; c->family; c++) {
            if (strcmp(c->family, argv[1]) != 0)
                continue;
            *ret_skip = c->name ? 3 : 2;
            if (!c->name || (argc > 2 && strcmp(c->name, argv[2]) == 0))
                return c;
        }
    }
    return NULL;
}

static void tell_upgrade(void *context, const char *copy)
{
    (void)context;
    fprintf(stderr, "gridcase: an older database is upgraded; as it was it is kept: %s\n",
            copy);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    umask(0077); // data, backups and tables hold what people said about themselves
    db_on_upgrade(tell_upgrade, NULL);
    city_setup_also_check(report_check_templates);
    if (argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
        return usage(stdout);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("gridcase %s\n", GRIDCASE_VERSION);
        return 0;
    }
    int skip = 0;
    const struct cli_command *command = argc > 1 ? find(argc, argv, &skip) : NULL;
    if (!command)
        return usage(stderr);
    struct error error = {0};
    int status = command->run(argc - skip, argv + skip, &error);
    if (status >= 0)
        return status;
    fprintf(stderr, "gridcase %s%s%s: %s (%s)\n", command->family, command->name ? " " : "",
            command->name ? command->name : "", error.message, error.slug);
    if (strcmp(error.slug, "cli.usage") == 0)
        fprintf(stderr, "usage: gridcase %s%s%s %s\n", command->family,
                command->name ? " " : "", command->name ? command->name : "",
                command->usage);
    return error_exit_status(status);
}
