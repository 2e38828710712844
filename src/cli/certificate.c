// SPDX-License-Identifier: MPL-2.0
// gridcase certificate: a private authority for handhelds, and the server's certificate.
#include <stdio.h>
#include <string.h>

#include <gridcase/cli/cli.h>
#include <gridcase/core/certificate.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum { DAYS = 397, AUTHORITY_DAYS = 3650 }; // browsers refuse longer ones of servers

static int take_days(int *argc, char **argv, int64_t *ret_days, struct error *error)
{
    const char *text = cli_option(argc, argv, "--days");
    if (text && (text_to_int(text, strlen(text), ret_days, error) != 0 || *ret_days < 1 ||
                 *ret_days > CERTIFICATE_DAYS_MOST))
        return error_set(error, ERROR_INPUT, "cli.usage", "--days is 1 to %d",
                         (int)CERTIFICATE_DAYS_MOST);
    return 0;
}

static int run(int argc, char **argv, struct error *error)
{
    const char *hosts[CERTIFICATE_HOSTS_MOST];
    struct certificate_order order = {.hosts = hosts,
                                      .days = DAYS,
                                      .authority_days = AUTHORITY_DAYS,
                                      .name = "gridcase private authority",
                                      .now_ms = instant_now_ms()};
    int is_new = 0;
    for (const char *host; order.host_count < CERTIFICATE_HOSTS_MOST &&
                           (host = cli_option(&argc, argv, "--host"));)
        hosts[order.host_count++] = host;
    const char *name = cli_option(&argc, argv, "--name");
    int code = take_days(&argc, argv, &order.days, error);
    if (code == 0)
        code = cli_words(argc, argv, 1, 1, error);
    if (code == 0 && order.host_count == 0)
        code = error_set(error, ERROR_INPUT, "cli.usage",
                         "--host names what the server is asked for by");
    order.name = name ? name : order.name;
    if (code == 0)
        code = certificate_make(argv[0], &order, &is_new, error);
    if (code != 0)
        return code;
    if (is_new)
        printf("%s/ca.pem is a new authority: install it on the devices that shall trust "
               "this server,\nand keep %s/ca.key where nobody else can read it.\n",
               argv[0], argv[0]);
    printf("%s/server.pem and server.key are for %s%s, for %lld days.\n", argv[0], hosts[0],
           order.host_count > 1 ? " and others" : "", (long long)order.days);
    printf("gridcase serve --tls-certificate %s/server.pem --tls-key %s/server.key\n",
           argv[0], argv[0]);
    return 0;
}

const struct cli_command cli_certificate_commands[] = {
    {"certificate", NULL, "FOLDER --host NAME [--host NAME ...] [--days N] [--name TEXT]",
     "make a private authority and the server's certificate", run},
    {0},
};
