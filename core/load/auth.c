/* Basic, Bearer and Digest: the value of one header each. */
#include "load/auth.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "load/http1.h"
#include "net/url.h"

int pl_auth_value(const pl_auth *a, pl_buf *out)
{
  if (a->kind == PL_AUTH_BEARER) {
    (void)pl_buf_adds(out, "Bearer ");
    return pl_buf_add(out, a->token.data, a->token.len);
  }
  if (a->kind != PL_AUTH_BASIC)
    return out->bad;
  pl_buf pair;
  pl_buf_init(&pair, out->alloc, 64 << 10);
  (void)pl_buf_add(&pair, a->user.data, a->user.len);
  (void)pl_buf_addc(&pair, ':');
  (void)pl_buf_add(&pair, a->password.data, a->password.len);
  (void)pl_buf_adds(out, "Basic ");
  (void)pl_base64(out, (pl_str){pair.data, pair.len});
  if (pair.bad)
    out->bad = pair.bad;
  pl_buf_fini(&pair);
  return out->bad;
}

int pl_basic_authorization(pl_buf *out, pl_str user)
{
  pl_buf plain;
  pl_buf_init(&plain, out->alloc, 8192);
  (void)pl_url_decode(&plain, user);
  if (!memchr(user.data, ':', user.len))
    (void)pl_buf_addc(&plain, ':');
  (void)pl_buf_adds(out, "Basic ");
  (void)pl_base64(out, (pl_str){plain.data, plain.len});
  if (plain.bad)
    out->bad = plain.bad;
  pl_buf_fini(&plain);
  return out->bad;
}

/* ---- Reading a challenge ------------------------------------------------------------------------ */

static void skip(pl_str *s, const char *which)
{
  while (s->len && strchr(which, s->data[0]) && s->data[0])
    *s = (pl_str){s->data + 1, s->len - 1};
}

static pl_str take_token(pl_str *s)
{
  size_t n = 0;
  while (n < s->len && !strchr(" \t,=\"", s->data[n]))
    n++;
  pl_str token = {s->data, n};
  *s = (pl_str){s->data + n, s->len - n};
  return token;
}

/* A token or a quoted string, whose quotes go and whose backslashes stay: nobody sends them. */
static pl_str take_value(pl_str *s)
{
  if (!s->len || s->data[0] != '"')
    return take_token(s);
  const char *end = memchr(s->data + 1, '"', s->len - 1);
  size_t n = end ? (size_t)(end - s->data) - 1 : s->len - 1;
  pl_str value = {s->data + 1, n};
  size_t used = n + (end ? 2 : 1);
  *s = (pl_str){s->data + used, s->len - used};
  return value;
}

static bool set_algorithm(pl_digest *d, pl_str name)
{
  d->session = name.len > 5 && pl_str_ieq((pl_str){name.data + name.len - 5, 5}, PL_STR("-sess"));
  pl_str plain = {name.data, name.len - (d->session ? 5 : 0)};
  d->sha256 = pl_str_ieq(plain, PL_STR("SHA-256"));
  return d->sha256 || pl_str_ieq(plain, PL_STR("MD5"));
}

/* Copies what goes into our header again; false when it is too long or would break it. */
static bool take_text(char *to, size_t size, pl_str value)
{
  for (size_t i = 0; i < value.len; i++) {
    if ((unsigned char)value.data[i] < ' ')
      return false;
  }
  return pl_copy(to, size, value);
}

/* One parameter; false when it cannot be honoured. */
static bool take_parameter(pl_digest *d, pl_str name, pl_str value)
{
  if (pl_str_ieq(name, PL_STR("realm")))
    return take_text(d->realm, sizeof d->realm, value);
  if (pl_str_ieq(name, PL_STR("nonce")))
    return take_text(d->nonce, sizeof d->nonce, value);
  if (pl_str_ieq(name, PL_STR("opaque")))
    return take_text(d->opaque, sizeof d->opaque, value);
  if (pl_str_ieq(name, PL_STR("algorithm")))
    return set_algorithm(d, value);
  if (pl_str_ieq(name, PL_STR("qop"))) {
    d->qop = pl_http1_has_token(value, "auth");
    return d->qop;
  }
  return true;
}

/* Leaves what follows the word Digest of a list of challenges. */
static bool find_digest(pl_str *s)
{
  while (s->len) {
    skip(s, " \t,");
    pl_str word = take_token(s);
    if (pl_str_ieq(word, PL_STR("Digest")))
      return true;
    skip(s, " \t=");
    if (s->len && s->data[0] == '"')
      (void)take_value(s);
    else if (!word.len && s->len)
      *s = (pl_str){s->data + 1, s->len - 1};
  }
  return false;
}

bool pl_digest_take(pl_digest *d, pl_str challenge)
{
  pl_digest fresh = {.known = true};
  if (!find_digest(&challenge))
    return false;
  for (;;) {
    skip(&challenge, " \t,");
    pl_str before = challenge, name = take_token(&challenge);
    skip(&challenge, " \t");
    if (!name.len || !challenge.len || challenge.data[0] != '=') {
      challenge = before; /* the next challenge, or the end */
      break;
    }
    skip(&challenge, "= \t");
    if (!take_parameter(&fresh, name, take_value(&challenge)))
      return false;
  }
  if (!fresh.nonce[0])
    return false;
  *d = fresh;
  return true;
}

/* ---- Answering it ------------------------------------------------------------------------------- */

enum { HASH_TEXT = 2 * PL_SHA256_SIZE + 1 };

/* The hash of the parts joined by colons, as hex. */
static void hash_of(const pl_digest *d, const pl_str *parts, size_t n, pl_buf *work, char out[HASH_TEXT])
{
  unsigned char hash[PL_SHA256_SIZE];
  pl_buf_clear(work);
  for (size_t i = 0; i < n; i++) {
    if (i)
      (void)pl_buf_addc(work, ':');
    (void)pl_buf_add(work, parts[i].data, parts[i].len);
  }
  if (d->sha256) {
    pl_sha256 s;
    pl_sha256_begin(&s);
    pl_sha256_add(&s, work->data, work->len);
    pl_sha256_end(&s, hash);
  } else {
    pl_md5(work->data, work->len, hash);
  }
  pl_hex(hash, d->sha256 ? PL_SHA256_SIZE : PL_MD5_SIZE, out);
}

static void add_quoted(pl_buf *out, const char *name, pl_str value)
{
  (void)pl_buf_addf(out, "%s=\"", name);
  for (size_t i = 0; i < value.len; i++) {
    if (value.data[i] == '"' || value.data[i] == '\\')
      (void)pl_buf_addc(out, '\\');
    (void)pl_buf_addc(out, value.data[i]);
  }
  (void)pl_buf_adds(out, "\", ");
}

/* RFC 7616 section 3.4.1. */
static void respond(const pl_digest *d, const pl_auth *a, pl_str method, pl_str target, pl_str cnonce, pl_str count, pl_buf *work,
                    char response[HASH_TEXT])
{
  char a1[HASH_TEXT], a2[HASH_TEXT];
  pl_str nonce = pl_str_of(d->nonce);
  hash_of(d, (pl_str[]){a->user, pl_str_of(d->realm), a->password}, 3, work, a1);
  if (d->session)
    hash_of(d, (pl_str[]){pl_str_of(a1), nonce, cnonce}, 3, work, a1);
  hash_of(d, (pl_str[]){method, target}, 2, work, a2);
  if (d->qop)
    hash_of(d, (pl_str[]){pl_str_of(a1), nonce, count, cnonce, PL_STR("auth"), pl_str_of(a2)}, 6, work, response);
  else
    hash_of(d, (pl_str[]){pl_str_of(a1), nonce, pl_str_of(a2)}, 3, work, response);
}

int pl_digest_value(pl_digest *d, const pl_auth *a, pl_str method, pl_str target, pl_str cnonce, pl_buf *out)
{
  char response[HASH_TEXT], count[9];
  pl_buf work;
  pl_buf_init(&work, out->alloc, 128 << 10);
  (void)snprintf(count, sizeof count, "%08x", ++d->count);
  respond(d, a, method, target, cnonce, pl_str_of(count), &work, response);
  (void)pl_buf_adds(out, "Digest ");
  add_quoted(out, "username", a->user);
  add_quoted(out, "realm", pl_str_of(d->realm));
  add_quoted(out, "nonce", pl_str_of(d->nonce));
  add_quoted(out, "uri", target);
  if (d->opaque[0])
    add_quoted(out, "opaque", pl_str_of(d->opaque));
  if (d->qop || d->session)
    add_quoted(out, "cnonce", cnonce);
  if (d->qop)
    (void)pl_buf_addf(out, "qop=auth, nc=%s, ", count);
  (void)pl_buf_addf(out, "algorithm=%s%s, response=\"%s\"", d->sha256 ? "SHA-256" : "MD5", d->session ? "-sess" : "", response);
  if (work.bad)
    out->bad = work.bad;
  pl_buf_fini(&work);
  return out->bad;
}
