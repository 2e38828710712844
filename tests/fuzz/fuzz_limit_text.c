// SPDX-License-Identifier: MPL-2.0
// Limits as offices write them: text, optionally a line break and the unit column.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/buffer.h>
#include <gridcase/rules/limit.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct limit *limit, const char *language)
{
    BUFFER_CLEANUP struct buffer text;
    struct limit again;
    buffer_init(&text, BUFFER_CEILING_LINE);
    limit_text(limit, language, &text);
    if (limit_parse(text.data, NULL, &again, NULL, NULL) || !limit_equal(limit, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *unit = strchr(text, '\n');
    if (unit)
        *unit++ = '\0';
    struct limit limit;
    bool conflict;
    if (limit_parse(text, unit, &limit, &conflict, NULL) == 0) {
        read_back(&limit, "zh-CN");
        read_back(&limit, "en");
    }
    struct limit_chain chain;
    if (limit_chain_parse(text, unit, &chain, &conflict, NULL) == 0)
        for (int part = 0; part < LIMIT_PART_COUNT; part++)
            if (chain.named[part])
                read_back(&chain.limits[part], "zh-CN");
    free(text);
    return 0;
}
