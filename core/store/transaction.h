/* The write transaction: all rows that wait, or none of them. */
#ifndef PL_STORE_TRANSACTION_H
#define PL_STORE_TRANSACTION_H

#include "store/writer.h"

/* Prepares the statements of a store whose connection is open. */
int pl_transaction_prepare(pl_store *s, pl_error *err) PL_MUSTCHECK;
/* Finalizes them, before the connection is closed; also after a preparation that failed. */
void pl_transaction_release(pl_store *s);

/* Writes the samples and histograms that wait; they stay in memory. An SQLite code; nothing of it is in the database after an
 * error. A row that can never be written counts as lost. */
int pl_transaction_write(pl_store *s) PL_MUSTCHECK;

#endif
