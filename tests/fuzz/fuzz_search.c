// SPDX-License-Identifier: MPL-2.0
// Any bytes as text, number and question: tokens are bounded UTF-8 of letters and digits,
// and a question finds the text that it was.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/search.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    const struct search_question *question;
    uint64_t bits;
};

static void look(void *context, const char *token, size_t length)
{
    struct found *found = context;
    if (length == 0 || length >= SEARCH_TOKEN_SIZE || !text_is_utf8(token, length))
        abort();
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)token[i] < 0x80 && !(token[i] >= 'a' && token[i] <= 'z') &&
            !(token[i] >= '0' && token[i] <= '9'))
            abort();
    for (size_t i = 0; found->question && i < found->question->count; i++)
        if (search_term_fits(&found->question->terms[i], token, length))
            found->bits |= UINT64_C(1) << i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct search_question question;
    struct found found = {NULL, 0};
    char *text = malloc(size + 1); // of its own size: reading past the end is seen
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    search_cut_number(text, look, &found);
    char *exact = malloc(size > 0 ? size : 1);
    if (exact) {
        memcpy(exact, data, size);
        search_cut(exact, size, look, &found);
        if (search_question_read(exact, size, &question, NULL) == 0) {
            found.question = &question;
            search_cut(exact, size, look, &found);
            for (size_t i = 0; i < question.count; i++)
                if ((found.bits >> i & 1) == 0)
                    abort();
        }
    }
    free(exact);
    free(text);
    return 0;
}
