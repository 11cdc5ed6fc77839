/* See exemplar.h. */
#include "format/exemplar.h"

/* Whether a name is this one, whatever its case and what joins its words. */
static bool reads(pl_str name, const char *letters)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    if (c == '_' || c == '-' || c == '.')
      continue;
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != *letters)
      return false;
    letters++;
  }
  return !*letters;
}

enum pl_exemplar_id pl_exemplar_id_of(pl_str name)
{
  return reads(name, "traceid") ? PL_EXEMPLAR_TRACE : reads(name, "spanid") ? PL_EXEMPLAR_SPAN : PL_EXEMPLAR_NO_ID;
}

void pl_exemplar_find_ids(pl_exemplar *e)
{
  for (size_t i = 0; i < e->n_tags; i++) {
    enum pl_exemplar_id which = pl_exemplar_id_of(e->tags[i].name);
    if (which == PL_EXEMPLAR_TRACE)
      pl_trace_id_set(e->tags[i].value, 2 * PL_TRACE_ID, e->trace_id);
    else if (which == PL_EXEMPLAR_SPAN)
      pl_trace_id_set(e->tags[i].value, 2 * PL_SPAN_ID, e->span_id);
  }
}
