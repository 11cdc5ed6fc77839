/* Words of the query languages: names, numbers with their units, strings, signs. */
#ifndef PL_QUERY_LEXER_H
#define PL_QUERY_LEXER_H

#include <stdbool.h>

#include "base/str.h"
#include "perilune/error.h"

/* 0 to 9, in any locale. */
static inline bool pl_is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Whether the name of a metric may begin so; behind that it may hold digits, too. */
static inline bool pl_begins_name(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

enum pl_token_kind {
  PL_TOKEN_END,
  PL_TOKEN_NAME,   /* [a-zA-Z_:][a-zA-Z0-9_:]*, also p99.9 */
  PL_TOKEN_VALUE,  /* a number and what follows it: 250ms, 5%, 480/s */
  PL_TOKEN_STRING, /* in ' or ", without them; no escapes */
  PL_TOKEN_SIGN,   /* ( ) { } , = != < <= > >= == =~ !~ */
};

typedef struct pl_token {
  enum pl_token_kind kind;
  pl_str text;
  size_t at; /* offset in the text */
} pl_token;

typedef struct pl_lexer {
  pl_str text;
  size_t at;
  pl_token token; /* the present one */
} pl_lexer;

/* Reads the first token. PL_EPARSE for a character that begins none. */
int pl_lexer_init(pl_lexer *l, pl_str text, pl_error *err) PL_MUSTCHECK;
/* Goes to the next token; likewise. */
int pl_lexer_next(pl_lexer *l, pl_error *err) PL_MUSTCHECK;

bool pl_token_is(const pl_token *t, const char *text); /* a NAME or SIGN of that text */

/* PL_EPARSE with the text, the column and what was expected. */
int pl_lexer_fail(const pl_lexer *l, pl_error *err, const char *format, ...) PL_PRINTF(3, 4);

#endif
