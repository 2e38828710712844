// SPDX-License-Identifier: MPL-2.0
// A root that was made goes to the addresses that the city names: kept outside by whoever
// reads that mail. Only the server that made it sends it.
#include <stdlib.h>

#include <gridcase/cases/seal.h>
#include <gridcase/core/file.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/notify/spool.h>

#include "api_internal.h"

enum { ADDRESSES_MOST = 20, TEXT_SIZE = 1000 };

struct letter {
    char folder[4096];
    char key[160];
    char text[TEXT_SIZE];
    struct mail mail;
};

static int write_letter(struct api *api, const struct city_snapshot *city,
                        const struct case_seal *seal, int64_t now_ms, struct letter *letter,
                        struct error *error)
{
    char line[SEAL_LINE_SIZE];
    case_seal_line(seal, line);
    int code = file_path(letter->folder, sizeof(letter->folder),
                         db_store_folder(api->store), "mail", error);
    if (!code) {
        code = text_format(letter->key, sizeof(letter->key), "%.63s-root-%lld",
                           city_slug(city), (long long)seal->number);
    }
    if (!code) {
        code =
            text_format(letter->text, sizeof(letter->text),
                        "%s\n\n"
                        "Keep this mail: with it, gridcase verify --root FILE proves that "
                        "no case was changed, dropped or added before it.\n"
                        "请保存本邮件：凭它可用 gridcase verify --root "
                        "证明此前的案件没有被改动、删除或增补。\n",
                        line);
    }
    letter->mail = (struct mail){.from = api->options.mail_from,
                                 .from_name = city_name(city, city_language(city, 0)),
                                 .subject = letter->key,
                                 .text = letter->text,
                                 .date_ms = now_ms};
    return code;
}

static int spool_letter(struct letter *letter, const char *to, size_t length,
                        unsigned number, struct error *error)
{
    char address[MAIL_ADDRESS_MOST + 1];
    char id[sizeof(letter->key) + 16];
    int code = text_format(address, sizeof(address), "%.*s", (int)length, to);
    if (!code) {
        code = mail_address_check(address, error);
    }
    if (!code) {
        code = text_format(id, sizeof(id), "%s-%u", letter->key, number);
    }
    if (code) {
        return code;
    }
    letter->mail.to = address;
    letter->mail.id = id;
    return mail_spool_add(letter->folder, letter->key, number, &letter->mail, error);
}

void api_city_mail_seal(struct api *api, struct api_city *city,
                        const struct case_seal *seal, int64_t now_ms)
{
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *snapshot = api_city_snapshot(api, city);
    const char *list = snapshot ? city_setting(snapshot, "proof.mail", "") : "";
    struct letter *letter = memory_new(sizeof(*letter));
    struct error error = {0};
    unsigned number = 0;
    size_t length = 0;
    int code = !*list || !api->mails
                   ? 0
                   : write_letter(api, snapshot, seal, now_ms, letter, &error);
    for (const char *to; !code && api->mails && number < ADDRESSES_MOST &&
                         (to = text_next(&list, ',', &length)) != NULL;) {
        // A wrong address keeps nobody else from theirs.
        if (length > 0 && spool_letter(letter, to, length, ++number, &error)) {
            log_event(LOG_WARNING, "root.mail", "city=%s number=%u code=%s text=\"%s\"",
                      city->slug, number, error.slug, error.message);
            error_clear(&error);
        }
    }
    if (code) {
        log_event(LOG_WARNING, "root.mail", "city=%s code=%s text=\"%s\"", city->slug,
                  error.slug, error.message);
    }
    free(letter);
}
