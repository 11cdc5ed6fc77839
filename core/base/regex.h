/* Regular expressions in the syntax of RE2, matched whole, in time linear in text and expression.
 *
 * Known: literals, . (any character, line ends included), [abc] [^a-z] [[:alpha:]], \d \w \s \D \W \S (ASCII), \b \B, \A \z ^ $,
 * x* x+ x? x{n,m} and their lazy forms, (x) (?:x) (?P<name>x) (?<name>x) (?i) (?i:x) (?s) (ASCII folds case), x|y, \n \t \x41 \x{263a} ...
 * Not known, and refused: \p{...}, \Q...\E, \C, flags m and U. Characters are UTF-8. */
#ifndef PL_BASE_REGEX_H
#define PL_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "perilune/error.h"

enum { PL_REGEX_GROUPS = 32 }; /* at most, the whole match included */

/* Holds its working memory: one match at a time. */
typedef struct pl_regex pl_regex;

/* Compiles a pattern, which outlives it, into the arena. PL_EPARSE with *why and *at, the place in the pattern; PL_ELIMIT for one that is too large (more
 * than 1,000 repetitions, 10,000 steps, 32 groups), with *why; PL_ENOMEM. */
int pl_regex_compile(pl_arena *arena, pl_str pattern, pl_regex **out, const char **why, size_t *at) PL_MUSTCHECK;

/* Whether the whole text matches. groups: NULL, or room for PL_REGEX_GROUPS; those that took no part have data NULL, 0 is the text. */
bool pl_regex_matches(pl_regex *r, pl_str text, pl_str *groups);

/* The number of the group of this name or number; -1: there is none. */
int pl_regex_group(const pl_regex *r, pl_str name);

/* Writes a template to out: $name, $1 and ${name} are the groups of the last match, nothing where there is none; $$ is $. Returns its
 * length; out NULL: only that. */
size_t pl_regex_expand(const pl_regex *r, pl_str text, const pl_str *groups, char *out);

#endif
