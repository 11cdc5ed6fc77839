/* A watch of an objective for tests. */
#ifndef TEST_QUERY_WATCHED_H
#define TEST_QUERY_WATCHED_H

#include "query/watch.h"
#include "support/failing.h"

/* Fails where the text is no objective. */
static inline pl_watch *watch(const char *text)
{
  pl_objective *o;
  pl_watch *w;
  pl_error err = {0};
  if (pl_objective_parse(&pl_alloc_default, pl_str_of(text), &o, &err) || pl_watch_new(&pl_alloc_default, o, NULL, &w, &err))
    fail_msg("%s", err.message);
  return w;
}

#endif
