/* Options of a request: from the table of a script's call to the user's buffers, one function each. What is said twice (json and
 * headers both name a content type) is decided by headers. */
#include "bind/option.h"

#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"
#include "bind/bind.h"
#include "bind/json.h"
#include "bind/known.h"
#include "bind/upload.h"
#include "load/coding.h"
#include "script/guard.h"

int pl_raise(lua_State *L, const char *what, const pl_error *err)
{
  return luaL_error(L, "%s: %s", what, err->message);
}

static void drop_header(pl_script_user *su, pl_str name)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < su->draft->n_headers; i++) {
    if (!pl_str_ieq(su->draft->headers[i].name, name))
      su->draft->headers[kept++] = su->draft->headers[i];
  }
  su->draft->n_headers = kept;
}

static void grow_headers(lua_State *L, pl_script_user *su)
{
  const pl_allocator *a = su->cell->world->source->alloc;
  uint32_t cap = su->draft->headers_cap ? 2 * su->draft->headers_cap : 8;
  if (cap > PL_USER_HEADERS)
    luaL_error(L, "more than %d headers", PL_USER_HEADERS);
  pl_header *headers = pl_realloc(a, su->draft->headers, su->draft->headers_cap * sizeof *headers, cap * sizeof *headers);
  if (!headers)
    luaL_error(L, "out of memory for headers");
  su->draft->headers = headers;
  su->draft->headers_cap = cap;
}

void pl_add_header(lua_State *L, pl_script_user *su, pl_str name, pl_str value)
{
  if (su->draft->n_headers == su->draft->headers_cap)
    grow_headers(L, su);
  su->draft->headers[su->draft->n_headers++] = (pl_header){name, value};
}

void pl_default_headers(lua_State *L, pl_script_user *su)
{
  const pl_scenario *s = su->user->scenario;
  su->draft->n_headers = 0;
  for (size_t i = 0; i < s->n_headers; i++)
    pl_add_header(L, su, s->headers[i].name, s->headers[i].value);
}

/* ---- Options, one function each: the value is on top of the stack --------------------------------- */

static const char headers_form[] = "headers is a table { name = value }, or { name = { value, value } }";

/* Bytes of the header values on top: a string or a list of them. */
static size_t values_size(lua_State *L)
{
  size_t size = 0;
  pl_str text;
  if (pl_secret_text(L, -1, &text))
    return text.len;
  luaL_argcheck(L, lua_istable(L, -1), 3, headers_form);
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
    luaL_argcheck(L, pl_secret_text(L, -1, &text), 3, headers_form);
    size += text.len;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return size;
}

/* Bytes of the names and values of the table on top. */
static size_t texts_size(lua_State *L)
{
  size_t size = 0;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 3, headers_form);
    size += lua_rawlen(L, -2) + values_size(L);
    lua_pop(L, 1);
  }
  return size;
}

/* A copy of the string at index in the user's buffer, which has room. */
static pl_str keep_text(lua_State *L, pl_script_user *su, int index)
{
  pl_str text = {"", 0};
  (void)pl_secret_text(L, index, &text);
  size_t at = su->draft->texts.len;
  (void)pl_buf_add(&su->draft->texts, text.data, text.len);
  return (pl_str){su->draft->texts.data + at, text.len};
}

/* All values of one header: a string or a list of them is on top. */
static void add_values(lua_State *L, pl_script_user *su, pl_str name)
{
  drop_header(su, name);
  if (!lua_istable(L, -1)) {
    pl_add_header(L, su, name, keep_text(L, su, -1));
    return;
  }
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
    pl_add_header(L, su, name, keep_text(L, su, -1));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* After all other options: what is said here holds. */
static void read_headers(lua_State *L, pl_script_user *su)
{
  if (lua_getfield(L, 3, "headers") == LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  luaL_argcheck(L, lua_istable(L, -1), 3, headers_form);
  pl_buf_clear(&su->draft->texts);
  if (!pl_buf_room(&su->draft->texts, texts_size(L) + 1))
    luaL_error(L, "the headers are too large, or out of memory");
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    add_values(L, su, keep_text(L, su, -2));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

void pl_set_type(lua_State *L, pl_script_user *su, pl_str type)
{
  drop_header(su, PL_STR("Content-Type"));
  pl_add_header(L, su, PL_STR("Content-Type"), type);
}

/* Appends { k = v } as k=v&... */
static void add_pairs(lua_State *L, pl_buf *out, bool form)
{
  bool first = true;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    pl_str name, value;
    lua_pushvalue(L, -2); /* a copy: lua_tolstring would change a number key in place */
    name.data = luaL_tolstring(L, -1, &name.len);
    value.data = luaL_tolstring(L, -3, &value.len);
    if (pl_secret_is(L, -4))
      (void)pl_secret_text(L, -4, &value);
    if (!first)
      (void)pl_buf_addc(out, '&');
    first = false;
    (void)pl_url_encode(out, name, form);
    (void)pl_buf_addc(out, '=');
    (void)pl_url_encode(out, value, form);
    lua_pop(L, 4);
  }
}

static void option_query(lua_State *L, pl_script_user *su)
{
  luaL_argcheck(L, lua_istable(L, -1), 3, "query is a table { name = value }");
  (void)pl_buf_addc(&su->draft->url, memchr(su->draft->url.data, '?', su->draft->url.len) ? '&' : '?');
  add_pairs(L, &su->draft->url, false);
}

static void option_form(lua_State *L, pl_script_user *su)
{
  luaL_argcheck(L, lua_istable(L, -1), 3, "form is a table { name = value }");
  add_pairs(L, &su->draft->body, true);
  pl_set_type(L, su, PL_STR("application/x-www-form-urlencoded"));
}

static void option_json(lua_State *L, pl_script_user *su)
{
  pl_error err = {0};
  if (pl_json_encode(L, -1, true, &su->draft->body, &err))
    pl_raise(L, "json", &err);
  pl_set_type(L, su, PL_STR("application/json"));
}

static void option_body(lua_State *L, pl_script_user *su)
{
  pl_str text;
  luaL_argcheck(L, pl_secret_text(L, -1, &text), 3, "body is text");
  (void)pl_buf_add(&su->draft->body, text.data, text.len);
}

static void option_timeout(lua_State *L, pl_script_user *su)
{
  double seconds = 0;
  if (lua_isnumber(L, -1) && lua_type(L, -1) == LUA_TNUMBER) {
    seconds = lua_tonumber(L, -1);
  } else {
    pl_error err = {0};
    pl_str text = pl_check_text(L, -1);
    if (pl_unit_parse(PL_UNIT_DURATION, text, &seconds, &err))
      pl_raise(L, "timeout", &err);
  }
  luaL_argcheck(L, seconds >= 0 && seconds < 1e7, 3, "timeout is a duration; 0 is none");
  su->user->exchange.timeout_ns = (uint64_t)(seconds * 1e9);
}

enum { FOLLOW_MAX = 50 };

static void option_follow(lua_State *L, pl_script_user *su)
{
  int whole = 0;
  lua_Integer n = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : 0;
  luaL_argcheck(L, whole && n >= 0 && n <= FOLLOW_MAX, 3, "follow is a whole number of redirects, from 0 to 50");
  su->user->exchange.follow = (uint8_t)n;
}

/* "2xx,404", 404 or {200, 404} */
static void expect_word(lua_State *L, pl_script_user *su, pl_str word)
{
  size_t n = su->user->n_expected;
  uint64_t v;
  word = pl_str_trim(word);
  bool class = word.len == 3 && word.data[1] == 'x' && word.data[2] == 'x' && pl_str_u64((pl_str){word.data, 1}, &v);
  if (!class && !(word.len == 3 && pl_str_u64(word, &v)))
    luaL_error(L, "expect: \"%s\" is no status; write \"2xx,404\"", word.data ? word.data : "");
  if (n == sizeof su->draft->expected / sizeof *su->draft->expected / 2)
    luaL_error(L, "expect: too many statuses");
  su->draft->expected[2 * n] = (uint16_t)(class ? v * 100 : v);
  su->draft->expected[2 * n + 1] = (uint16_t)(class ? v * 100 + 99 : v);
  su->user->expected = su->draft->expected;
  su->user->n_expected = n + 1;
}

static void option_expect(lua_State *L, pl_script_user *su)
{
  if (lua_istable(L, -1)) {
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
      pl_str word;
      lua_rawgeti(L, -1, i);
      word.data = luaL_tolstring(L, -1, &word.len);
      expect_word(L, su, word);
      lua_pop(L, 2);
    }
    return;
  }
  pl_str list;
  list.data = luaL_tolstring(L, -1, &list.len);
  while (list.data)
    expect_word(L, su, pl_str_cut(&list, ','));
  lua_pop(L, 1);
}

typedef struct option {
  const char *name;
  void (*read)(lua_State *L, pl_script_user *su); /* NULL: read elsewhere */
} option;

/* compress = "gzip", "deflate", "br" or "zstd", once the body is complete. */
static void compress_body(lua_State *L, pl_script_user *su)
{
  if (lua_getfield(L, 3, "compress") != LUA_TNIL) {
    luaL_argcheck(L, !su->user->exchange.file, 3, "body_file is sent as it is: compress the file");
    pl_str name;
    pl_error err = {0};
    pl_buf packed;
    name.data = luaL_checklstring(L, -1, &name.len);
    enum pl_coding coding = pl_coding_of(name);
    drop_header(su, PL_STR("Content-Encoding"));
    pl_add_header(L, su, PL_STR("Content-Encoding"), pl_str_of(pl_coding_name(coding)));
    pl_buf_init(&packed, su->draft->body.alloc, su->draft->body.max);
    if (pl_coding_encode(coding, (pl_str){su->draft->body.data, su->draft->body.len}, su->cell->world->source->module_dir, &packed, &err)) {
      pl_buf_fini(&packed);
      pl_raise(L, "compress", &err);
    }
    pl_buf_fini(&su->draft->body);
    su->draft->body = packed;
  }
  lua_pop(L, 1);
}

/* ---- Authentication: the table at -1 --------------------------------------------------------------- */

static pl_credentials *need_credentials(lua_State *L, pl_script_user *su)
{
  const pl_allocator *a = su->cell->world->source->alloc;
  if (su->draft->credentials)
    return su->draft->credentials;
  su->draft->credentials = pl_alloc_zero(a, 1, sizeof *su->draft->credentials);
  if (!su->draft->credentials)
    luaL_error(L, "auth: out of memory");
  pl_buf_init(&su->draft->credentials->texts, a, 64 << 10);
  pl_buf_init(&su->draft->credentials->value, a, 64 << 10);
  return su->draft->credentials;
}

void pl_draft_init(pl_draft *d, const pl_allocator *a)
{
  pl_buf_init(&d->url, a, 64 << 10);
  pl_buf_init(&d->head, a, 256 << 10);
  pl_buf_init(&d->body, a, 64 << 20);
  pl_buf_init(&d->texts, a, 256 << 10);
}

void pl_draft_fini(pl_draft *d, const pl_allocator *a)
{
  pl_credentials *c = d->credentials;
  if (c) {
    pl_buf_fini(&c->texts);
    pl_buf_fini(&c->value);
  }
  pl_free(a, c, sizeof *c);
  pl_free(a, d->headers, d->headers_cap * sizeof *d->headers);
  pl_buf_fini(&d->url);
  pl_buf_fini(&d->head);
  pl_buf_fini(&d->body);
  pl_buf_fini(&d->texts);
}

/* auth = false: none, whatever the defaults say. */
static void option_auth(lua_State *L, pl_script_user *su)
{
  drop_header(su, PL_STR("Authorization"));
  su->draft->auth = NULL;
  if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
    return;
  luaL_argcheck(L, lua_istable(L, -1), 3, "auth is a table such as { bearer = token }, or false");
  pl_credentials *c = need_credentials(L, su);
  pl_read_auth(L, -1, &c->auth);
  if (pl_auth_keep(&c->auth, &c->texts))
    luaL_error(L, "auth: too long, or out of memory");
  su->draft->auth = &c->auth;
}

static void sign(lua_State *L, pl_script_user *su)
{
  pl_credentials *c = need_credentials(L, su);
  pl_header headers[PL_SIGNATURE_HEADERS];
  char hash[65];
  pl_str body = su->draft->parts.body;
  int64_t now_s = pl_wall(pl_worker_clock(su->user->worker)) / (int64_t)PL_S_NS;
  pl_sha256_hex(body.data ? body.data : "", body.len, hash);
  pl_str payload = su->draft->parts.file ? PL_STR("UNSIGNED-PAYLOAD") : pl_str_of(hash);
  int n = pl_auth_sign(su->draft->auth, &su->draft->parts, now_s, payload, &c->value, headers);
  if (n < 0)
    luaL_error(L, "auth: the request cannot be signed: it is too long, or out of memory");
  for (int i = 0; i < n; i++) {
    drop_header(su, headers[i].name);
    pl_add_header(L, su, headers[i].name, headers[i].value);
  }
  su->draft->parts.headers = su->draft->headers;
  su->draft->parts.n_headers = su->draft->n_headers;
}

void pl_authorize(lua_State *L, pl_script_user *su)
{
  const pl_auth *a = su->draft->auth;
  if (!a)
    return;
  if (a->kind == PL_AUTH_SIGV4) {
    sign(L, su);
  } else if (a->kind == PL_AUTH_DIGEST) {
    su->draft->parts.auth = a;
    su->user->exchange.digest = pl_user_digest(su->user);
  } else {
    pl_buf *value = &need_credentials(L, su)->value;
    pl_buf_clear(value);
    pl_str token = a->kind == PL_AUTH_OAUTH2 ? pl_user_bearer(su->user) : (pl_str){"", 0};
    if (pl_buf_add(value, token.data, token.len) || pl_auth_value(a, value))
      luaL_error(L, "auth: too long, or out of memory");
    su->draft->parts.authorization = (pl_str){value->data, value->len};
  }
}

/* ---- How the body goes out --------------------------------------------------------------------------- */

/* body_file = "upload.bin": read while it is sent, so its size costs no memory. */
static void option_body_file(lua_State *L, pl_script_user *su)
{
  pl_str path;
  luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 3, "body_file is the path of a file in the playbook's folder");
  path.data = lua_tolstring(L, -1, &path.len);
  su->user->exchange.file = pl_upload_find(L, su, path);
}

static void option_chunked(lua_State *L, pl_script_user *su)
{
  su->user->exchange.chunked = lua_toboolean(L, -1);
}

static void option_expect100(lua_State *L, pl_script_user *su)
{
  su->user->exchange.expect_continue = lua_toboolean(L, -1);
}

/* Those before OPTION_BYTES change nothing of what is sent. */
enum { OPTION_NAME, OPTION_TAGS, OPTION_TIMEOUT, OPTION_FOLLOW, OPTION_EXPECT, OPTION_BYTES };

static const option options[] = {
    {"name", NULL},          {"tags", NULL},        {"timeout", option_timeout}, {"follow", option_follow}, {"expect", option_expect},
    {"headers", NULL},       {"query", option_query}, {"form", option_form},     {"json", option_json},     {"body", option_body},
    {"body_file", option_body_file}, {"chunked", option_chunked}, {"expect100", option_expect100},
    {"auth", option_auth},   {"multipart", pl_option_multipart}, {"compress", NULL}, {"method", NULL}};

enum { OPTIONS = sizeof options / sizeof *options };
_Static_assert(sizeof options / sizeof *options <= PL_OPTIONS, "raise PL_OPTIONS");

void pl_open_options(lua_State *L, pl_cell *cell)
{
  for (int i = 0; i < OPTIONS; i++) {
    cell->options[i] = lua_pushstring(L, options[i].name);
    pl_cache_anchor(L, -1);
    lua_pop(L, 1);
  }
}

static int unknown_option(lua_State *L, pl_script_user *su, pl_str name)
{
  const char *names[OPTIONS + 1] = {NULL};
  for (int i = 0; i < OPTIONS; i++)
    names[i] = options[i].name;
  su->user->script_fault = true;
  pl_check_known(L, "unknown request option", name, names, NULL, NULL);
  return 0;
}

/* Which option the key at index is: short strings exist once in a state. Raises for one that is none. */
static int option_at(lua_State *L, pl_script_user *su, int index)
{
  pl_str name;
  luaL_argcheck(L, lua_type(L, index) == LUA_TSTRING, 3, "options have names");
  name.data = lua_tolstring(L, index, &name.len);
  for (int i = 0; i < OPTIONS; i++) {
    if (name.data == su->cell->options[i])
      return i;
  }
  return unknown_option(L, su, name);
}

/* Takes option i, whose value is on top. */
static void take_option(lua_State *L, pl_script_user *su, int i, pl_plain_options *out)
{
  if (i == OPTION_NAME)
    out->name.data = luaL_checklstring(L, -1, &out->name.len);
  else if (i == OPTION_TAGS)
    out->tags = true;
  else if (options[i].read)
    options[i].read(L, su);
}

bool pl_read_plain_options(lua_State *L, pl_script_user *su, pl_plain_options *out)
{
  luaL_checktype(L, 3, LUA_TTABLE);
  *out = (pl_plain_options){0};
  lua_pushnil(L);
  while (lua_next(L, 3)) {
    int i = option_at(L, su, -2);
    if (i >= OPTION_BYTES) {
      lua_pop(L, 2);
      return false;
    }
    take_option(L, su, i, out);
    lua_pop(L, 1);
  }
  return true;
}

void pl_read_options(lua_State *L, pl_script_user *su, pl_plain_options *out)
{
  luaL_checktype(L, 3, LUA_TTABLE);
  *out = (pl_plain_options){0};
  lua_pushnil(L);
  while (lua_next(L, 3)) {
    take_option(L, su, option_at(L, su, -2), out);
    lua_pop(L, 1);
  }
  if (su->user->exchange.file && su->draft->body.len)
    luaL_error(L, "a body comes from body_file or from another option, not from both");
  compress_body(L, su);
  read_headers(L, su);
}
