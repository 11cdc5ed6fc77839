/* URLs as RFC 3986 and the WHATWG agree on them for http, https, unix: "http://host:8080/path?query",
 * "http://[::1]/", "unix:/run/app.sock:/path". */
#ifndef PL_NET_URL_H
#define PL_NET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

typedef struct pl_url {
  pl_str scheme;  /* "http", "https", "unix", lower-case literal */
  pl_str host;    /* without brackets; a Unix socket's path for "unix" */
  uint16_t port;  /* given or the scheme's default; 0 for unix */
  pl_str user;    /* "user:password" as written, or empty; never stored or shown */
  pl_str target;  /* path and query as sent, beginning with "/"; without fragment */
  bool ipv6;      /* host is an IPv6 literal */
} pl_url;

/* Pieces point into text. Errors PL_EINVAL: what is wrong, where, and an example. Spaces and control
 * characters are errors. */
int pl_url_parse(pl_str text, pl_url *out, pl_error *err) PL_MUSTCHECK;

/* The same for URLs of other kinds. schemes ends with a NULL name; a port of 0 means that the URL must name one. out->scheme is the
 * table's name. */
typedef struct pl_url_scheme {
  const char *name;
  uint16_t port;
} pl_url_scheme;
int pl_url_parse_schemes(pl_str text, const pl_url_scheme *schemes, pl_url *out, pl_error *err) PL_MUSTCHECK;

/* Resolves reference against base (RFC 3986 section 5): absolute, "//host", "/path", "path", "?q".
 * Writes the whole URL to out (without user). */
int pl_url_join(const pl_url *base, pl_str reference, pl_buf *out, pl_error *err) PL_MUSTCHECK;

/* Writes the URL without user and password, for people and storage. */
int pl_url_text(const pl_url *url, pl_buf *out);

/* Appends s with its percent escapes decoded; what is no escape stays. */
int pl_url_decode(pl_buf *out, pl_str s);

/* Appends s percent-encoded for a query or form value (application/x-www-form-urlencoded when form). */
int pl_url_encode(pl_buf *out, pl_str s, bool form);

#endif
