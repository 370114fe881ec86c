-- The schema registry. {salt} is the database schema's name.

-- Texts are compared byte by byte (collation "C"), as Go compares strings.

-- One row for each schema text there is. What an id means never changes.
create table {salt}.schemas (
	id      bigint primary key,
	sha256  bytea not null unique check (octet_length(sha256) = 32), -- of the text
	meaning text  not null, -- Salt's hash of what it says: equal for equal schemas in other words
	text    text  not null
);

create table {salt}.versions (
	topic         text collate "C" not null,
	version       text collate "C" not null,
	number        integer     not null, -- in the order of registration, from 1
	parts         integer[]   not null, -- in version order, see order.go
	mode          text        not null,
	doc           text        not null,
	exchange      text        not null,
	package       text        not null,
	type          text        not null,
	source        text        not null,
	schema_id     bigint      not null references {salt}.schemas,
	response_id   bigint      references {salt}.schemas,
	error_id      bigint      references {salt}.schemas,
	registered_at timestamptz not null,
	registered_by text        not null,
	deprecated    text        not null default '',
	primary key (topic, version),
	unique (topic, number),
	unique (topic, parts) -- v2 and v2.0 are one place
);

-- What was set; the topic '' is the whole registry.
create table {salt}.policies (
	topic         text collate "C" primary key,
	compatibility text not null,
	readers       text not null,
	owner         text not null
);

create table {salt}.participants (
	topic      text collate "C" not null,
	role       text collate "C" not null,
	service    text collate "C" not null,
	host       text collate "C" not null,
	handler    text collate "C" not null,
	version    text collate "C" not null,
	type       text        not null,
	source     text        not null,
	language   text        not null,
	first_seen timestamptz not null,
	last_seen  timestamptz not null,
	primary key (topic, role, service, host, handler, version)
) with (fillfactor = 80); -- last_seen is updated in place

create table {salt}.history (
	seq     bigint primary key,
	at      timestamptz not null,
	by      text not null,
	kind    text not null,
	topic   text collate "C" not null,
	version text not null,
	detail  text not null
);

create index history_topic on {salt}.history (topic, seq);

create function {salt}.never() returns trigger language plpgsql as $$
begin
	raise exception '% on %.% is refused: it only grows', tg_op, tg_table_schema, tg_table_name;
end
$$;

create trigger only_grows before update or delete or truncate on {salt}.history
	for each statement execute function {salt}.never();

create trigger only_grows before update or delete or truncate on {salt}.schemas
	for each statement execute function {salt}.never();
