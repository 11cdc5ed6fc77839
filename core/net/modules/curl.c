/* See net/curl.h: one multi handle, an easy handle a transfer. libcurl connects to the addresses that it is given, follows nothing, reads
 * no environment and starts no thread. */
#include "net/curl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { IDLE_CONNECTIONS = 8, READ_SIZE = 128 << 10 };

typedef struct client {
  CURLM *multi;
  const pl_curl_hooks *hooks;
  void *http;
} client;

typedef struct transfer {
  client *of;
  CURL *easy;
  void *call;
  const pl_http_request *request;
  struct curl_slist *headers, *resolve;
  size_t sent; /* bytes of the body */
  char why[CURL_ERROR_SIZE];
} transfer;

static void free_transfer(transfer *t)
{
  (void)curl_multi_remove_handle(t->of->multi, t->easy);
  curl_easy_cleanup(t->easy);
  curl_slist_free_all(t->headers);
  curl_slist_free_all(t->resolve);
  free(t);
}

/* ---- Ends ------------------------------------------------------------------------------------------- */

static int code_of(CURLcode code)
{
  switch (code) {
  case CURLE_OK:
    return PL_OK;
  case CURLE_OUT_OF_MEMORY:
    return PL_ENOMEM;
  case CURLE_URL_MALFORMAT:
  case CURLE_BAD_FUNCTION_ARGUMENT:
    return PL_EINVAL;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
    return PL_ERESOLVE;
  case CURLE_COULDNT_CONNECT:
  case CURLE_PROXY:
    return PL_ECONNECT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return PL_ETLS;
  case CURLE_OPERATION_TIMEDOUT:
    return PL_ETIMEDOUT;
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING:
    return PL_ERESET;
  case CURLE_PARTIAL_FILE:
    return PL_ETRUNC;
  case CURLE_FILESIZE_EXCEEDED:
    return PL_ELIMIT;
  default:
    return PL_EPROTO;
  }
}

static void read_answer(const transfer *t, pl_http_answer *a)
{
  long status = 0, version = 0, port = 0;
  const char *ip = NULL;
  (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  (void)curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &ip);
  (void)curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_PORT, &port);
  a->status = (int)status;
  a->version = version == CURL_HTTP_VERSION_1_0 ? 10 : version == CURL_HTTP_VERSION_1_1 ? 11 : version ? 20 : 0;
  if (ip && ip[0] && ip[0] != '/' && port) /* of a Unix socket it is the path */
    (void)snprintf(a->address, sizeof a->address, strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

static void end_transfer(transfer *t, CURLcode result)
{
  char why[CURL_ERROR_SIZE];
  pl_http_answer answer = {0};
  const pl_curl_hooks *hooks = t->of->hooks;
  void *call = t->call;
  read_answer(t, &answer);
  (void)snprintf(why, sizeof why, "%s", t->why[0] ? t->why : curl_easy_strerror(result));
  free_transfer(t);
  hooks->done(call, code_of(result), why, &answer);
}

static void end_those_done(client *c)
{
  const CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(c->multi, &left))) {
    transfer *t = NULL;
    CURLcode result = message->data.result;
    if (message->msg != CURLMSG_DONE)
      continue;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
    end_transfer(t, result);
  }
}

/* ---- Callbacks of libcurl ---------------------------------------------------------------------------- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket)
{
  const client *c = user;
  (void)easy, (void)socket;
  c->hooks->watch(c->http, fd, (what & CURL_POLL_IN ? PL_CURL_READ : 0) | (what & CURL_POLL_OUT ? PL_CURL_WRITE : 0));
  return 0;
}

static int on_timer(CURLM *multi, long ms, void *user)
{
  const client *c = user;
  (void)multi;
  c->hooks->due(c->http, ms);
  return 0;
}

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
  const transfer *t = user;
  (void)purpose;
  return t->of->hooks->may_connect(t->call, &a->addr) ? socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol) : CURL_SOCKET_BAD;
}

static CURLcode on_handshake(CURL *easy, void *context, void *user)
{
  const transfer *t = user;
  (void)easy, (void)context;
  t->of->hooks->phase(t->call, PL_HTTP_TLS);
  return CURLE_OK;
}

static int on_connected(void *user, char *ip, char *own_ip, int port, int own_port)
{
  const transfer *t = user;
  (void)ip, (void)own_ip, (void)port, (void)own_port;
  t->of->hooks->phase(t->call, PL_HTTP_SEND);
  if (!t->request->body.len)
    t->of->hooks->phase(t->call, PL_HTTP_WAIT);
  return CURL_PREREQFUNC_OK;
}

static size_t on_read(char *to, size_t size, size_t n, void *user)
{
  transfer *t = user;
  size_t left = t->request->body.len - t->sent, take = size * n < left ? size * n : left;
  if (take)
    memcpy(to, t->request->body.data + t->sent, take);
  t->sent += take;
  if (take == left)
    t->of->hooks->phase(t->call, PL_HTTP_WAIT);
  return take;
}

/* The body again, on another connection. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
  transfer *t = user;
  if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->request->body.len)
    return CURL_SEEKFUNC_FAIL;
  t->sent = (size_t)offset;
  return CURL_SEEKFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
  const transfer *t = user;
  t->of->hooks->phase(t->call, PL_HTTP_RECEIVE);
  return t->of->hooks->head(t->call, (pl_str){line, size * n}) ? size * n : 0;
}

static size_t on_write(char *bytes, size_t size, size_t n, void *user)
{
  const transfer *t = user;
  return t->of->hooks->body(t->call, (pl_str){bytes, size * n}) ? size * n : 0;
}

/* ---- Starting ------------------------------------------------------------------------------------------ */

/* Appends a copy that ends with NUL; false: no memory. */
static bool add_line(struct curl_slist **list, pl_str line)
{
  char *text = strndup(line.data, line.len);
  struct curl_slist *longer = text ? curl_slist_append(*list, text) : NULL;
  free(text);
  if (longer)
    *list = longer;
  return longer != NULL;
}

static bool has_header(const pl_http_request *r, pl_str name)
{
  for (size_t i = 0; i < r->n_headers; i++) {
    pl_str rest = r->headers[i];
    if (pl_str_ieq(pl_str_cut(&rest, ':'), name))
      return true;
  }
  return false;
}

/* A line without a value would take a header away: it ends with a semicolon there. */
static bool add_header(transfer *t, pl_str line)
{
  pl_str value = line, name = pl_str_cut(&value, ':');
  char empty[300];
  if (pl_str_trim(value).len)
    return add_line(&t->headers, line);
  int n = snprintf(empty, sizeof empty, "%.*s;", (int)name.len, name.data);
  return n > 0 && (size_t)n < sizeof empty && add_line(&t->headers, (pl_str){empty, (size_t)n});
}

/* Those of the request; none that libcurl would add of its own, but for Accept and Host. */
static bool set_headers(transfer *t)
{
  const pl_http_request *r = t->request;
  bool good = add_line(&t->headers, PL_STR("Expect:"));
  if (good && !has_header(r, PL_STR("content-type")))
    good = add_line(&t->headers, PL_STR("Content-Type:"));
  for (size_t i = 0; i < r->n_headers && good; i++)
    good = add_header(t, r->headers[i]);
  return good && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

/* The options of one kind, as far as the first that fails. */
#define SET(option, value) (curl_easy_setopt(t->easy, (option), (value)) == CURLE_OK)

static bool set_method(transfer *t)
{
  const pl_http_request *r = t->request;
  char method[32];
  bool plain = pl_str_eqc(r->method, "GET") && !r->body.len;
  if (plain)
    return SET(CURLOPT_HTTPGET, 1L);
  if (pl_str_eqc(r->method, "HEAD"))
    return SET(CURLOPT_NOBODY, 1L);
  if (!pl_copy(method, sizeof method, r->method))
    return false;
  bool with_length = r->body.len || pl_str_eqc(r->method, "POST") || pl_str_eqc(r->method, "PUT") || pl_str_eqc(r->method, "PATCH");
  if (with_length && !(SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len) && SET(CURLOPT_READFUNCTION, on_read) &&
                       SET(CURLOPT_READDATA, t) && SET(CURLOPT_SEEKFUNCTION, on_seek) && SET(CURLOPT_SEEKDATA, t)))
    return false;
  return SET(CURLOPT_CUSTOMREQUEST, method);
}

/* libcurl sends again, unasked, what a connection that was kept did not take: a request that may not be sent twice gets its own. */
static bool set_connection(transfer *t)
{
  return t->request->repeatable || SET(CURLOPT_FRESH_CONNECT, 1L);
}

static bool set_target(transfer *t, const pl_curl_target *to)
{
  if (to->addresses[0] && (!add_line(&t->resolve, pl_str_of(to->addresses)) || !SET(CURLOPT_RESOLVE, t->resolve)))
    return false;
  if (to->socket && !SET(CURLOPT_UNIX_SOCKET_PATH, to->socket))
    return false;
  return SET(CURLOPT_URL, to->url) && SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_PATH_AS_IS, 1L) &&
         SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
}

/* A proxy that is not given is none, whatever the environment says. */
static bool set_proxy(transfer *t)
{
  const pl_http_request *r = t->request;
  char *proxy = strndup(r->proxy.len ? r->proxy.data : "", r->proxy.len);
  char *user = r->proxy_user.len ? strndup(r->proxy_user.data, r->proxy_user.len) : NULL;
  bool good = proxy && SET(CURLOPT_PROXY, proxy) && SET(CURLOPT_NOPROXY, "") && SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (good && r->proxy_user.len)
    good = user && SET(CURLOPT_PROXYUSERPWD, user);
  free(proxy);
  free(user);
  return good;
}

static bool set_pem(transfer *t, CURLoption option, pl_str pem)
{
  union {
    const char *read_only;
    void *data;
  } u = {pem.data};
  struct curl_blob blob = {.data = u.data, .len = pem.len, .flags = CURL_BLOB_COPY};
  return !pem.len || SET(option, &blob);
}

static bool set_tls(transfer *t)
{
  const pl_http_tls *tls = &t->request->tls;
  if (tls->ca.len && !(SET(CURLOPT_CAINFO, NULL) && SET(CURLOPT_CAPATH, NULL)))
    return false;
  return SET(CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L) && SET(CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L) &&
         SET(CURLOPT_SSLVERSION, tls->min == 13 ? (long)CURL_SSLVERSION_TLSv1_3 : (long)CURL_SSLVERSION_TLSv1_2) &&
         set_pem(t, CURLOPT_CAINFO_BLOB, tls->ca) && set_pem(t, CURLOPT_SSLCERT_BLOB, tls->cert) && set_pem(t, CURLOPT_SSLKEY_BLOB, tls->key);
}

static bool set_callbacks(transfer *t)
{
  return SET(CURLOPT_PRIVATE, t) && SET(CURLOPT_ERRORBUFFER, t->why) && SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_OPENSOCKETFUNCTION, on_open) &&
         SET(CURLOPT_OPENSOCKETDATA, t) && SET(CURLOPT_SSL_CTX_FUNCTION, on_handshake) && SET(CURLOPT_SSL_CTX_DATA, t) &&
         SET(CURLOPT_PREREQFUNCTION, on_connected) && SET(CURLOPT_PREREQDATA, t) && SET(CURLOPT_HEADERFUNCTION, on_header) &&
         SET(CURLOPT_HEADERDATA, t) && SET(CURLOPT_WRITEFUNCTION, on_write) && SET(CURLOPT_WRITEDATA, t);
}

/* What the answer may be: any coding that libcurl knows, and a length that is announced within the limit. */
static bool set_answer(transfer *t)
{
  return SET(CURLOPT_ACCEPT_ENCODING, "") && SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->request->body_max) &&
         SET(CURLOPT_BUFFERSIZE, (long)READ_SIZE);
}

static int curl_start(void *curl, const pl_http_request *r, const pl_curl_target *target, void *call, void **out, pl_error *err)
{
  client *c = curl;
  transfer *t = calloc(1, sizeof *t);
  CURL *easy = t ? curl_easy_init() : NULL;
  if (!easy) {
    free(t);
    return pl_fail(err, PL_ENOMEM, "out of memory for a request");
  }
  *t = (transfer){.of = c, .call = call, .request = r, .easy = easy};
  bool good = set_callbacks(t) && set_target(t, target) && set_method(t) && set_connection(t) && set_headers(t) &&
              set_proxy(t) && set_tls(t) && set_answer(t);
  if (good && curl_multi_add_handle(c->multi, t->easy) == CURLM_OK) {
    *out = t;
    return PL_OK;
  }
  int code = pl_fail(err, PL_EINVAL, "the request is none that can be sent%s%s", t->why[0] ? ": " : "", t->why);
  free_transfer(t);
  return code;
}

static void curl_stop(void *transfer_)
{
  free_transfer(transfer_);
}

/* ---- The client ---------------------------------------------------------------------------------------- */

static void curl_ready(void *curl, int fd, int events)
{
  client *c = curl;
  int running, what = (events & PL_CURL_READ ? CURL_CSELECT_IN : 0) | (events & PL_CURL_WRITE ? CURL_CSELECT_OUT : 0);
  (void)curl_multi_socket_action(c->multi, fd < 0 ? CURL_SOCKET_TIMEOUT : fd, what, &running);
  end_those_done(c);
}

static int curl_open(const pl_curl_hooks *hooks, void *http, void **out, pl_error *err)
{
  client *c = calloc(1, sizeof *c);
  if (!c || curl_global_init(CURL_GLOBAL_DEFAULT)) {
    free(c);
    return pl_fail(err, PL_ENOMEM, "out of memory for HTTP");
  }
  *c = (client){.multi = curl_multi_init(), .hooks = hooks, .http = http};
  if (!c->multi) {
    curl_global_cleanup();
    free(c);
    return pl_fail(err, PL_ENOMEM, "out of memory for HTTP");
  }
  (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
  (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
  (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
  *out = c;
  return PL_OK;
}

static void curl_close(void *curl)
{
  client *c = curl;
  (void)curl_multi_cleanup(c->multi);
  curl_global_cleanup();
  free(c);
}

extern const pl_curl_module pl_module_entry;
PL_API const pl_curl_module pl_module_entry = {
    .head = {"curl", PL_CURL_ABI}, .open = curl_open, .close = curl_close, .start = curl_start, .stop = curl_stop, .ready = curl_ready,
};
