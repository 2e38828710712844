// SPDX-License-Identifier: MPL-2.0
// Networks of trusted proxies and lists of X-Forwarded-For: two lines of input.
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/http/http_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    char *line = strchr(text, '\n');
    if (line) {
        *line = '\0';
    }
    struct http_network *networks = NULL;
    size_t count = 0;
    struct error error = {0};
    char peer[64] = "127.0.0.1";
    uint8_t bytes[16];
    if (http_networks_parse(text, &networks, &count, &error) == 0) {
        http_forwarded_client(networks, count, line ? line + 1 : "", peer, sizeof(peer));
        if (inet_pton(strchr(peer, ':') ? AF_INET6 : AF_INET, peer, bytes) != 1) {
            abort(); // whatever was said, an address comes out
        }
        for (size_t i = 0; i < count; i++) { // each network has its own first address
            if (!http_networks_have(networks, count, networks[i].bytes)) {
                abort();
            }
        }
    }
    free(networks);
    free(text);
    return 0;
}
