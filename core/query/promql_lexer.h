/* Words of PromQL: names, numbers, durations, strings, signs. */
#ifndef PL_QUERY_PROMQL_LEXER_H
#define PL_QUERY_PROMQL_LEXER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "perilune/error.h"

enum pl_word_kind {
  PL_WORD_END,
  PL_WORD_NAME,     /* [a-zA-Z_:][a-zA-Z0-9_:]* */
  PL_WORD_NUMBER,   /* 1, .5, 1e3, 0x1f; value says it */
  PL_WORD_DURATION, /* 1h30m, 500ms; value in seconds */
  PL_WORD_STRING,   /* text is what it stands for, escapes read */
  PL_WORD_SIGN,     /* text is the sign */
};

typedef struct pl_word {
  enum pl_word_kind kind;
  pl_str text;  /* as written, but for a STRING */
  double value;
  size_t at;    /* where it begins in the text */
} pl_word;

typedef struct pl_words {
  pl_str text;
  size_t at;
  pl_word word;    /* the present one */
  pl_arena *arena; /* of strings */
  pl_error *err;   /* where each failure is told */
} pl_words;

/* Goes to the next word, at first to the first one. PL_EPARSE for what is no word; PL_ELIMIT for want of room. */
int pl_words_next(pl_words *w) PL_MUSTCHECK;
/* Goes over a sign or name that must stand here. PL_EPARSE where it does not, and as pl_words_next. */
int pl_words_expect(pl_words *w, const char *sign) PL_MUSTCHECK;
/* Whether the present word is this name, in any case, or sign. */
bool pl_words_is(const pl_words *w, const char *text);

/* Fails with a message, the column of the place `at`, the line around it and a caret below it. */
int pl_words_fail(pl_str text, size_t at, int code, pl_error *err, const char *format, ...) PL_PRINTF(5, 6);
/* The same of these words; PL_EPARSE at the present one. */
#define PL_WORDS_FAIL_AT(w, at, code, ...) pl_words_fail((w)->text, (at), (code), (w)->err, __VA_ARGS__)
#define PL_WORDS_FAIL(w, ...) PL_WORDS_FAIL_AT(w, (w)->word.at, PL_EPARSE, __VA_ARGS__)
/* PL_EPARSE: what was expected in place of the present word. */
int pl_words_unexpected(const pl_words *w, const char *expected);
/* What the arena refused last: PL_ENOMEM or PL_ELIMIT. */
int pl_words_no_memory(const pl_words *w);
/* What a message shows of a text: as much as leaves room for the place. */
pl_str pl_words_cut(pl_str text);

#endif
