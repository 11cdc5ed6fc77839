/* A list with room for as many requests as there are connections. */
#include "ingest/pages.h"

int pl_pages_init(pl_pages *p, const pl_allocator *a, size_t most)
{
  *p = (pl_pages){.list = pl_alloc_zero(a, most, sizeof *p->list), .most = most};
  return p->list ? PL_OK : PL_ENOMEM;
}

void pl_pages_fini(pl_pages *p, const pl_allocator *a)
{
  pl_free(a, p->list, p->most * sizeof *p->list);
  *p = (pl_pages){.list = NULL};
}

bool pl_pages_are_asked(const pl_http_request *r)
{
  return pl_str_eqc(r->method, "GET") || pl_str_eqc(r->method, "HEAD");
}

bool pl_pages_put(pl_pages *p, pl_http_request *r)
{
  for (size_t i = 0; i < p->most; i++) {
    if (p->list[i].number)
      continue;
    p->list[i] = (pl_page){.request = r, .number = ++p->n};
    return true;
  }
  return false;
}

const pl_page *pl_pages_next(pl_pages *p)
{
  pl_page *oldest = NULL;
  for (size_t i = 0; i < p->most; i++) {
    pl_page *page = &p->list[i];
    if (page->number && !page->given && (!oldest || page->number < oldest->number))
      oldest = page;
  }
  if (oldest)
    oldest->given = true;
  return oldest;
}

pl_http_request *pl_pages_take(pl_pages *p, uint64_t number)
{
  for (size_t i = 0; number && i < p->most; i++) {
    if (p->list[i].number != number)
      continue;
    p->list[i].number = 0;
    return p->list[i].request;
  }
  return NULL;
}
