/* What the parts of pl_gc share: its state, and the two kinds of data that it goes through. */
#ifndef PL_STORE_GC_H
#define PL_STORE_GC_H

#include "store/rewrite.h"
#include "store/rollup.h"
#include "store/store.h"

enum {
  PL_GC_UNITS = 256,       /* that are looked for at once */
  PL_GC_FEW = 128,         /* fewer samples than that stay: their periods, and those of sisters, would need more room */
  PL_GC_UNIT_MAX = 131072, /* samples of a unit; a chunk before and one behind may come to them */
  PL_GC_UNIT_OUT = 4096,   /* and that it makes of them, as far as time tells */
  PL_GC_WRITE_WORK = 16,   /* a sample that is written takes as long as so many that are read */
  PL_GC_OUT_MAX = 4 * PL_CHUNK_MAX,
};

/* A statement's condition that data of a run may be rolled up: no baseline is pinned to the run, and it has ended. */
#define PL_GC_MAY " run_id NOT IN (SELECT run_id FROM baselines) AND run_id NOT IN (SELECT id FROM runs WHERE state = 'running')"

/* A stage of keeping: what is older than before_ns becomes periods of these seconds; 0: goes. */
typedef struct pl_gc_stage {
  int64_t before_ns;
  int seconds;
} pl_gc_stage;

/* Records of a kind go with what ended before that. */
typedef struct pl_gc_rule {
  int64_t before_ns;
  enum pl_gc_record kind;
} pl_gc_rule;

/* What is done at a time: a few chunks of a series and run from at_ns on, the histograms of one period, or a record. */
typedef struct pl_gc_unit {
  int64_t series, run, at; /* ns of samples, ms of histograms; a record's id */
  int kind;                /* of samples whether the series is a counter; of histograms the resolution; of artifacts their bytes */
} pl_gc_unit;

/* The samples of one series that a unit ends with. */
typedef struct pl_gc_column {
  int64_t times_ns[PL_GC_OUT_MAX];
  double values[PL_GC_OUT_MAX];
  size_t n;
} pl_gc_column;

struct pl_gc {
  pl_store *store;
  pl_archive *archive;
  pl_rewriter *rewriter; /* the store's */
  bool dry;
  int phase;
  pl_gc_stage stages[3];
  pl_gc_rule rules[PL_GC_RECORDS];
  size_t n_stages, n_rules, stage; /* stage: of the phase's */
  pl_gc_unit units[PL_GC_UNITS];
  size_t n_units, next_unit; /* next: the first one that was not gone through yet */
  pl_gc_unit done;       /* the last unit that was done in this stage */
  bool begun;            /* there is one */
  bool alone;            /* chunks are gone through one by one: one that stands here cannot be read */
  int64_t looked;        /* the head's last batch when it was looked at for old samples */
  size_t work;           /* samples that this transaction has read, or what takes as long */
  pl_gc_counts counts;
  pl_gc_column columns[PL_PART_SISTERS];
  pl_hist hist;
  pl_buf bytes;
  int64_t unpacked_ms;   /* the last time of histograms of the unit's place that a chunk had */
  sqlite3_stmt *find_samples, *find_dists, *may, *mark, *drop_chunk, *put_sister, *link_sister;
  sqlite3_stmt *get_dists, *drop_dists, *drop_dist, *put_dist, *next_dist;
  sqlite3_stmt *find_records[PL_GC_RECORDS], *drop_records[PL_GC_RECORDS];
};

/* gc_samples.c, gc_dists.c, gc_records.c: looks for units behind `done` into `units`. Outside of a transaction: it may take as long as the file is
 * large. */
int pl_gc_find_samples(pl_gc *g, const pl_gc_stage *stage, pl_error *err) PL_MUSTCHECK;
int pl_gc_find_dists(pl_gc *g, const pl_gc_stage *stage, pl_error *err) PL_MUSTCHECK;
int pl_gc_find_records(pl_gc *g, const pl_gc_rule *rule, pl_error *err) PL_MUSTCHECK;

/* The stage before this one, whose data is still there when gc is dry and is not to be counted again; NULL: there is none, or it is gone. */
const pl_gc_stage *pl_gc_counted(const pl_gc *g);

/* The rows of a statement that looks for units, at most PL_GC_UNITS: the fields of a unit in their order. */
int pl_gc_take_units(pl_gc *g, sqlite3_stmt *stmt, pl_error *err) PL_MUSTCHECK;

/* Does one unit, inside a savepoint that is to be rolled back after an error, and says in `done` how far it went. PL_ECORRUPT,
 * PL_EVERSION: something there cannot be read. PL_EEXIST: a series of somebody else has the name of one that is to be made. */
int pl_gc_do_samples(pl_gc *g, const pl_gc_stage *stage, const pl_gc_unit *u, pl_error *err) PL_MUSTCHECK;
int pl_gc_do_dists(pl_gc *g, const pl_gc_stage *stage, const pl_gc_unit *u, pl_error *err) PL_MUSTCHECK;
int pl_gc_do_record(pl_gc *g, const pl_gc_rule *rule, const pl_gc_unit *u, pl_error *err) PL_MUSTCHECK;

#endif
