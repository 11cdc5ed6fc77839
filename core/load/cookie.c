/* Cookie jars (RFC 6265): what a server set, given back to it. One list, in the order in which cookies are sent: longer paths first,
 * then older ones. Times are monotonic: a step of the wall clock expires nothing. */
#include "load/cookie.h"

#include <string.h>

#include "base/error.h"
#include "load/client.h"

enum { DOMAIN_MAX = 50, COOKIES_MAX = 500 };

typedef struct pl_cookie {
  struct pl_cookie *next;
  size_t size;
  uint64_t born;       /* counts up: which is older */
  uint64_t expires_ns; /* UINT64_MAX: with the jar */
  pl_str name, value, domain, path;
  bool host_only, secure;
  char text[];
} cookie;

struct pl_cookie_jar {
  const pl_allocator *alloc;
  const pl_clock *clock;
  cookie *first;
  unsigned n;
  uint64_t born;
};

pl_cookie_jar *pl_cookie_jar_new(const pl_allocator *a, const pl_clock *clock)
{
  pl_cookie_jar *jar = pl_alloc_zero(a, 1, sizeof *jar);
  if (jar) {
    jar->alloc = a;
    jar->clock = clock;
  }
  return jar;
}

static void drop(pl_cookie_jar *jar, cookie **at)
{
  cookie *c = *at;
  *at = c->next;
  pl_free(jar->alloc, c, c->size);
  jar->n--;
}

void pl_cookie_jar_clear(pl_cookie_jar *jar)
{
  while (jar->first)
    drop(jar, &jar->first);
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

/* ---- Keeping ------------------------------------------------------------------------------------ */

static pl_str keep(char **at, pl_str s)
{
  if (s.len)
    memcpy(*at, s.data, s.len);
  pl_str copy = {*at, s.len};
  *at += s.len;
  return copy;
}

/* Drops the oldest cookie, of a domain (len 0: of all). */
static void drop_oldest(pl_cookie_jar *jar, pl_str domain)
{
  cookie **oldest = NULL;
  for (cookie **p = &jar->first; *p; p = &(*p)->next) {
    if ((!domain.len || pl_str_ieq((*p)->domain, domain)) && (!oldest || (*p)->born < (*oldest)->born))
      oldest = p;
  }
  if (oldest)
    drop(jar, oldest);
}

static void drop_expired(pl_cookie_jar *jar, uint64_t now)
{
  for (cookie **p = &jar->first; *p;) {
    if ((*p)->expires_ns <= now)
      drop(jar, p);
    else
      p = &(*p)->next;
  }
}

static void make_room(pl_cookie_jar *jar, pl_str domain)
{
  unsigned n = 0;
  for (const cookie *c = jar->first; c; c = c->next)
    n += pl_str_ieq(c->domain, domain);
  if (n >= DOMAIN_MAX)
    drop_oldest(jar, domain);
  else if (jar->n >= COOKIES_MAX)
    drop_oldest(jar, (pl_str){"", 0});
}

static int add(pl_cookie_jar *jar, const cookie *c)
{
  size_t size = sizeof *c + c->name.len + c->value.len + c->domain.len + c->path.len;
  cookie *copy = pl_alloc(jar->alloc, size);
  if (!copy)
    return PL_ENOMEM;
  *copy = *c;
  copy->size = size;
  char *at = copy->text;
  copy->name = keep(&at, c->name);
  copy->value = keep(&at, c->value);
  copy->domain = keep(&at, c->domain);
  copy->path = keep(&at, c->path);
  cookie **p = &jar->first;
  while (*p && ((*p)->path.len > c->path.len || ((*p)->path.len == c->path.len && (*p)->born < c->born)))
    p = &(*p)->next;
  copy->next = *p;
  *p = copy;
  jar->n++;
  return PL_OK;
}

/* Takes the place of the same cookie, with its age (section 5.3, 11.3). */
static void replace(pl_cookie_jar *jar, cookie *c)
{
  for (cookie **p = &jar->first; *p; p = &(*p)->next) {
    if (!pl_str_eq((*p)->name, c->name) || !pl_str_ieq((*p)->domain, c->domain) || !pl_str_eq((*p)->path, c->path))
      continue;
    c->born = (*p)->born;
    drop(jar, p);
    return;
  }
  c->born = jar->born++;
}

/* Keeps a cookie for as long as it has left, in the place of the one that it replaces; 0: only that one goes. */
static int keep_for(pl_cookie_jar *jar, cookie *c, uint64_t left_ns)
{
  uint64_t now = pl_now(jar->clock);
  c->expires_ns = left_ns < UINT64_MAX - now ? now + left_ns : UINT64_MAX;
  replace(jar, c);
  if (!left_ns)
    return PL_OK;
  drop_expired(jar, now);
  make_room(jar, c->domain);
  return add(jar, c);
}

void pl_cookie_jar_copy(pl_cookie_jar *to, const pl_cookie_jar *from)
{
  pl_cookie_jar_clear(to);
  to->born = from->born;
  for (const cookie *c = from->first; c; c = c->next)
    (void)add(to, c);
}

/* ---- Matching ----------------------------------------------------------------------------------- */

/* An address has no subdomains. */
static bool is_address(pl_str host)
{
  for (size_t i = 0; i < host.len; i++) {
    if (host.data[i] == ':')
      return true;
    if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9'))
      return false;
  }
  return true;
}

static bool domain_matches(pl_str host, pl_str domain)
{
  if (pl_str_ieq(host, domain))
    return true;
  if (host.len <= domain.len || host.data[host.len - domain.len - 1] != '.' || is_address(host))
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

/* Whether it is sent to the URL, unless it has expired. */
static bool applies(const cookie *c, const pl_url *url)
{
  bool host = c->host_only ? pl_str_ieq(url->host, c->domain) : domain_matches(url->host, c->domain);
  return host && path_matches(url->target, c->path) && (!c->secure || pl_str_eqc(url->scheme, "https"));
}

void pl_cookie_jar_forget(pl_cookie_jar *jar, const pl_url *url)
{
  for (cookie **p = &jar->first; *p;) {
    if (applies(*p, url))
      drop(jar, p);
    else
      p = &(*p)->next;
  }
}

/* ---- Set-Cookie --------------------------------------------------------------------------------- */

/* What its attributes said of its end. */
typedef struct life {
  bool has_age;     /* Max-Age, before which Expires counts for nothing */
  uint64_t left_ns; /* from now on; UINT64_MAX: no end; 0: it deletes the cookie */
} life;

static uint64_t seconds_ns(uint64_t s)
{
  return s < UINT64_MAX / PL_S_NS / 2 ? s * PL_S_NS : UINT64_MAX;
}

static void max_age(life *l, pl_str value)
{
  uint64_t s = UINT64_MAX;
  bool negative = value.len && value.data[0] == '-';
  pl_str digits = negative ? (pl_str){value.data + 1, value.len - 1} : value;
  for (size_t i = 0; i < digits.len; i++) {
    if (digits.data[i] < '0' || digits.data[i] > '9')
      return;
  }
  if (!digits.len)
    return;
  (void)pl_str_u64(digits, &s); /* more than fits: never */
  l->has_age = true;
  l->left_ns = negative ? 0 : seconds_ns(s);
}

static void expires(life *l, pl_str value, const pl_clock *clock)
{
  int64_t at, now = pl_wall(clock) / (int64_t)PL_S_NS;
  if (l->has_age || !pl_cookie_date(value, &at))
    return;
  l->left_ns = at <= now ? 0 : seconds_ns((uint64_t)(at - now));
}

/* Makes it a cookie of a domain; false: the URL's host does not belong there. */
static bool take_domain(cookie *c, pl_str domain, const pl_url *url)
{
  if (domain.data[0] == '.')
    domain = (pl_str){domain.data + 1, domain.len - 1};
  bool top = !memchr(domain.data, '.', domain.len) && !pl_str_ieq(domain, url->host);
  c->domain = domain;
  c->host_only = false;
  return domain.len && !top && domain_matches(url->host, domain);
}

/* One attribute after the first ';'. False: the cookie is refused. */
static bool attribute(cookie *c, life *l, pl_str name, pl_str value, const pl_url *url, const pl_clock *clock)
{
  if (pl_str_ieq(name, PL_STR("domain")) && value.len)
    return take_domain(c, value, url);
  if (pl_str_ieq(name, PL_STR("path")))
    c->path = value.len && value.data[0] == '/' ? value : default_path(url->target);
  else if (pl_str_ieq(name, PL_STR("secure")))
    c->secure = true;
  else if (pl_str_ieq(name, PL_STR("max-age")))
    max_age(l, value);
  else if (pl_str_ieq(name, PL_STR("expires")))
    expires(l, value, clock);
  return true;
}

/* Control characters but the tab: a cookie that has one is refused (RFC 6265bis section 5.6, 1). */
static bool has_control(pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    if ((c < ' ' && c != '\t') || c == 0x7f)
      return true;
  }
  return false;
}

static void set_cookie(pl_cookie_jar *jar, const pl_url *url, pl_str line)
{
  pl_str value = pl_str_cut(&line, ';'), name = pl_str_cut(&value, '=');
  cookie c = {.name = pl_str_trim(name), .value = pl_str_trim(value), .domain = url->host, .host_only = true,
              .path = default_path(url->target)};
  life l = {.left_ns = UINT64_MAX};
  bool good = c.name.len > 0 && value.data && !has_control(c.name) && !has_control(c.value) && c.name.len + c.value.len <= PL_COOKIE_BYTES;
  while (line.data && good) {
    pl_str v = pl_str_cut(&line, ';'), n = pl_str_cut(&v, '=');
    good = attribute(&c, &l, pl_str_trim(n), pl_str_trim(v), url, jar->clock);
  }
  if (good)
    (void)keep_for(jar, &c, l.left_ns);
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

/* ---- Setting by hand ---------------------------------------------------------------------------- */

/* Whether a Cookie line carries it as it is: what readers would cut off or take for something else is not in it. */
static bool goes_whole(pl_str s, const char *marks)
{
  for (const char *m = marks; *m; m++) {
    if (memchr(s.data, *m, s.len))
      return false;
  }
  return !has_control(s) && pl_str_trim(s).len == s.len;
}

static int check_spec(const pl_cookie_spec *spec, pl_error *err)
{
  pl_str name = spec->name, path = spec->path;
  if (!name.len || !goes_whole(name, "=;"))
    return pl_fail(err, PL_EINVAL, "the name \"%.*s\" is none of a cookie: some text without =, ;, control characters, and blanks at its ends",
                   (int)(name.len < 80 ? name.len : 80), name.data);
  if (spec->value.len && !goes_whole(spec->value, ";"))
    return pl_fail(err, PL_EINVAL, "the value of \"%.*s\" cannot be sent: a text without ;, control characters, and blanks at its ends; encode it",
                   (int)(name.len < 80 ? name.len : 80), name.data);
  if (name.len + spec->value.len > PL_COOKIE_BYTES)
    return pl_fail(err, PL_EINVAL, "name and value of a cookie are at most %d bytes together", PL_COOKIE_BYTES);
  if (path.len && path.data[0] != '/')
    return pl_fail(err, PL_EINVAL, "a path begins with /, unlike \"%.*s\"", (int)(path.len < 80 ? path.len : 80), path.data);
  return PL_OK;
}

int pl_cookie_jar_set(pl_cookie_jar *jar, const pl_url *url, const pl_cookie_spec *spec, pl_error *err)
{
  cookie c = {.name = spec->name, .value = spec->value, .domain = url->host, .host_only = true, .secure = spec->secure,
              .path = spec->path.len ? spec->path : default_path(url->target)};
  int code = check_spec(spec, err);
  if (!code && spec->domain.len && !take_domain(&c, spec->domain, url))
    return pl_fail(err, PL_EINVAL, "the host \"%.*s\" does not belong to the domain \"%.*s\"", (int)url->host.len, url->host.data,
                   (int)spec->domain.len, spec->domain.data);
  if (!code && keep_for(jar, &c, spec->left_ns))
    return pl_fail(err, PL_ENOMEM, "out of memory for a cookie");
  return code;
}

/* ---- Sending ------------------------------------------------------------------------------------ */

bool pl_cookie_jar_next(const pl_cookie_jar *jar, const pl_url *url, pl_cookie_at *at)
{
  const cookie *c = at->cookie ? at->cookie->next : jar ? jar->first : NULL;
  while (c && (!applies(c, url) || (c->expires_ns != UINT64_MAX && c->expires_ns <= pl_now(jar->clock))))
    c = c->next;
  if (!c)
    return false;
  *at = (pl_cookie_at){c, c->name, c->value};
  return true;
}

int pl_cookie_jar_header(const pl_cookie_jar *jar, const pl_url *url, pl_buf *out)
{
  pl_cookie_at at = {0};
  const char *before = "Cookie: ";
  while (pl_cookie_jar_next(jar, url, &at)) {
    (void)pl_buf_addf(out, "%s%.*s=%.*s", before, (int)at.name.len, at.name.data, (int)at.value.len, at.value.data);
    before = "; ";
  }
  if (at.cookie)
    (void)pl_buf_adds(out, "\r\n");
  return out->bad;
}
