/* Expected answers of plain bytes. */
#include "load/modules/expect.h"

#include <string.h>

#include "base/error.h"

void pl_expect_fini(pl_expect *e)
{
  if (e->has_expression)
    regfree(&e->compiled);
  e->has_expression = false;
}

/* Compiles an expression unless it is the one of the operation before. */
static int set_expression(pl_expect *e, pl_str text, const char *who, pl_error *err)
{
  char why[120];
  if (text.len > PL_EXPRESSION_MAX || memchr(text.data, '\0', text.len))
    return pl_fail(err, PL_EINVAL, "%s: a pattern is at most %d bytes, without NUL", who, PL_EXPRESSION_MAX);
  if (e->has_expression && pl_str_eqc(text, e->expression))
    return PL_OK;
  if (e->has_expression)
    regfree(&e->compiled);
  (void)pl_copy(e->expression, sizeof e->expression, text);
  int code = regcomp(&e->compiled, e->expression, REG_EXTENDED);
  e->has_expression = code == 0;
  if (code == 0)
    return PL_OK;
  (void)regerror(code, &e->compiled, why, sizeof why);
  return pl_fail(err, PL_EINVAL, "%s: pattern \"%s\": %s", who, e->expression, why);
}

static int set_bytes(pl_expect *e, const pl_tree *v, const char *who, pl_error *err)
{
  double n = v->kind == PL_TREE_INTEGER ? (double)v->as.integer : v->kind == PL_TREE_NUMBER ? v->as.number : 0;
  if (!(n >= 1 && n <= PL_EXPECT_MAX) || n != (double)(size_t)n)
    return pl_fail(err, PL_EINVAL, "%s: bytes is a whole number from 1 to %d", who, PL_EXPECT_MAX);
  e->kind = PL_EXPECT_BYTES;
  e->bytes = (size_t)n;
  return PL_OK;
}

static int set_delimiter(pl_expect *e, const pl_tree *v, const char *who, pl_error *err)
{
  if (v->kind != PL_TREE_STRING || !v->as.string.len || v->as.string.len > sizeof e->delimiter)
    return pl_fail(err, PL_EINVAL, "%s: a delimiter is a text of 1 to %zu bytes", who, sizeof e->delimiter);
  e->kind = PL_EXPECT_DELIMITER;
  e->delimiter_len = v->as.string.len;
  memcpy(e->delimiter, v->as.string.data, e->delimiter_len);
  return PL_OK;
}

static int set_pattern(pl_expect *e, const pl_tree *v, const char *who, pl_error *err)
{
  if (v->kind != PL_TREE_STRING || !v->as.string.len)
    return pl_fail(err, PL_EINVAL, "%s: a pattern is a text, a POSIX extended regular expression", who);
  e->kind = PL_EXPECT_PATTERN;
  return set_expression(e, v->as.string, who, err);
}

int pl_expect_set(pl_expect *e, const pl_tree *named, const char *who, pl_error *err)
{
  const pl_tree *bytes = pl_tree_get(named, "bytes"), *delimiter = pl_tree_get(named, "delimiter"), *pattern = pl_tree_get(named, "pattern"),
                *until_close = pl_tree_get(named, "until_close");
  bool closes = until_close && until_close->boolean;
  if (until_close && until_close->kind != PL_TREE_BOOLEAN)
    return pl_fail(err, PL_EINVAL, "%s: until_close is true or false", who);
  if ((bytes != NULL) + (delimiter != NULL) + (pattern != NULL) + closes > 1)
    return pl_fail(err, PL_EINVAL, "%s: bytes, delimiter, pattern and until_close exclude each other", who);
  e->kind = closes ? PL_EXPECT_CLOSE : PL_EXPECT_ANY;
  if (bytes)
    return set_bytes(e, bytes, who, err);
  if (delimiter)
    return set_delimiter(e, delimiter, who, err);
  return pattern ? set_pattern(e, pattern, who, err) : PL_OK;
}

size_t pl_expect_end(const pl_expect *e, pl_buf *received, size_t *value_len)
{
  const char *found;
  regmatch_t match;
  switch (e->kind) {
  case PL_EXPECT_ANY:
    return *value_len = received->len;
  case PL_EXPECT_BYTES:
    *value_len = e->bytes;
    return received->len >= e->bytes ? e->bytes : 0;
  case PL_EXPECT_DELIMITER:
    found = received->len ? memmem(received->data, received->len, e->delimiter, e->delimiter_len) : NULL;
    *value_len = found ? (size_t)(found - received->data) : 0;
    return found ? *value_len + e->delimiter_len : 0;
  case PL_EXPECT_PATTERN:
    found = pl_buf_cstr(received); /* POSIX expressions see what is before the first NUL */
    if (!found || regexec(&e->compiled, found, 1, &match, 0) != 0)
      return 0;
    return *value_len = (size_t)match.rm_eo;
  case PL_EXPECT_CLOSE:
    break;
  }
  return 0;
}
