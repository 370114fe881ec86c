// Package postgres keeps Salt's schema registry in PostgreSQL 12 or newer, in a
// database with encoding UTF8. Importing it makes salt.OpenRegistry know
// postgres: and postgresql:.
//
// Everything lives in one database schema, "salt" unless [Options] say otherwise.
// The first call of a program makes or migrates its tables, under a lock, so any
// number of programs may start at once. A program refuses tables that a newer
// one has migrated. One that finds its tables up to date needs no other rights
// than to read them, to insert into all of them, and to update versions,
// policies and participants. The history and the schemas' texts only grow, which
// the database itself sees to.
package postgres
