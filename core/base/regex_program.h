/* What a regular expression is compiled to, the steps of an automaton, and the characters that both sides know. For regex.c and its
 * parser alone. */
#ifndef PL_BASE_REGEX_PROGRAM_H
#define PL_BASE_REGEX_PROGRAM_H

#include <stdint.h>

#include "base/regex.h"

enum pl_regex_kind {
  PL_STEP_RUNE,    /* reads this character, */
  PL_STEP_SET,     /* or one of these, and goes on to the step behind */
  PL_STEP_SPLIT,   /* goes two ways */
  PL_STEP_JUMP,
  PL_STEP_SAVE,    /* notes the place where a group begins or ends */
  PL_STEP_BEGIN,   /* these go on only at such a place */
  PL_STEP_END,
  PL_STEP_WORD,
  PL_STEP_NO_WORD,
  PL_STEP_MATCH,   /* the last one */
};

typedef struct pl_regex_range {
  uint32_t lo, hi; /* both inclusive */
  struct pl_regex_range *next;
} pl_regex_range;

typedef struct pl_regex_set {
  pl_regex_range *ranges;
  bool negated;
} pl_regex_set;

/* Targets are relative to the step itself: a part is moved and copied as a block. */
typedef struct pl_regex_step {
  enum pl_regex_kind kind;
  uint32_t rune;    /* RUNE; SAVE: the slot, twice the group's number, one more for its end */
  int first, other; /* SPLIT and JUMP: where to go, the better way first */
  bool folds;       /* RUNE: a letter of either case */
  const pl_regex_set *set;
} pl_regex_step;

typedef struct pl_regex_program {
  pl_regex_step *steps;
  int n_steps;
  unsigned n_groups;               /* with the whole match, which has no steps */
  pl_str names[PL_REGEX_GROUPS];   /* pieces of the pattern; empty: none */
} pl_regex_program;

/* Compiles a pattern, which outlives it, into the arena; errors as pl_regex_compile. */
int pl_regex_parse(pl_arena *arena, pl_str pattern, pl_regex_program *out, const char **why, size_t *at) PL_MUSTCHECK;

/* Reads the character at *p < end; a byte that is no UTF-8 counts as one, U+FFFD. */
uint32_t pl_regex_rune(const char **p, const char *end);
/* The small one of an ASCII letter. */
uint32_t pl_regex_fold(uint32_t c);
/* Whether \w has it. */
bool pl_regex_is_word(uint32_t c);

#endif
