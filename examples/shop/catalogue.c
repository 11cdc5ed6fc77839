/* See catalogue.h. One thread uses it. */
#include "catalogue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS = 4, LIST_MAX = 20 };
enum { PAGE, PRODUCT, SEARCH, ORDER };

struct catalogue {
  sqlite3 *db;
  sqlite3_stmt *statements[STATEMENTS];
};

static const char *const queries[STATEMENTS] = {
    "SELECT id, name, cents FROM products ORDER BY id LIMIT 20 OFFSET ?1 * 20",
    "SELECT id, name, cents FROM products WHERE id = ?1",
    "SELECT id, name, cents FROM products WHERE description LIKE '%' || ?1 || '%' LIMIT 20",
    "INSERT INTO orders(product, at) VALUES((SELECT id FROM products WHERE id = ?1), strftime('%s')) RETURNING id, 'Lamp no. ' || product,"
    " (SELECT cents FROM products WHERE products.id = product)",
};

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS products(id INTEGER PRIMARY KEY, name TEXT, cents INTEGER, description TEXT);"
    "CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY, product INTEGER NOT NULL, at INTEGER);"
    "INSERT OR IGNORE INTO products WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " SELECT i, 'Lamp no. ' || i, 900 + i * 37 % 5000,"
    " 'A lamp of kind ' || (i * 7919 % 97) || ', shade ' || (i * 31 % 13) || ', for desk, shelf and window' FROM n;";

catalogue *catalogue_open(const char *path, char *why, size_t size)
{
  catalogue *c = calloc(1, sizeof *c);
  int code = c ? sqlite3_open(path ? path : ":memory:", &c->db) : SQLITE_NOMEM;
  if (code == SQLITE_OK)
    code = sqlite3_exec(c->db, schema, NULL, NULL, NULL);
  for (int i = 0; i < STATEMENTS && code == SQLITE_OK; i++)
    code = sqlite3_prepare_v2(c->db, queries[i], -1, &c->statements[i], NULL);
  if (code == SQLITE_OK)
    return c;
  snprintf(why, size, "%s", c && c->db ? sqlite3_errmsg(c->db) : "out of memory");
  catalogue_close(c);
  return NULL;
}

void catalogue_close(catalogue *c)
{
  if (!c)
    return;
  for (int i = 0; i < STATEMENTS; i++)
    sqlite3_finalize(c->statements[i]);
  sqlite3_close(c->db);
  free(c);
}

/* The rows of a statement as a JSON array, or (one) as its first object; NULL when it has no row. */
static char *rows(sqlite3_stmt *s, int one)
{
  char *text = NULL;
  size_t len = 0;
  int n = 0;
  FILE *out = open_memstream(&text, &len);
  if (!out)
    return NULL;
  fputs(one ? "" : "{\"items\":[", out);
  while (n < LIST_MAX && sqlite3_step(s) == SQLITE_ROW) {
    fprintf(out, "%s{\"id\":%d,\"name\":\"%s\",\"cents\":%d}", n++ ? "," : "", sqlite3_column_int(s, 0),
            (const char *)sqlite3_column_text(s, 1), sqlite3_column_int(s, 2));
  }
  fputs(one ? "" : "]}", out);
  sqlite3_reset(s);
  fclose(out);
  if (n || !one)
    return text;
  free(text);
  return NULL;
}

static char *by_number(catalogue *c, int which, int number, int one)
{
  sqlite3_bind_int(c->statements[which], 1, number);
  return rows(c->statements[which], one);
}

char *catalogue_page(catalogue *c, int page)
{
  return by_number(c, PAGE, page, 0);
}

char *catalogue_product(catalogue *c, int id)
{
  return by_number(c, PRODUCT, id, 1);
}

char *catalogue_order(catalogue *c, int product)
{
  return by_number(c, ORDER, product, 1);
}

char *catalogue_search(catalogue *c, const char *text)
{
  sqlite3_bind_text(c->statements[SEARCH], 1, text, -1, SQLITE_TRANSIENT);
  return rows(c->statements[SEARCH], 0);
}
