-- SPDX-License-Identifier: Apache-2.0
-- Work orders found by what is written in them (docs/adr/0030), who handles a department's part, how far an order was
-- escalated, and people's saved views. A line that begins with a store's name is that store's alone.

-- What search::index_text makes of an order's text. Written in the same transaction as the order.
{{only_sqlite}} CREATE VIRTUAL TABLE work_order_search USING fts5 (pairs, singles, tokenize = 'unicode61 remove_diacritics 0', columnsize = 0);
{{only_postgres}} CREATE TABLE work_order_search (order_id BIGINT NOT NULL PRIMARY KEY, terms TSVECTOR NOT NULL);
-- No pending list: it would be read through by every search, and emptied while somebody's order waits.
{{only_postgres}} CREATE INDEX work_order_search_terms ON work_order_search USING gin (terms) WITH (fastupdate = off);

-- Orders whose text is still to be indexed: those from before this migration, and all after `hotline migrate --reindex`.
CREATE TABLE work_order_to_index (order_id {{int}} NOT NULL PRIMARY KEY) {{table}};
INSERT INTO work_order_to_index (order_id) SELECT id FROM work_order;

-- 0: not escalated; 1 department head, 2 service supervisor, 3 general manager: the furthest of the running clocks.
ALTER TABLE work_order ADD COLUMN level {{int}} NOT NULL DEFAULT 0;
CREATE INDEX work_order_standing ON work_order (lead, type, level, due_ms, closed) WHERE closed = 0;

ALTER TABLE work_order_part ADD COLUMN handler_id {{int}};
CREATE INDEX work_order_part_handler ON work_order_part (handler_id, due_ms, order_id) WHERE done = 0;
CREATE INDEX work_order_part_newest ON work_order_part (department, order_id) WHERE done = 0;

-- settings: JSON, of the web application.
CREATE TABLE order_view (
  agent_id {{int}} NOT NULL,
  id {{bytes}} NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  PRIMARY KEY (agent_id, id)
) {{keyed}};
