/* See lexer.h. */
#include "query/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int pl_lexer_fail(const pl_lexer *l, pl_error *err, const char *format, ...)
{
  char what[200];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(what, sizeof what, format, args);
  va_end(args);
  size_t column = l->token.at + 1;
  return pl_fail(err, PL_EPARSE, "\"%.*s\", column %zu: %s", (int)(l->text.len < 160 ? l->text.len : 160), l->text.data ? l->text.data : "",
                 column, what);
}

static size_t name_length(pl_str s)
{
  size_t n = 0;
  while (n < s.len && (pl_begins_name(s.data[n]) || pl_is_digit(s.data[n])))
    n++;
  /* p99.9 */
  if (s.data[0] == 'p' && n > 1 && pl_is_digit(s.data[1]) && n + 1 < s.len && s.data[n] == '.' && pl_is_digit(s.data[n + 1])) {
    n++;
    while (n < s.len && pl_is_digit(s.data[n]))
      n++;
  }
  return n;
}

/* A number and everything up to white space or a closing sign. */
static size_t value_length(pl_str s)
{
  size_t n = 0;
  while (n < s.len && !strchr(" \t\r\n,(){}<>=!", s.data[n]))
    n++;
  return n;
}

static size_t sign_length(pl_str s)
{
  static const char *const signs[] = {"!=", "<=", ">=", "==", "=~", "!~", "(", ")", "{", "}", ",", "=", "<", ">", NULL};
  for (const char *const *sign = signs; *sign; sign++) {
    if (pl_str_starts(s, pl_str_of(*sign)))
      return strlen(*sign);
  }
  return 0;
}

int pl_lexer_next(pl_lexer *l, pl_error *err)
{
  while (l->at < l->text.len && strchr(" \t\r\n", l->text.data[l->at]))
    l->at++;
  pl_str rest = {l->text.data + l->at, l->text.len - l->at};
  pl_token t = {.at = l->at};
  size_t skip = 0;
  if (rest.len == 0) {
    t.kind = PL_TOKEN_END;
  } else if (pl_begins_name(rest.data[0])) {
    t.kind = PL_TOKEN_NAME;
    t.text = (pl_str){rest.data, name_length(rest)};
  } else if (pl_is_digit(rest.data[0]) || rest.data[0] == '-' || rest.data[0] == '.') {
    t.kind = PL_TOKEN_VALUE;
    t.text = (pl_str){rest.data, value_length(rest)};
  } else if (rest.data[0] == '"' || rest.data[0] == '\'') {
    const char *end = rest.len > 1 ? memchr(rest.data + 1, rest.data[0], rest.len - 1) : NULL;
    l->token = t;
    if (!end)
      return pl_lexer_fail(l, err, "the string is not closed");
    t.kind = PL_TOKEN_STRING;
    t.text = (pl_str){rest.data + 1, (size_t)(end - rest.data) - 1};
    skip = 2;
  } else {
    t.kind = PL_TOKEN_SIGN;
    t.text = (pl_str){rest.data, sign_length(rest)};
    l->token = t;
    if (t.text.len == 0)
      return pl_lexer_fail(l, err, "'%c' has no meaning here", rest.data[0]);
  }
  l->token = t;
  l->at += t.text.len + skip;
  return PL_OK;
}

int pl_lexer_init(pl_lexer *l, pl_str text, pl_error *err)
{
  *l = (pl_lexer){.text = text};
  return pl_lexer_next(l, err);
}

bool pl_token_is(const pl_token *t, const char *text)
{
  return (t->kind == PL_TOKEN_NAME || t->kind == PL_TOKEN_SIGN) && pl_str_eqc(t->text, text);
}
