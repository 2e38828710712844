// SPDX-License-Identifier: MPL-2.0
// Handing a message over to a mail server, by libcurl.
#include <pthread.h>
#include <string.h>

#include <curl/curl.h>

#include <gridcase/core/text.h>
#include <gridcase/notify/mail.h>

static const char *const securities[MAIL_SECURITY_COUNT] = {
    [MAIL_PLAIN] = "none", [MAIL_STARTTLS] = "starttls", [MAIL_TLS] = "tls"};

const char *mail_security_to_str(enum mail_security security)
{
    return securities[security];
}

int mail_security_from_str(const char *text)
{
    for (int i = 0; i < MAIL_SECURITY_COUNT; i++) {
        if (text_equal(text, securities[i])) {
            return i;
        }
    }
    return -1;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started = CURLE_FAILED_INIT;
static void start(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct upload {
    const char *bytes;
    size_t left;
};

static size_t give(char *out, size_t size, size_t count, void *context)
{
    struct upload *upload = context;
    size_t room = size * count;
    size_t length = upload->left < room ? upload->left : room;
    memcpy(out, upload->bytes, length);
    upload->bytes += length;
    upload->left -= length;
    return length;
}

static CURLcode set_server(CURL *curl, const struct mail_server *server, char *url,
                           size_t size)
{
    if (text_format(url, size, "%s://%s", server->security == MAIL_TLS ? "smtps" : "smtp",
                    server->host)) {
        return CURLE_URL_MALFORMAT;
    }
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    }
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_PROXY, ""); // whatever the environment says
    }
    if (!code) {
        code = curl_easy_setopt(
            curl, CURLOPT_USE_SSL,
            (long)(server->security == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    }
    if (!code && server->authority && server->authority[0]) {
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, server->authority);
    }
    if (!code && server->user && server->user[0]) {
        code = curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
    }
    if (!code && server->user && server->user[0]) {
        code = curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
    }
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)server->timeout_ms);
    }
    return code ? code : curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static CURLcode set_message(CURL *curl, const char *from, struct curl_slist *to,
                            struct upload *upload)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    }
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    }
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_READDATA, upload);
    }
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload->left);
    }
    return code ? code : curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
}

// What the server says about this very message with 5xx it will say again, with 4xx perhaps
// not; others may still go. One that greets, signs in or speaks TLS wrongly is one to try
// again with everything: somebody will mend the settings.
static int tell(CURL *curl, CURLcode code, const char *detail, bool sent,
                struct error *error)
{
    long status = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    bool of_message =
        code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && sent);
    if (of_message && status >= 500 && status < 600 && status != 530) {
        return error_set(error, ERROR_DENIED, "mail.refused",
                         "the mail server refuses the message (%ld): %.200s", status,
                         detail);
    }
    if (of_message && status >= 400 && status < 500 && status != 421) {
        return error_set(error, ERROR_CONFLICT, "mail.deferred",
                         "the mail server wants the message later (%ld): %.200s", status,
                         detail);
    }
    return error_set(error, ERROR_BUSY, "mail.unavailable",
                     "the mail server cannot be used (%ld): %.200s", status, detail);
}

int mail_send(const struct mail_server *server, const char *from, const char *to,
              const void *message, size_t length, struct error *error)
{
    char url[600];
    char detail[CURL_ERROR_SIZE] = "";
    struct upload upload = {message, length};
    (void)pthread_once(&once, start);
    CURL *curl = started == CURLE_OK ? curl_easy_init() : NULL;
    struct curl_slist *list = curl ? curl_slist_append(NULL, to) : NULL;
    if (!list) {
        curl_easy_cleanup(curl);
        return error_set(error, ERROR_BUSY, "mail.unavailable", "no memory to send mail");
    }
    CURLcode code = set_server(curl, server, url, sizeof(url));
    if (!code) {
        code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    }
    if (!code) {
        code = set_message(curl, from, list, &upload);
    }
    if (!code) {
        code = curl_easy_perform(curl);
    }
    int told = 0;
    if (code) {
        told = tell(curl, code, detail[0] ? detail : curl_easy_strerror(code),
                    upload.left == 0, error);
    }
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return told;
}
