/* See sql_settings.h. */
#include "load/modules/sql_settings.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/modules/sql_values.h"

enum { DECODED_MAX = 4096 }; /* bytes of a part of the URL */

const pl_protocol_option pl_sql_parameters[] = {
    {"host", PL_TREE_NIL}, {"user", PL_TREE_NIL}, {"password", PL_TREE_NIL}, {"dbname", PL_TREE_NIL}, {"sslmode", PL_TREE_NIL},
    {"sslrootcert", PL_TREE_NIL}, {"sslcert", PL_TREE_NIL}, {"sslkey", PL_TREE_NIL}, {"sslpassword", PL_TREE_NIL}, {"sslcrl", PL_TREE_NIL},
    {"sslsni", PL_TREE_NIL}, {"ssl_min_protocol_version", PL_TREE_NIL}, {"ssl_max_protocol_version", PL_TREE_NIL}, {"channel_binding", PL_TREE_NIL},
    {"application_name", PL_TREE_NIL}, {"options", PL_TREE_NIL}, {"target_session_attrs", PL_TREE_NIL}, {0}};

static const char *parameter_named(pl_str name)
{
  const pl_protocol_option *p = pl_sql_parameters;
  while (p->name && !pl_str_eqc(name, p->name))
    p++;
  return p->name;
}

/* The last one counts. */
static int set(pl_sql_settings *s, const char *keyword, pl_str value, pl_error *err)
{
  size_t i = 0;
  if (value.len && memchr(value.data, '\0', value.len))
    return pl_fail(err, PL_EINVAL, "sql: %s holds a NUL", keyword);
  char *text = pl_sql_cstr(&s->arena, value);
  if (!text)
    return pl_fail(err, PL_ENOMEM, "sql: %s is too long, or out of memory", keyword);
  while (i < s->n && strcmp(s->keywords[i], keyword) != 0)
    i++;
  s->keywords[i] = keyword;
  s->values[i] = text;
  s->n += i == s->n;
  return PL_OK;
}

static const char *value_of(const pl_sql_settings *s, const char *keyword)
{
  for (size_t i = 0; i < s->n; i++) {
    if (strcmp(s->keywords[i], keyword) == 0)
      return s->values[i];
  }
  return "";
}

static int set_decoded(pl_sql_settings *s, const char *keyword, pl_str value, pl_error *err)
{
  pl_buf text;
  pl_buf_init(&text, s->arena.alloc, DECODED_MAX);
  int code = pl_url_decode(&text, value);
  if (code == PL_ELIMIT)
    code = pl_fail(err, PL_EINVAL, "sql: %s is longer than %d bytes", keyword, DECODED_MAX);
  else
    code = code ? pl_fail(err, code, "sql: out of memory for %s", keyword) : set(s, keyword, (pl_str){text.data, text.len}, err);
  pl_buf_fini(&text);
  return code;
}

static int set_named(pl_sql_settings *s, pl_str name, pl_str value, bool decode, pl_error *err)
{
  const char *keyword = parameter_named(name);
  if (!keyword)
    return pl_fail(err, PL_EINVAL, "sql: unknown parameter \"%.*s\"; there are host, user, password, dbname, sslmode, sslrootcert, "
                   "sslcert, sslkey, application_name, options and others of libpq", (int)name.len, name.data);
  return decode ? set_decoded(s, keyword, value, err) : set(s, keyword, value, err);
}

/* "user:password@host:port/dbname?sslmode=require" */
static int read_url(pl_sql_settings *s, const pl_url *url, pl_error *err)
{
  char port[8];
  pl_str password = url->user, user = pl_str_cut(&password, ':');
  pl_str query = url->target, path = pl_str_cut(&query, '?');
  (void)snprintf(port, sizeof port, "%u", url->port);
  int code = set_decoded(s, "host", url->host, err);
  if (!code)
    code = set(s, "port", pl_str_of(port), err);
  if (!code && user.len)
    code = set_decoded(s, "user", user, err);
  if (!code && password.len)
    code = set_decoded(s, "password", password, err);
  if (!code && path.len > 1)
    code = set_decoded(s, "dbname", (pl_str){path.data + 1, path.len - 1}, err);
  while (query.len && !code) {
    pl_str value = pl_str_cut(&query, '&'), name = pl_str_cut(&value, '=');
    code = set_named(s, name, value, true, err);
  }
  return code;
}

static int read_options(pl_sql_settings *s, const pl_tree *options, pl_error *err)
{
  char scratch[32];
  int code = PL_OK;
  for (size_t i = 0; options && options->kind == PL_TREE_MAP && i < options->n && !code; i++) {
    const pl_tree *pair = &options->as.items[2 * i];
    pl_str value = pl_tree_as_text(&pair[1], scratch);
    if (pair[0].kind != PL_TREE_STRING || !value.data)
      return pl_fail(err, PL_EINVAL, "sql: options is a table { parameter = text }");
    code = set_named(s, pair[0].as.string, value, false, err);
  }
  return code;
}

/* What is not the script's to say. libpq must not print, nor ask another server for tickets while a worker waits. */
static int set_fixed(pl_sql_settings *s, pl_error *err)
{
  static const char *const fixed[][2] = {{"client_encoding", "UTF8"}, {"gssencmode", "disable"}, {"tcp_user_timeout", "10000"},
                                         {"passfile", "/nonexistent"}};
  int code = PL_OK;
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed && !code; i++)
    code = set(s, fixed[i][0], pl_str_of(fixed[i][1]), err);
  if (!code && !*value_of(s, "application_name"))
    code = set(s, "application_name", PL_STR("perilune"), err);
  if (!code && !*value_of(s, "sslmode"))
    code = set(s, "sslmode", PL_STR("prefer"), err);
  return code;
}

int pl_sql_settings_read(pl_sql_settings *s, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  pl_arena_init(&s->arena, a, 64 << 10);
  int code = read_url(s, url, err);
  if (!code)
    code = read_options(s, options, err);
  if (!code)
    code = set_fixed(s, err);
  if (code)
    return code;
  if (!*value_of(s, "user"))
    return pl_fail(err, PL_EINVAL, "sql: the user is missing; write postgresql://user:password@host/database");
  if (!*value_of(s, "dbname"))
    code = set(s, "dbname", pl_str_of(value_of(s, "user")), err);
  const char *host = value_of(s, "host");
  if (*host != '/')
    return code;
  int n = snprintf(s->socket_path, sizeof s->socket_path, "%s/.s.PGSQL.%s", host, value_of(s, "port"));
  return n < (int)sizeof s->socket_path ? code : pl_fail(err, PL_EINVAL, "sql: the path of the Unix socket is longer than 107 bytes");
}

void pl_sql_settings_free(pl_sql_settings *s)
{
  pl_arena_fini(&s->arena);
}

PGconn *pl_sql_settings_connect(pl_sql_settings *s, const char *address)
{
  s->keywords[s->n] = "hostaddr";
  s->values[s->n] = address;
  s->keywords[s->n + 1] = NULL;
  s->values[s->n + 1] = NULL;
  return PQconnectStartParams(s->keywords, s->values, 0);
}
