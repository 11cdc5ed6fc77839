/* The server's end of TLS for tests with wire.h: certificates made on the spot, handshakes and records in the test's hands. */
#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "load/wire.h"

/* A certificate and its key, also as PEM. */
typedef struct identity {
  X509 *x;
  EVP_PKEY *key;
  char cert_pem[4096], key_pem[4096];
} identity;

static inline void pem_of(BIO *bio, char *out, size_t size)
{
  int n = BIO_read(bio, out, (int)size - 1);
  assert_true(n > 0);
  out[n] = '\0';
  BIO_free(bio);
}

static inline void add_extension(X509 *x, int nid, const char *value)
{
  X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
  assert_non_null(e);
  X509_add_ext(x, e, -1);
  X509_EXTENSION_free(e);
}

/* names: "DNS:a.example,IP:127.0.0.1"; NULL: an authority. issuer NULL: itself. */
static inline void identity_make(identity *i, const char *names, const identity *issuer, long seconds)
{
  static long serial;
  *i = (identity){.x = X509_new(), .key = EVP_EC_gen("P-256")};
  X509_set_version(i->x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(i->x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(i->x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(i->x), seconds);
  X509_set_pubkey(i->x, i->key);
  X509_NAME *name = X509_get_subject_name(i->x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)(names ? "server" : "authority"), -1, -1, 0);
  X509_set_issuer_name(i->x, X509_get_subject_name(issuer ? issuer->x : i->x));
  add_extension(i->x, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (names)
    add_extension(i->x, NID_subject_alt_name, names);
  assert_true(X509_sign(i->x, issuer ? issuer->key : i->key, EVP_sha256()) > 0);
  BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(cert, i->x);
  PEM_write_bio_PrivateKey(key, i->key, NULL, NULL, 0, NULL, NULL);
  pem_of(cert, i->cert_pem, sizeof i->cert_pem);
  pem_of(key, i->key_pem, sizeof i->key_pem);
}

static inline void identity_free(identity *i)
{
  X509_free(i->x);
  EVP_PKEY_free(i->key);
}

static inline SSL_CTX *peer_context(const identity *i)
{
  SSL_CTX *c = SSL_CTX_new(TLS_server_method());
  assert_int_equal(SSL_CTX_use_certificate(c, i->x), 1);
  assert_int_equal(SSL_CTX_use_PrivateKey(c, i->key), 1);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return c;
}

/* Accepts a connection to server 0 and shakes hands; NULL: that failed, on either side. */
static inline SSL *peer_accept(wire *w, SSL_CTX *c)
{
  int fd = wire_accept(w, 0);
  SSL *s = SSL_new(c);
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL_set_fd(s, fd);
  uint64_t limit = pl_now(&pl_clock_system) + WIRE_WAIT_MS * PL_MS_NS;
  for (int code; (code = SSL_accept(s)) != 1;) {
    int error = SSL_get_error(s, code);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      ERR_clear_error();
      SSL_free(s);
      close(fd);
      return NULL;
    }
    wire_turn(w);
    if (pl_now(&pl_clock_system) > limit)
      fail_msg("the handshake does not end");
  }
  return s;
}

static inline void peer_close(SSL *s)
{
  int fd = SSL_get_fd(s);
  (void)SSL_shutdown(s);
  SSL_free(s);
  close(fd);
}

/* Reads a request head; as wire_read. */
static inline const char *peer_read(wire *w, SSL *s)
{
  static char text[8192];
  size_t n = 0, got;
  text[0] = '\0';
  while (!strstr(text, "\r\n\r\n")) {
    if (SSL_read_ex(s, text + n, sizeof text - 1 - n, &got) == 1) {
      n += got;
      text[n] = '\0';
    } else {
      assert_int_equal(SSL_get_error(s, 0), SSL_ERROR_WANT_READ);
      wire_await_fd(w, SSL_get_fd(s));
    }
  }
  return text;
}

/* Writes bytes, turning the loop where the socket is full. */
static inline void peer_write(wire *w, SSL *s, const char *data, size_t len)
{
  for (size_t at = 0, part; at < len; at += part) {
    if (SSL_write_ex(s, data + at, len - at, &part) != 1) {
      part = 0;
      assert_int_equal(SSL_get_error(s, 0), SSL_ERROR_WANT_WRITE);
      wire_turn(w);
    }
  }
}

static inline void peer_answer(wire *w, SSL *s, const char *text)
{
  (void)peer_read(w, s);
  peer_write(w, s, text, strlen(text));
}

#endif
