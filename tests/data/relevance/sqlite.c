/* Inserts, indices, joins, sorting, patterns and a recursive query, in memory. */
#include "sqlite3.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 300000, JOINS = 60 };

static void
run(sqlite3 *db, const char *statement)
{
	char *error = NULL;
	if (sqlite3_exec(db, statement, NULL, NULL, &error) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", statement, error);
		exit(1);
	}
}

static void
insert(sqlite3 *db)
{
	sqlite3_stmt *statement;
	sqlite3_prepare_v2(db, "insert into a(k, t) values(?, ?)", -1, &statement, NULL);
	for (int i = 0; i < ROWS; i++) {
		char text[40];
		snprintf(text, sizeof text, "text %d of %d", i * 7919 % ROWS, i);
		sqlite3_bind_int(statement, 1, i * 31 % 1000);
		sqlite3_bind_text(statement, 2, text, -1, SQLITE_TRANSIENT);
		sqlite3_step(statement);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
}

int
main(void)
{
	sqlite3 *db;
	sqlite3_open(":memory:", &db);
	run(db, "create table a(id integer primary key, k int, t text);"
		"create table b(id integer primary key, k int, v real); begin");
	insert(db);
	run(db, "insert into b(k, v) select k, id * 1.5 from a where id % 3 = 0; commit;"
		"create index ia on a(k); create index ib on b(k)");
	for (int i = 0; i < JOINS; i++) {
		char query[200];
		snprintf(query, sizeof query,
		    "select count(*), sum(b.v) from a join b on a.k = b.k where a.k between %d and %d",
		    i * 10, i * 10 + 10);
		run(db, query);
	}
	run(db, "create table g as select k, count(*) c, group_concat(substr(t, 1, 3)) from a group by k "
		"order by c; update a set t = upper(t) where k % 7 = 1; delete from a where t like '%77%';"
		"with recursive f(x, y) as (select 1, 1 union all select x + 1, (y * 7 + x) % 1000003 from f "
		"where x < 200000) select max(y) from f");
	sqlite3_close(db);
	return 0;
}
