/* Products and orders, in SQLite. */
#ifndef SHOP_CATALOGUE_H
#define SHOP_CATALOGUE_H

#include <stddef.h>

enum { CATALOGUE_PRODUCTS = 2000 };

typedef struct catalogue catalogue;

/* path: a file, or NULL for memory. On failure NULL, with the reason in why. */
catalogue *catalogue_open(const char *path, char *why, size_t size);
void catalogue_close(catalogue *c);

/* Each gives JSON in memory of malloc, or NULL when there is no such thing. */
char *catalogue_page(catalogue *c, int page);          /* 20 products */
char *catalogue_product(catalogue *c, int id);
char *catalogue_search(catalogue *c, const char *text); /* dear: reads every description */
char *catalogue_order(catalogue *c, int product);       /* writes */

#endif
