/* Feeders: rows of test data out of a file of any size, in constant memory. What a feeder is never changes once it is open (but for
 * the counter of PL_FEED_QUEUE), so that all workers read the same one; each has readers of its own. */
#ifndef PL_LOAD_FEEDER_H
#define PL_LOAD_FEEDER_H

#include <stdatomic.h>

#include "format/rows.h"

/* Which row an iteration gets. All but the queue's are a function of the iteration's number, whoever runs it. */
enum pl_feed_order {
  PL_FEED_SEQUENTIAL, /* by the number of the iteration */
  PL_FEED_RANDOM,     /* any, drawn by its number */
  PL_FEED_SHUFFLED,   /* all in a drawn order, each pass through the rows in another */
  PL_FEED_QUEUE,      /* the next that nobody had, at each call */
  PL_FEED_UNIQUE,     /* one for each person */
};

/* What comes after the last row. */
enum pl_feed_end {
  PL_FEED_LOOP, /* the first one again */
  PL_FEED_STOP, /* none */
  PL_FEED_FAIL, /* none, and whoever asks for one is wrong */
};

enum { PL_FEEDER_ROW_MAX = 1 << 20 };

typedef struct pl_feeder_options {
  const pl_allocator *alloc;
  const char *name;      /* for messages: the file's */
  int fd;                /* taken, also on failure; -1: rows come from elsewhere, n_rows of them */
  uint64_t n_rows;
  pl_rows_syntax syntax;
  enum pl_feed_order order;
  enum pl_feed_end at_end;
  uint64_t key;          /* what random and shuffled orders are drawn from */
} pl_feeder_options;

typedef struct pl_feeder {
  pl_feeder_options o;
  char *name;
  pl_buf header;         /* CSV: the row with the names of its columns */
  uint32_t columns;
  uint64_t n_rows;
  uint64_t *marks;       /* where each stride-th row begins, the first at [0] */
  size_t n_marks, cap_marks;
  uint64_t stride;
  _Atomic uint64_t taken; /* PL_FEED_QUEUE */
} pl_feeder;

/* Reads the file once from begin to end and checks all of it. Errors name the file and the line: PL_EPARSE, PL_ELIMIT (a row longer
 * than PL_FEEDER_ROW_MAX), PL_EIO, PL_ENOMEM. Blocks. */
int pl_feeder_open(const pl_feeder_options *o, pl_feeder **out, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. No reader is left. */
void pl_feeder_free(pl_feeder *f);

/* The row of an iteration, from 0; false: all are used up. person: whose it is. Any thread. */
bool pl_feeder_pick(pl_feeder *f, uint64_t person, uint64_t iteration, uint64_t *row);

/* One thread's view of a feeder's file: a piece of it, and where the row after the last one lies. */
typedef struct pl_feeder_reader {
  const pl_feeder *feeder;
  pl_buf window;
  uint64_t window_at;    /* of the window in the file */
  bool window_last;      /* it goes to the file's end */
  uint64_t next, next_at; /* a row and where it begins */
} pl_feeder_reader;

/* A reader of f, which is borrowed; opens and reads nothing yet. */
void pl_feeder_reader_init(pl_feeder_reader *r, const pl_feeder *f);
/* Frees what it has read. Before its feeder is closed. */
void pl_feeder_reader_fini(pl_feeder_reader *r);
/* The text of a row, valid until the next call. Errors as of pl_feeder_open: the file has changed since. */
int pl_feeder_read(pl_feeder_reader *r, uint64_t row, pl_str *text, pl_error *err) PL_MUSTCHECK;

#endif
