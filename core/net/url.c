/* URLs: RFC 3986, with the strictness that a load generator wants (spaces and control characters are errors). */
#include "net/url.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { SHOWN = 224 };

/* What may be a URL, for a message: cut where it is long, and without what may be user and password. */
static const char *shown(pl_str text, char out[SHOWN])
{
  const char *scheme = text.len ? memmem(text.data, text.len, "://", 3) : NULL;
  size_t begin = scheme ? (size_t)(scheme - text.data) + 3 : 0;
  bool may_have = text.len > begin && !pl_str_starts(text, PL_STR("unix:"));
  const char *at = may_have ? memrchr(text.data + begin, '@', text.len - begin) : NULL;
  pl_str head = {text.data, at ? begin : 0}, rest = at ? (pl_str){at, text.len - (size_t)(at - text.data)} : text;
  (void)snprintf(out, SHOWN, "%.*s%s%.*s", (int)(head.len < SHOWN ? head.len : SHOWN), head.data ? head.data : "", at ? "***" : "",
                 (int)(rest.len < SHOWN ? rest.len : SHOWN), rest.data ? rest.data : "");
  return out;
}

static int bad(pl_str text, const char *why, pl_error *err)
{
  char text_shown[SHOWN];
  return pl_fail(err, PL_EINVAL, "\"%s\" is no URL: %s; write http://host:port/path", shown(text, text_shown), why);
}

/* The form that other tools write: http+unix://%2Frun%2Fapp.sock/path */
static int foreign_unix(pl_str text, pl_error *err)
{
  pl_buf path;
  pl_str rest = {text.data + 12, text.len - 12}, target;
  size_t n = 0;
  while (n < rest.len && rest.data[n] != '/')
    n++;
  target = (pl_str){rest.data + n, rest.len - n};
  pl_buf_init(&path, &pl_alloc_default, 4096);
  (void)pl_url_decode(&path, (pl_str){rest.data, n});
  const char *socket = pl_buf_cstr(&path);
  char text_shown[SHOWN];
  int code = pl_fail(err, PL_EINVAL, "\"%s\" is no URL here: a Unix socket is written unix:%s:%.*s", shown(text, text_shown),
                     socket && *socket ? socket : "/run/app.sock", (int)(target.len < 100 ? target.len : 100), target.len ? target.data : "/");
  pl_buf_fini(&path);
  return code;
}

static bool has_control(pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    if (c <= ' ' || c == 0x7f)
      return true;
  }
  return false;
}

/* Splits s before the first of the characters in stops; returns what is before and leaves the rest. */
static pl_str take_until(pl_str *s, const char *stops)
{
  size_t n = 0;
  while (n < s->len && !strchr(stops, s->data[n]))
    n++;
  pl_str head = {s->data, n};
  s->data += n;
  s->len -= n;
  return head;
}

static int parse_port(pl_str text, pl_str digits, uint16_t *port, pl_error *err)
{
  uint64_t v;
  if (digits.len == 0)
    return PL_OK;
  if (!pl_str_u64(digits, &v) || v == 0 || v > 65535)
    return bad(text, "the port is a number from 1 to 65535", err);
  *port = (uint16_t)v;
  return PL_OK;
}

/* host[:port] or [ipv6][:port] */
static int parse_host(pl_str text, pl_str authority, pl_url *out, pl_error *err)
{
  if (authority.len && authority.data[0] == '[') {
    const char *end = memchr(authority.data, ']', authority.len);
    if (!end)
      return bad(text, "the bracket of an IPv6 address is not closed", err);
    out->host = (pl_str){authority.data + 1, (size_t)(end - authority.data) - 1};
    out->ipv6 = true;
    pl_str rest = {end + 1, authority.len - out->host.len - 2};
    if (rest.len && rest.data[0] != ':')
      return bad(text, "after the bracket comes a port", err);
    return parse_port(text, rest.len ? (pl_str){rest.data + 1, rest.len - 1} : rest, &out->port, err);
  }
  pl_str rest = authority;
  out->host = pl_str_cut(&rest, ':');
  if (rest.len && memchr(rest.data, ':', rest.len))
    return bad(text, "an IPv6 address stands in brackets", err);
  return rest.data ? parse_port(text, rest, &out->port, err) : PL_OK;
}

static int parse_unix(pl_str text, pl_str rest, pl_url *out, pl_error *err)
{
  out->host = pl_str_cut(&rest, ':');
  if (out->host.len == 0 || out->host.data[0] != '/' || out->host.len > 107)
    return bad(text, "unix: is followed by the socket's absolute path, at most 107 bytes", err);
  out->target = rest.len ? rest : PL_STR("/");
  return out->target.data[0] == '/' ? PL_OK : bad(text, "the path begins with /", err);
}

static const pl_url_scheme http_schemes[] = {{"http", 80}, {"https", 443}, {NULL, 0}};

static const pl_url_scheme *find_scheme(const pl_url_scheme *schemes, pl_str name)
{
  for (; schemes->name; schemes++) {
    if (pl_str_ieq(name, pl_str_of(schemes->name)))
      return schemes;
  }
  return NULL;
}

static int unknown_scheme(pl_str text, const pl_url_scheme *schemes, pl_error *err)
{
  char text_shown[SHOWN];
  return pl_fail(err, PL_EINVAL, "\"%s\" is no URL of the kind wanted here: it begins with %s://%s%s%s", shown(text, text_shown), schemes[0].name,
                 schemes[1].name ? " or " : "", schemes[1].name ? schemes[1].name : "", schemes[1].name ? "://" : "");
}

/* [user@]host[:port] */
static int parse_authority(pl_str text, pl_str authority, pl_url *u, pl_error *err)
{
  const char *at = authority.len ? memrchr(authority.data, '@', authority.len) : NULL;
  if (at) {
    u->user = (pl_str){authority.data, (size_t)(at - authority.data)};
    authority = (pl_str){at + 1, authority.len - u->user.len - 1};
  }
  int code = parse_host(text, authority, u, err);
  if (!code && (u->host.len == 0 || u->host.len > 253))
    return bad(text, "the host is missing or longer than 253 bytes", err);
  if (!code && u->port == 0)
    return bad(text, "the port is missing", err);
  return code;
}

int pl_url_parse_schemes(pl_str text, const pl_url_scheme *schemes, pl_url *out, pl_error *err)
{
  pl_url u = {.target = PL_STR("/")};
  if (text.len == 0 || has_control(text))
    return bad(text, text.len ? "it holds a space or control character" : "it is empty", err);
  if (pl_str_starts(text, PL_STR("http+unix://")))
    return foreign_unix(text, err);
  pl_str rest = text;
  const pl_url_scheme *scheme = find_scheme(schemes, take_until(&rest, ":/?#"));
  if (!scheme)
    return unknown_scheme(text, schemes, err);
  if (!pl_str_starts(rest, PL_STR("://")))
    return bad(text, "after the scheme comes ://", err);
  u.scheme = pl_str_of(scheme->name);
  u.port = scheme->port;
  rest = (pl_str){rest.data + 3, rest.len - 3};
  int code = parse_authority(text, take_until(&rest, "/?#"), &u, err);
  if (code)
    return code;
  pl_str target = take_until(&rest, "#");
  if (target.len && target.data[0] == '?')
    return bad(text, "a path, at least /, comes before the ?", err);
  if (target.len)
    u.target = target;
  *out = u;
  return PL_OK;
}

int pl_url_parse(pl_str text, pl_url *out, pl_error *err)
{
  if (!pl_str_starts(text, PL_STR("unix:")))
    return pl_url_parse_schemes(text, http_schemes, out, err);
  pl_url u = {.scheme = PL_STR("unix")};
  if (has_control(text))
    return bad(text, "it holds a space or control character", err);
  int code = parse_unix(text, (pl_str){text.data + 5, text.len - 5}, &u, err);
  if (!code)
    *out = u;
  return code;
}

int pl_url_text(const pl_url *url, pl_buf *out)
{
  if (pl_str_eqc(url->scheme, "unix"))
    return pl_buf_addf(out, "unix:%.*s:%.*s", (int)url->host.len, url->host.data, (int)url->target.len, url->target.data);
  (void)pl_buf_addf(out, "%.*s://%s%.*s%s", (int)url->scheme.len, url->scheme.data, url->ipv6 ? "[" : "", (int)url->host.len,
                    url->host.data, url->ipv6 ? "]" : "");
  uint16_t usual = pl_str_eqc(url->scheme, "https") ? 443 : 80;
  if (url->port != usual)
    (void)pl_buf_addf(out, ":%u", url->port);
  return pl_buf_add(out, url->target.data, url->target.len);
}

/* Appends path without "." and ".." segments (RFC 3986 section 5.2.4). */
static int add_clean_path(pl_buf *out, pl_str path)
{
  size_t base = out->len;
  while (path.len) {
    pl_str rest = path;
    if (rest.data[0] == '/')
      rest = (pl_str){rest.data + 1, rest.len - 1};
    pl_str segment = take_until(&rest, "/");
    bool last = rest.len == 0;
    bool up = pl_str_eqc(segment, ".."), here = pl_str_eqc(segment, ".");
    if (up) {
      while (out->len > base && out->data[out->len - 1] != '/')
        out->len--;
      if (out->len > base)
        out->len--;
    }
    if (!up && !here) {
      (void)pl_buf_addc(out, '/');
      (void)pl_buf_add(out, segment.data, segment.len);
    } else if (last) {
      (void)pl_buf_addc(out, '/');
    }
    path = rest;
  }
  return out->bad;
}

/* A reference that names its host; where it has a query and no path, the path is /. */
static int add_absolute(pl_buf *out, pl_str reference, pl_error *err)
{
  const char *host = memmem(reference.data, reference.len, "//", 2);
  size_t at = host ? (size_t)(host - reference.data) + 2 : reference.len;
  pl_str rest = {reference.data + at, reference.len - at};
  (void)take_until(&rest, "/?#");
  (void)pl_buf_add(out, reference.data, reference.len - rest.len);
  if (rest.len && rest.data[0] == '?')
    (void)pl_buf_addc(out, '/');
  (void)pl_buf_add(out, rest.data, rest.len);
  return out->bad ? pl_fail(err, out->bad, "out of memory for a URL") : PL_OK;
}

int pl_url_join(const pl_url *base, pl_str reference, pl_buf *out, pl_error *err)
{
  pl_str rest = reference;
  pl_str scheme = take_until(&rest, ":/?#");
  if (has_control(reference))
    return bad(reference, "it holds a space or control character", err);
  if (scheme.len && rest.len && rest.data[0] == ':')
    return add_absolute(out, reference, err);
  if (pl_str_starts(reference, PL_STR("//"))) {
    (void)pl_buf_addf(out, "%.*s:", (int)base->scheme.len, base->scheme.data);
    return add_absolute(out, reference, err);
  }
  pl_url bare = *base;
  bare.target = (pl_str){"", 0};
  (void)pl_url_text(&bare, out);
  pl_str base_target = base->target, base_path = take_until(&base_target, "?");
  pl_str query = reference, path = take_until(&query, "?#");
  query = take_until(&query, "#");
  if (path.len && path.data[0] == '/') {
    (void)add_clean_path(out, path);
  } else if (path.len) {
    size_t folder = base_path.len;
    while (folder && base_path.data[folder - 1] != '/')
      folder--;
    pl_buf merged;
    pl_buf_init(&merged, out->alloc, 1 << 16);
    (void)pl_buf_add(&merged, base_path.data, folder);
    (void)pl_buf_add(&merged, path.data, path.len);
    (void)add_clean_path(out, (pl_str){merged.data, merged.len});
    if (merged.bad)
      out->bad = merged.bad;
    pl_buf_fini(&merged);
  } else {
    (void)pl_buf_add(out, base_path.data, base_path.len);
    if (!query.len)
      query = base_target;
  }
  (void)pl_buf_add(out, query.data, query.len);
  return out->bad ? pl_fail(err, out->bad, "out of memory for a URL") : PL_OK;
}

int pl_url_decode(pl_buf *out, pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    int high = s.data[i] == '%' && i + 2 < s.len ? pl_hex_digit(s.data[i + 1]) : -1;
    int low = high >= 0 ? pl_hex_digit(s.data[i + 2]) : -1;
    (void)pl_buf_addc(out, low >= 0 ? (char)(high * 16 + low) : s.data[i]);
    i += low >= 0 ? 2 : 0;
  }
  return out->bad;
}

int pl_url_encode(pl_buf *out, pl_str s, bool form)
{
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._~", c);
    if (c && plain) {
      (void)pl_buf_addc(out, (char)c);
    } else if (form && c == ' ') {
      (void)pl_buf_addc(out, '+');
    } else {
      char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
      (void)pl_buf_add(out, escaped, 3);
    }
  }
  return out->bad;
}
