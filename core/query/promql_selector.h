/* Selectors of PromQL and lists of labels: the part of the grammar that stands on words alone. */
#ifndef PL_QUERY_PROMQL_SELECTOR_H
#define PL_QUERY_PROMQL_SELECTOR_H

#include "query/promql_lexer.h"
#include "query/promql_tree.h"

/* name{...}: reads what stands behind the name; without a name (empty) the present word is the brace. at: where it begins in the text. Errors of pl_promql_parse. */
int pl_promql_selector(pl_words *w, pl_str name, size_t at, pl_node **out) PL_MUSTCHECK;

/* ( label, label ), perhaps none. Errors of pl_promql_parse. */
int pl_promql_labels(pl_words *w, pl_label_list *out) PL_MUSTCHECK;

#endif
