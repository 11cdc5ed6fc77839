/* Cookie jars (RFC 6265): what a server set, given back to it. Session cookies mostly; Max-Age and Expires only matter where
 * they delete (a load test is shorter than a cookie's life). */
#include <string.h>
#include <strings.h>

#include "load/client.h"
#include "load/cookie.h"

enum { COOKIES_MAX = 50, COOKIE_BYTES = 4096 };

typedef struct cookie {
  struct cookie *next;
  size_t size;
  pl_str name, value, domain, path;
  bool host_only, secure;
  char text[];
} cookie;

struct pl_cookie_jar {
  const pl_allocator *alloc;
  cookie *first;
  unsigned n;
};

pl_cookie_jar *pl_cookie_jar_new(const pl_allocator *a)
{
  pl_cookie_jar *jar = pl_alloc_zero(a, 1, sizeof *jar);
  if (jar)
    jar->alloc = a;
  return jar;
}

void pl_cookie_jar_clear(pl_cookie_jar *jar)
{
  while (jar->first) {
    cookie *c = jar->first;
    jar->first = c->next;
    pl_free(jar->alloc, c, c->size);
  }
  jar->n = 0;
}

void pl_cookie_jar_free(pl_cookie_jar *jar)
{
  if (!jar)
    return;
  pl_cookie_jar_clear(jar);
  pl_free(jar->alloc, jar, sizeof *jar);
}

bool pl_cookie_jar_empty(const pl_cookie_jar *jar)
{
  return !jar || !jar->first;
}

static pl_str keep(char **at, pl_str s)
{
  if (s.len)
    memcpy(*at, s.data, s.len);
  pl_str copy = {*at, s.len};
  *at += s.len;
  return copy;
}

static void add(pl_cookie_jar *jar, const cookie *c)
{
  size_t size = sizeof *c + c->name.len + c->value.len + c->domain.len + c->path.len;
  cookie *copy = jar->n < COOKIES_MAX ? pl_alloc(jar->alloc, size) : NULL;
  if (!copy)
    return;
  *copy = *c;
  copy->size = size;
  char *at = copy->text;
  copy->name = keep(&at, c->name);
  copy->value = keep(&at, c->value);
  copy->domain = keep(&at, c->domain);
  copy->path = keep(&at, c->path);
  copy->next = jar->first;
  jar->first = copy;
  jar->n++;
}

static void drop_same(pl_cookie_jar *jar, const cookie *c)
{
  for (cookie **p = &jar->first; *p; p = &(*p)->next) {
    cookie *old = *p;
    if (!pl_str_eq(old->name, c->name) || !pl_str_ieq(old->domain, c->domain) || !pl_str_eq(old->path, c->path))
      continue;
    *p = old->next;
    pl_free(jar->alloc, old, old->size);
    jar->n--;
    return;
  }
}

void pl_cookie_jar_copy(pl_cookie_jar *to, const pl_cookie_jar *from)
{
  pl_cookie_jar_clear(to);
  for (const cookie *c = from->first; c; c = c->next)
    add(to, c);
}

static bool domain_matches(pl_str host, pl_str domain)
{
  if (pl_str_ieq(host, domain))
    return true;
  if (host.len <= domain.len || host.data[host.len - domain.len - 1] != '.')
    return false;
  return pl_str_ieq((pl_str){host.data + host.len - domain.len, domain.len}, domain);
}

static bool path_matches(pl_str path, pl_str cookie_path)
{
  if (!pl_str_starts(path, cookie_path))
    return false;
  return path.len == cookie_path.len || cookie_path.data[cookie_path.len - 1] == '/' || path.data[cookie_path.len] == '/' ||
         path.data[cookie_path.len] == '?';
}

static pl_str default_path(pl_str target)
{
  pl_str path = pl_str_cut(&target, '?');
  while (path.len > 1 && path.data[path.len - 1] != '/')
    path.len--;
  if (path.len > 1)
    path.len--;
  return path.len ? path : PL_STR("/");
}

/* One attribute after the first ';'. Returns true when it deletes the cookie. */
static bool attribute(cookie *c, pl_str name, pl_str value, pl_str host, bool *refused)
{
  if (pl_str_ieq(name, PL_STR("domain")) && value.len) {
    if (value.data[0] == '.')
      value = (pl_str){value.data + 1, value.len - 1};
    *refused = *refused || !domain_matches(host, value);
    c->domain = value;
    c->host_only = false;
  } else if (pl_str_ieq(name, PL_STR("path")) && value.len && value.data[0] == '/') {
    c->path = value;
  } else if (pl_str_ieq(name, PL_STR("secure"))) {
    c->secure = true;
  } else if (pl_str_ieq(name, PL_STR("max-age"))) {
    return value.len && (value.data[0] == '-' || pl_str_eqc(value, "0"));
  } else if (pl_str_ieq(name, PL_STR("expires"))) {
    return memmem(value.data ? value.data : "", value.len, "1970", 4) != NULL;
  }
  return false;
}

static void set_cookie(pl_cookie_jar *jar, const pl_url *url, pl_str line)
{
  pl_str value = pl_str_cut(&line, ';'), name = pl_str_cut(&value, '=');
  cookie c = {.name = pl_str_trim(name), .value = pl_str_trim(value), .domain = url->host, .host_only = true,
              .path = default_path(url->target)};
  bool gone = false, refused = c.name.len == 0 || !value.data || c.name.len + c.value.len > COOKIE_BYTES;
  while (line.data) {
    pl_str v = pl_str_cut(&line, ';'), n = pl_str_cut(&v, '=');
    gone = attribute(&c, pl_str_trim(n), pl_str_trim(v), url->host, &refused) || gone;
  }
  if (refused)
    return;
  drop_same(jar, &c);
  if (!gone)
    add(jar, &c);
}

void pl_cookie_jar_take(pl_cookie_jar *jar, const pl_url *url, pl_str head)
{
  while (head.data) {
    pl_str line = pl_str_cut(&head, '\n');
    pl_str value = line, name = pl_str_cut(&value, ':');
    if (value.data && pl_str_ieq(name, PL_STR("set-cookie")))
      set_cookie(jar, url, pl_str_trim(value));
  }
}

int pl_cookie_jar_header(const pl_cookie_jar *jar, const pl_url *url, pl_buf *out)
{
  bool first = true;
  for (const cookie *c = jar ? jar->first : NULL; c; c = c->next) {
    bool host = c->host_only ? pl_str_ieq(url->host, c->domain) : domain_matches(url->host, c->domain);
    if (!host || !path_matches(url->target, c->path) || (c->secure && !pl_str_eqc(url->scheme, "https")))
      continue;
    (void)pl_buf_addf(out, "%s%.*s=%.*s", first ? "Cookie: " : "; ", (int)c->name.len, c->name.data, (int)c->value.len, c->value.data);
    first = false;
  }
  if (!first)
    (void)pl_buf_adds(out, "\r\n");
  return out->bad;
}
