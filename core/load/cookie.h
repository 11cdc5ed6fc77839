/* What the client needs of cookie jars beyond client.h. */
#ifndef PL_LOAD_COOKIE_H
#define PL_LOAD_COOKIE_H

#include "load/client.h"

/* Takes every Set-Cookie of an answer's head; cookies of other domains are refused. */
void pl_cookie_jar_take(pl_cookie_jar *jar, const pl_url *url, pl_str head);

/* The longest name and value of a cookie, together. */
enum { PL_COOKIE_BYTES = 4096 };

/* A cookie that no server set. */
typedef struct pl_cookie_spec {
  pl_str name, value;
  pl_str domain;    /* its subdomains get it, too; empty: the URL's host alone */
  pl_str path;      /* and below; empty: the directory of the URL's path */
  bool secure;      /* https only */
  uint64_t left_ns; /* until it expires; UINT64_MAX: never; 0: it is deleted */
} pl_cookie_spec;

/* Keeps a cookie as if an answer of that URL had set it. PL_EINVAL: what a Cookie line cannot carry, or a domain that the URL's host
 * does not belong to; PL_ENOMEM. What spec points to is copied. */
int pl_cookie_jar_set(pl_cookie_jar *jar, const pl_url *url, const pl_cookie_spec *spec, pl_error *err) PL_MUSTCHECK;

/* Forgets the cookies that would be sent to the URL. */
void pl_cookie_jar_forget(pl_cookie_jar *jar, const pl_url *url);

/* A place among the cookies that are sent to a URL; begins as zeroes. The texts live until the jar changes. */
typedef struct pl_cookie_at {
  const struct pl_cookie *cookie;
  pl_str name, value;
} pl_cookie_at;

/* Goes to the next cookie, in the order in which they are sent; false: there is no other. jar may be NULL. */
bool pl_cookie_jar_next(const pl_cookie_jar *jar, const pl_url *url, pl_cookie_at *at);

/* Appends a "Cookie: a=b; c=d\r\n" line when a cookie applies to the URL. jar may be NULL. */
int pl_cookie_jar_header(const pl_cookie_jar *jar, const pl_url *url, pl_buf *out);

/* The date of an Expires attribute as seconds since 1970 (RFC 6265 section 5.1.1); false: it is none. */
bool pl_cookie_date(pl_str text, int64_t *unix_s);

#endif
