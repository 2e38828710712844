// SPDX-License-Identifier: MPL-2.0
// A message as RFC 5322 and MIME (RFC 2045, 2047, 2231) have it.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/base64.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/notify/mail.h>

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

// Words of at most 45 bytes, cut between characters (RFC 2047).
static void put_words(struct buffer *out, const char *text)
{
    size_t left = strlen(text);
    bool first = true;
    while (left > 0) {
        size_t take = left < 45 ? left : 45;
        while (take < left && ((unsigned char)text[take] & 0xc0) == 0x80) {
            take--;
        }
        buffer_append_text(out, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        base64_encode(text, take, 0, out);
        buffer_append_text(out, "?=");
        text += take;
        left -= take;
        first = false;
    }
}

// Always as encoded words: then nothing in it can be taken for syntax, and no line is long.
static void put_phrase(struct buffer *out, const char *text)
{
    put_words(out, text);
}

int mail_address_check(const char *address, struct error *error)
{
    const char *at = address ? strchr(address, '@') : NULL;
    size_t length = address ? strlen(address) : 0;
    bool fine =
        at && at > address && at[1] && !strchr(at + 1, '@') && length <= MAIL_ADDRESS_MOST;
    for (size_t i = 0; fine && i < length; i++) {
        unsigned char c = (unsigned char)address[i];
        fine = c > 0x20 && c < 0x7f && !strchr("<>(),;:\"\\[]", c);
    }
    return fine ? 0
                : error_set(error, ERROR_INPUT, "mail.address",
                            "\"%.80s\" is no mail address", address ? address : "");
}

static int check_line(const char *text, struct error *error)
{
    if (text && (strpbrk(text, "\r\n") || !text_is_utf8(text, strlen(text)))) {
        return error_set(error, ERROR_INPUT, "mail.header",
                         "a header of a mail is one line of UTF-8");
    }
    return 0;
}

static int check_id(const char *id, struct error *error)
{
    size_t length = id ? strlen(id) : 0;
    size_t fine = id ? strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_")
                     : 0;
    return length > 0 && length == fine && length <= 200
               ? 0
               : error_set(error, ERROR_INPUT, "mail.header",
                           "the mail's id is not usable");
}

static int check(const struct mail *mail, struct error *error)
{
    int code = mail_address_check(mail->from, error);
    if (!code) {
        code = mail_address_check(mail->to, error);
    }
    if (!code) {
        code = check_line(mail->subject, error);
    }
    if (!code) {
        code = check_line(mail->from_name, error);
    }
    if (!code) {
        code = check_id(mail->id, error);
    }
    size_t bytes = strlen(mail->text);
    for (size_t i = 0; i < mail->attachment_count && !code; i++) {
        code = check_line(mail->attachments[i].name, error);
        if (!code && (check_line(mail->attachments[i].type, error) ||
                      !is_ascii(mail->attachments[i].type))) {
            code = error_set(error, ERROR_INPUT, "mail.header", "a media type is ASCII");
        }
        bytes += mail->attachments[i].length;
    }
    if (!code && (mail->attachment_count > MAIL_ATTACHMENTS_MOST ||
                  bytes > (size_t)MAIL_BYTES_MOST / 3 * 2)) {
        code = error_set(error, ERROR_LIMIT, "mail.too_large",
                         "a mail has at most %d attachments and %d MB",
                         MAIL_ATTACHMENTS_MOST, MAIL_BYTES_MOST / 3 * 2 / 1000000);
    }
    return code;
}

static void put_date(struct buffer *out, int64_t instant_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[INSTANT_TEXT_SIZE]; // 2026-11-01T08:00:00.000Z
    int64_t day = instant_ms / 86400000;
    instant_to_text(instant_ms, text);
    int month = (text[5] - '0') * 10 + text[6] - '0';
    buffer_format(out, "Date: %s, %.2s %s %.4s %.8s +0000\r\n", days[day % 7], text + 8,
                  months[month - 1], text, text + 11);
}

static void put_head(const struct mail *mail, struct buffer *out)
{
    buffer_append_text(out, "From: ");
    if (mail->from_name && mail->from_name[0]) {
        put_phrase(out, mail->from_name);
        buffer_append_text(out, "\r\n ");
    }
    buffer_format(out, "<%s>\r\nTo: <%s>\r\nSubject: ", mail->from, mail->to);
    put_phrase(out, mail->subject);
    buffer_append_text(out, "\r\n");
    put_date(out, mail->date_ms);
    buffer_format(out, "Message-ID: <%s@%s>\r\n", mail->id, strchr(mail->from, '@') + 1);
    buffer_append_text(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
}

// The name as RFC 2231 has it, which every program of today reads.
static void put_name(struct buffer *out, const char *name)
{
    static const char hex[] = "0123456789ABCDEF";
    buffer_append_text(out, "Content-Disposition: attachment;\r\n filename*=UTF-8''");
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (plain) {
            buffer_append_char(out, (char)c);
        } else {
            buffer_append_char(out, '%');
            buffer_append_char(out, hex[c >> 4]);
            buffer_append_char(out, hex[c & 15]);
        }
    }
    buffer_append_text(out, "\r\n");
}

int mail_write(const struct mail *mail, struct buffer *out, struct error *error)
{
    // No line of base64 can begin with this: '=' stands at ends alone, '_' nowhere.
    static const char boundary[] = "=_gridcase_part";
    int code = check(mail, error);
    if (code) {
        return code;
    }
    put_head(mail, out);
    buffer_format(out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n", boundary);
    buffer_format(out,
                  "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n",
                  boundary);
    base64_encode(mail->text, strlen(mail->text), 76, out);
    for (size_t i = 0; i < mail->attachment_count; i++) {
        const struct mail_attachment *part = &mail->attachments[i];
        buffer_format(out, "\r\n--%s\r\nContent-Type: %s\r\n", boundary, part->type);
        put_name(out, part->name);
        buffer_append_text(out, "Content-Transfer-Encoding: base64\r\n\r\n");
        base64_encode(part->bytes, part->length, 76, out);
    }
    buffer_format(out, "\r\n--%s--\r\n", boundary);
    return buffer_check(out, error);
}
