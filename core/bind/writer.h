/* Writing to the run's timeline: module perilune.core.writer, and pl_record's way in. */
#ifndef PL_BIND_WRITER_H
#define PL_BIND_WRITER_H

#include "bind/host.h"

enum { PL_WRITER_PENDING = 65536 }; /* most own samples that wait for the collector */

/* Sends one sample of source "script", now; before the run has begun it waits for that. Control thread; never waits itself:
 * PL_EAGAIN when PL_WRITER_PENDING wait. */
int pl_writer_sample(pl_host *host, const char *metric, double value, const pl_pair *labels, size_t n_labels,
                     pl_error *err) PL_MUSTCHECK;

/* Frees what waits for a run that never began. */
void pl_writer_forget_early(pl_host *host);

/* record(operation, fields [, durable]) -> row id | nil, err   waits; durable: until it is on disk
 * sample(metric, value [, labels])      -> true | nil, err     does not wait
 * sync()                                -> true | nil, err     waits until all before is on disk
 * unstored()                            -> rows that the file does not have [, why the last attempt to write failed]
 * reader()                              -> reader | nil, err   of this run's database
 * name_run(id)                                                 the run's id, known before it begins
 * set_run(row id)                       -> true | nil, err     the run that samples belong to, earlier ones too */
int pl_open_writer(lua_State *L);

#endif
