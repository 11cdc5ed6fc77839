/* What the client needs of cookie jars beyond client.h. */
#ifndef PL_LOAD_COOKIE_H
#define PL_LOAD_COOKIE_H

#include "load/client.h"

/* Takes every Set-Cookie of an answer's head; cookies of other domains are refused. */
void pl_cookie_jar_take(pl_cookie_jar *jar, const pl_url *url, pl_str head);

/* Appends a "Cookie: a=b; c=d\r\n" line when a cookie applies to the URL. jar may be NULL. */
int pl_cookie_jar_header(const pl_cookie_jar *jar, const pl_url *url, pl_buf *out);

/* The date of an Expires attribute as seconds since 1970 (RFC 6265 section 5.1.1); false: it is none. */
bool pl_cookie_date(pl_str text, int64_t *unix_s);

#endif
