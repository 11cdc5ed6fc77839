/* What may stand behind an operand of PromQL: [5m], [1h:5m], offset 5m, @ 1700000000. */
#ifndef PL_QUERY_PROMQL_MODIFIERS_H
#define PL_QUERY_PROMQL_MODIFIERS_H

#include "query/promql_lexer.h"
#include "query/promql_tree.h"

/* Reads all modifiers, perhaps none, from the present word on. *n is what they follow, and becomes the subquery where they make it one.
 * bare: it has no parentheses of its own, so that a selector may be modified. Errors of pl_promql_parse. */
int pl_promql_modifiers(pl_words *w, bool bare, pl_node **n) PL_MUSTCHECK;

#endif
