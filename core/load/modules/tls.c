/* TLS by OpenSSL, as a transport (transport.h). A BIO of our own reads and writes the socket: no signal, and with read-ahead one
 * system call for what OpenSSL would fetch with two (a record's head, then its body). The error queue is emptied after each
 * failure, so it is empty before each call. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "load/transport.h"

enum { RECORD_MAX = 16384, NAME_MAX_BYTES = 256, LIST_MAX = 1024, ALPN_MAX = 512, NAMES_SHOWN = 120 };

typedef struct context {
  const pl_allocator *alloc;
  SSL_CTX *ssl;
  BIO_METHOD *method;
  bool insecure, resume;
  char server_name[NAME_MAX_BYTES];
  unsigned char alpn[ALPN_MAX]; /* of the settings, as it is sent; n_alpn 0: what each connection says */
  unsigned n_alpn;
  char scratch[RECORD_MAX]; /* head and body of a small request become one record */
} context;

typedef struct connection {
  context *c;
  SSL *ssl;
  int fd;
  int error;      /* errno of the socket, once it failed */
  bool eof;       /* the peer closed the socket */
  bool ended;     /* what comes next is an end or a failure, not yet told */
  void **session; /* the owner's place for one */
  char why[120];
} connection;

/* ---- The socket as a BIO ------------------------------------------------------------------------ */

static int bio_read(BIO *b, char *data, int n)
{
  connection *c = BIO_get_data(b);
  ssize_t got = pl_fd_recv(c->fd, data, (size_t)n);
  BIO_clear_retry_flags(b);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    BIO_set_retry_read(b);
  else if (got < 0)
    c->error = errno;
  else if (got == 0)
    c->eof = true;
  return (int)got;
}

static int bio_write(BIO *b, const char *data, int n)
{
  connection *c = BIO_get_data(b);
  ssize_t sent = pl_fd_send(c->fd, data, (size_t)n);
  BIO_clear_retry_flags(b);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR))
    BIO_set_retry_write(b);
  else if (sent < 0)
    c->error = errno;
  return (int)sent;
}

static long bio_ctrl(BIO *b, int command, long n, void *pointer)
{
  const connection *c = BIO_get_data(b);
  (void)n, (void)pointer;
  return command == BIO_CTRL_FLUSH || (command == BIO_CTRL_EOF && c->eof);
}

static BIO_METHOD *new_method(void)
{
  BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  if (!m)
    return NULL;
  (void)BIO_meth_set_read(m, bio_read);
  (void)BIO_meth_set_write(m, bio_write);
  (void)BIO_meth_set_ctrl(m, bio_ctrl);
  return m;
}

/* ---- Settings ----------------------------------------------------------------------------------- */

/* The last words of OpenSSL; the queue is empty afterwards. */
static const char *last_words(void)
{
  const char *text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text ? text : "no reason given";
}

static int bad_setting(pl_error *err, const char *name)
{
  return pl_fail(err, PL_EINVAL, "tls.%s: %s", name, last_words());
}

/* The same of what a file holds, whose name is not known here: the text behind "tls.ca: " and its like speaks of the file. */
static int bad_text(pl_error *err, const char *name, const char *what)
{
  return pl_fail(err, PL_ECORRUPT, "tls.%s: %s (%s)", name, what, last_words());
}

/* The same of names that are listed: OpenSSL does not say which it does not know. */
static int bad_names(pl_error *err, const char *name, pl_str given, const char *example)
{
  int n = (int)(given.len < NAMES_SHOWN ? given.len : NAMES_SHOWN);
  return pl_fail(err, PL_EINVAL, "tls.%s: \"%.*s\" are not all names that OpenSSL has here; write %s (%s)", name, n, given.data, example, last_words());
}

static bool add_part(char list[LIST_MAX], pl_str part)
{
  size_t n = strlen(list);
  if (n + part.len + 2 > LIST_MAX)
    return false;
  (void)snprintf(list + n, LIST_MAX - n, "%s%.*s", n ? ":" : "", (int)part.len, part.data);
  return true;
}

/* OpenSSL keeps the ciphers of TLS 1.3 in a list of their own. */
static int set_ciphers(SSL_CTX *ssl, pl_str names, pl_error *err)
{
  const pl_str given = names;
  char old[LIST_MAX] = "", new[LIST_MAX] = "";
  while (names.data) {
    pl_str name = pl_str_cut(&names, ':');
    if (!add_part(pl_str_starts(name, PL_STR("TLS_")) ? new : old, name))
      return pl_fail(err, PL_EINVAL, "tls.ciphers: too long");
  }
  if ((old[0] && !SSL_CTX_set_cipher_list(ssl, old)) || (new[0] && !SSL_CTX_set_ciphersuites(ssl, new)))
    return bad_names(err, "ciphers", given, "ECDHE+AESGCM:TLS_AES_128_GCM_SHA256");
  return PL_OK;
}

static int set_groups(SSL_CTX *ssl, pl_str names, pl_error *err)
{
  char list[LIST_MAX];
  if (!pl_copy(list, sizeof list, names) || !SSL_CTX_set1_groups_list(ssl, list))
    return bad_names(err, "groups", names, "X25519:P-256");
  return PL_OK;
}

static int version_of(pl_str name, int *out)
{
  static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  if (name.len != 3 || name.data[0] != '1' || name.data[1] != '.' || name.data[2] < '0' || name.data[2] > '3')
    return PL_EINVAL;
  *out = versions[name.data[2] - '0'];
  return PL_OK;
}

static int set_versions(SSL_CTX *ssl, const pl_tls_settings *s, pl_error *err)
{
  int min = 0, max = 0;
  if ((s->min.len && version_of(s->min, &min)) || (s->max.len && version_of(s->max, &max)))
    return pl_fail(err, PL_EINVAL, "tls.min and tls.max: \"1.0\", \"1.1\", \"1.2\" or \"1.3\"");
  if ((min && !SSL_CTX_set_min_proto_version(ssl, min)) || (max && !SSL_CTX_set_max_proto_version(ssl, max)))
    return bad_setting(err, "min, max");
  return PL_OK;
}

/* "h2,http/1.1" as ALPN wants it: each name behind its length. Returns how many bytes that is; 0: one is no name. */
static unsigned alpn_wire(pl_str names, unsigned char wire[ALPN_MAX])
{
  unsigned n = 0;
  while (names.data) {
    pl_str name = pl_str_trim(pl_str_cut(&names, ','));
    if (!name.len || name.len > 255 || n + name.len + 1 > ALPN_MAX)
      return 0;
    wire[n++] = (unsigned char)name.len;
    memcpy(wire + n, name.data, name.len);
    n += (unsigned)name.len;
  }
  return n;
}

static int set_alpn(context *c, pl_str names, pl_error *err)
{
  c->n_alpn = alpn_wire(names, c->alpn);
  return c->n_alpn ? PL_OK : pl_fail(err, PL_EINVAL, "tls.alpn: names such as \"h2\", \"http/1.1\"");
}

static BIO *text_of(pl_str pem)
{
  return BIO_new_mem_buf(pem.data, (int)(pem.len < INT_MAX ? pem.len : INT_MAX));
}

/* OpenSSL would ask on the terminal. */
static int no_password(char *out, int size, int writing, void *user)
{
  (void)out, (void)size, (void)writing, (void)user;
  return -1;
}

static int set_authorities(SSL_CTX *ssl, pl_str pem, pl_error *err)
{
  BIO *text = text_of(pem);
  X509_STORE *store = SSL_CTX_get_cert_store(ssl);
  unsigned n = 0;
  for (X509 *x; text && (x = PEM_read_bio_X509(text, NULL, no_password, NULL)) != NULL; X509_free(x))
    n += X509_STORE_add_cert(store, x) == 1;
  BIO_free(text);
  if (!n)
    return bad_text(err, "ca", "no certificate is in it");
  ERR_clear_error(); /* the end of the text */
  return PL_OK;
}

static int set_certificate(SSL_CTX *ssl, pl_str pem, pl_error *err)
{
  BIO *text = text_of(pem);
  X509 *x = text ? PEM_read_bio_X509(text, NULL, no_password, NULL) : NULL;
  bool read = x != NULL, good = read && SSL_CTX_use_certificate(ssl, x) == 1;
  X509_free(x);
  while (good && (x = PEM_read_bio_X509(text, NULL, no_password, NULL)) != NULL) {
    good = SSL_CTX_add0_chain_cert(ssl, x) == 1;
    if (!good)
      X509_free(x);
  }
  BIO_free(text);
  if (!good)
    return bad_text(err, "cert", read ? "not a chain of certificates that can be used" : "no certificate is in it");
  ERR_clear_error();
  return PL_OK;
}

static int set_key(SSL_CTX *ssl, pl_str pem, pl_error *err)
{
  BIO *text = text_of(pem);
  EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_password, NULL) : NULL;
  bool read = key != NULL;
  bool good = read && SSL_CTX_use_PrivateKey(ssl, key) == 1 && SSL_CTX_check_private_key(ssl) == 1;
  EVP_PKEY_free(key);
  BIO_free(text);
  if (!read)
    return bad_text(err, "key", "no private key without a password is in it");
  return good ? PL_OK : bad_text(err, "key", "not the key of the certificate");
}

static int apply(context *c, const pl_tls_settings *s, pl_error *err)
{
  SSL_CTX *ssl = c->ssl;
  int code = set_versions(ssl, s, err);
  if (!code && s->ciphers.len)
    code = set_ciphers(ssl, s->ciphers, err);
  if (!code && s->groups.len)
    code = set_groups(ssl, s->groups, err);
  if (!code && s->alpn.len)
    code = set_alpn(c, s->alpn, err);
  if (!code && s->ca.len)
    code = set_authorities(ssl, s->ca, err);
  else if (!code && !s->insecure && !SSL_CTX_set_default_verify_paths(ssl))
    code = bad_setting(err, "ca");
  if (!code && s->cert.len)
    code = set_certificate(ssl, s->cert, err);
  if (!code && s->cert.len)
    code = set_key(ssl, s->key.len ? s->key : s->cert, err);
  return code;
}

/* ---- Contexts ----------------------------------------------------------------------------------- */

/* The newest session of a server takes the place of the one before. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
  connection *c = SSL_get_app_data(ssl);
  if (!c->session)
    return 0;
  SSL_SESSION_free(*c->session);
  *c->session = session;
  return 1;
}

static void prepare(context *c)
{
  SSL_CTX *ssl = c->ssl;
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF); /* lengths tell what is whole */
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_verify(ssl, c->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_session_cache_mode(ssl, c->resume ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
  if (c->resume)
    SSL_CTX_sess_set_new_cb(ssl, on_session);
}

static void context_free(void *p)
{
  context *c = p;
  if (!c)
    return;
  SSL_CTX_free(c->ssl);
  BIO_meth_free(c->method);
  pl_free(c->alloc, c, sizeof *c);
}

static int context_new(const pl_tls_settings *s, const pl_allocator *a, void **out, pl_error *err)
{
  (void)OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL);
  context *c = pl_alloc_zero(a, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for TLS");
  c->alloc = a;
  c->insecure = s->insecure;
  c->resume = s->resume;
  c->ssl = SSL_CTX_new(TLS_client_method());
  c->method = new_method();
  int code = c->ssl && c->method ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for TLS: %s", last_words());
  if (!code && !pl_copy(c->server_name, sizeof c->server_name, s->server_name))
    code = pl_fail(err, PL_EINVAL, "tls.server_name: too long");
  if (!code) {
    prepare(c);
    code = apply(c, s, err);
  }
  if (code)
    context_free(c);
  else
    *out = c;
  return code;
}

static void session_free(void *session)
{
  SSL_SESSION_free(session);
}

/* ---- Connections -------------------------------------------------------------------------------- */

static bool is_address(const char *host)
{
  unsigned char bytes[16];
  return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Whom the server must be: a name is asked for, too. */
static bool set_name(connection *c, pl_str host)
{
  char name[NAME_MAX_BYTES];
  if (!pl_copy(name, sizeof name, c->c->server_name[0] ? pl_str_of(c->c->server_name) : host))
    return false;
  if (is_address(name))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), name) == 1;
  return SSL_set_tlsext_host_name(c->ssl, name) == 1 && SSL_set1_host(c->ssl, name) == 1;
}

static void connection_free(connection *c)
{
  SSL_free(c->ssl);
  pl_free(c->c->alloc, c, sizeof *c);
}

static bool offer(const connection *c, pl_str alpn)
{
  unsigned char wire[ALPN_MAX];
  const unsigned char *names = c->c->n_alpn ? c->c->alpn : wire;
  unsigned n = c->c->n_alpn ? c->c->n_alpn : alpn.len ? alpn_wire(alpn, wire) : 0;
  return n == 0 || SSL_set_alpn_protos(c->ssl, names, n) == 0;
}

static int tls_open(void *context_, int fd, pl_str host, pl_str alpn, void **session, void **out)
{
  context *x = context_;
  connection *c = pl_alloc_zero(x->alloc, 1, sizeof *c);
  if (!c)
    return PL_ENOMEM;
  c->c = x;
  c->fd = fd;
  c->session = session;
  c->ssl = SSL_new(x->ssl);
  BIO *bio = c->ssl ? BIO_new(x->method) : NULL;
  if (!bio || !set_name(c, host) || !offer(c, alpn)) {
    BIO_free(bio);
    connection_free(c);
    ERR_clear_error();
    return PL_ENOMEM;
  }
  BIO_set_data(bio, c);
  BIO_set_init(bio, 1);
  SSL_set_bio(c->ssl, bio, bio);
  (void)SSL_set_app_data(c->ssl, c);
  if (x->resume && *session)
    (void)SSL_set_session(c->ssl, *session);
  SSL_set_connect_state(c->ssl);
  *out = c;
  return PL_OK;
}

/* Whether an error of the handshake says that the server's first bytes are no record of TLS. */
static bool is_no_tls(unsigned long error)
{
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER;
}

/* Why a handshake failed, with its class in front: "certificate: ", "no TLS: " where something else is spoken, "TLS: ". */
static void note_failure(connection *c, int error)
{
  long verified = SSL_get_verify_result(c->ssl);
  if (verified != X509_V_OK && !c->c->insecure)
    (void)snprintf(c->why, sizeof c->why, "certificate: %s", X509_verify_cert_error_string(verified));
  else if (error == SSL_ERROR_SSL && ERR_peek_last_error())
    (void)snprintf(c->why, sizeof c->why, "%s: %s", is_no_tls(ERR_peek_last_error()) ? "no TLS" : "TLS", ERR_reason_error_string(ERR_peek_last_error()));
  else if (c->error)
    (void)snprintf(c->why, sizeof c->why, "TLS: %s", strerrordesc_np(c->error));
  else
    (void)snprintf(c->why, sizeof c->why, "TLS: the server closed the connection in the handshake");
  ERR_clear_error();
}

static int handshake(void *connection_)
{
  connection *c = connection_;
  int code = SSL_do_handshake(c->ssl);
  if (code == 1)
    return PL_TRANSPORT_DONE;
  int error = SSL_get_error(c->ssl, code);
  if (error == SSL_ERROR_WANT_READ)
    return PL_TRANSPORT_READ;
  if (error == SSL_ERROR_WANT_WRITE)
    return PL_TRANSPORT_WRITE;
  note_failure(c, error);
  return PL_ETLS;
}

static int64_t expiry_of(const SSL *ssl)
{
  const X509 *x = SSL_get0_peer_certificate(ssl);
  struct tm end;
  if (!x || !ASN1_TIME_to_tm(X509_get0_notAfter(x), &end))
    return 0;
  return timegm(&end);
}

static void facts(const void *connection_, pl_transport_facts *out)
{
  const connection *c = connection_;
  const unsigned char *name = NULL;
  unsigned n = 0;
  *out = (pl_transport_facts){.resumed = SSL_session_reused(c->ssl) == 1, .expires_s = expiry_of(c->ssl)};
  (void)pl_copy(out->version, sizeof out->version, pl_str_of(SSL_get_version(c->ssl)));
  (void)pl_copy(out->cipher, sizeof out->cipher, pl_str_of(SSL_get_cipher_name(c->ssl)));
  SSL_get0_alpn_selected(c->ssl, &name, &n);
  (void)pl_copy(out->protocol, sizeof out->protocol, (pl_str){(const char *)name, n});
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

/* What a call that gave nothing means, in the terms of a socket. */
static ssize_t failed(connection *c)
{
  int error = SSL_get_error(c->ssl, 0);
  bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_SSL)
    (void)snprintf(c->why, sizeof c->why, "TLS: %s", last_words());
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN || (c->eof && !waits))
    return 0;
  errno = waits ? EAGAIN : error == SSL_ERROR_SYSCALL && c->error ? c->error : EPROTO;
  return -1;
}

/* Records until nothing is left of what was read, or of the room. */
static ssize_t tls_recv(void *connection_, void *data, size_t n)
{
  connection *c = connection_;
  char *at = data;
  size_t got = 0, part = 0;
  c->ended = false;
  while (got < n) {
    if (SSL_read_ex(c->ssl, at + got, n - got, &part) != 1) {
      if (got == 0)
        return failed(c);
      int error = SSL_get_error(c->ssl, 0);
      c->ended = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
      return (ssize_t)got;
    }
    got += part;
    if (!SSL_has_pending(c->ssl))
      break;
  }
  return (ssize_t)got;
}

static const char *why_of(const void *connection_)
{
  return ((const connection *)connection_)->why;
}

static bool tls_pending(const void *connection_)
{
  const connection *c = connection_;
  return c->ended || SSL_has_pending(c->ssl);
}

/* Small parts become one record. Called again with the same bytes after EAGAIN, as OpenSSL demands. */
static ssize_t tls_send(void *connection_, const struct iovec *parts, int n_parts)
{
  connection *c = connection_;
  const void *data = parts[0].iov_base;
  size_t len = parts[0].iov_len, sent = 0;
  if (n_parts == 2 && len + parts[1].iov_len <= RECORD_MAX) {
    memcpy(c->c->scratch, data, len);
    memcpy(c->c->scratch + len, parts[1].iov_base, parts[1].iov_len);
    data = c->c->scratch;
    len += parts[1].iov_len;
  } else if (n_parts == 2 && len == 0) {
    data = parts[1].iov_base;
    len = parts[1].iov_len;
  }
  if (SSL_write_ex(c->ssl, data, len, &sent) == 1)
    return (ssize_t)sent;
  ssize_t code = failed(c);
  if (code == 0)
    errno = ECONNRESET;
  return -1;
}

static void tls_close(void *connection_)
{
  connection *c = connection_;
  if (SSL_is_init_finished(c->ssl) && !c->error && !c->eof)
    (void)SSL_shutdown(c->ssl);
  ERR_clear_error();
  connection_free(c);
}

extern const pl_transport pl_module_entry;
PL_API const pl_transport pl_module_entry = {
    .head = {"tls", PL_TRANSPORT_ABI}, .context_new = context_new, .context_free = context_free, .open = tls_open,
    .session_free = session_free, .handshake = handshake, .facts = facts, .recv = tls_recv, .send = tls_send,
    .why = why_of, .pending = tls_pending, .close = tls_close,
};
