-- SPDX-License-Identifier: Apache-2.0
-- Work orders (docs/adr/0026, 0027): the row that is searched with its state as a JSON document, the history that is only
-- appended to, and what goes with them. Agents' and customers' ids are kept without foreign keys, as contacts' are.

CREATE TABLE department (
  code {{bytes}} NOT NULL PRIMARY KEY,
  parent {{bytes}} NOT NULL,
  name_en TEXT NOT NULL, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL,
  calendar TEXT NOT NULL,
  hotline {{flag}} NOT NULL
) {{keyed}};

CREATE TABLE department_member (
  department {{bytes}} NOT NULL REFERENCES department (code) ON DELETE CASCADE,
  agent_id {{int}} NOT NULL,
  member_as TEXT NOT NULL CHECK (member_as IN ('member', 'head', 'service_supervisor', 'general_manager')),
  place {{int}} NOT NULL,
  PRIMARY KEY (department, agent_id, member_as)
) {{keyed}};

CREATE TABLE calendar (
  code {{bytes}} NOT NULL PRIMARY KEY,
  utc_offset_min {{int}} NOT NULL
) {{keyed}};

-- One span of open time. kind 'week': day 0 Monday to 6 Sunday; 'date': days since 1970, instead of the week's. A date
-- without open time has one row with from_min = to_min = 0.
CREATE TABLE calendar_span (
  calendar {{bytes}} NOT NULL REFERENCES calendar (code) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('week', 'date')),
  day {{int}} NOT NULL,
  from_min {{int}} NOT NULL,
  to_min {{int}} NOT NULL,
  PRIMARY KEY (calendar, kind, day, from_min)
) {{keyed}};

-- due_ms: of the earliest clock's limit, 9007199254740991 when none runs. to_tell_ms: since when there is a result the customer
-- has not been told.
CREATE TABLE work_order (
  id {{int}} NOT NULL PRIMARY KEY,
  number {{bytes}} NOT NULL UNIQUE,
  type TEXT NOT NULL,
  state TEXT NOT NULL,
  title TEXT NOT NULL,
  closed {{flag}} NOT NULL,
  urgent {{flag}} NOT NULL,
  owner_id {{int}},
  customer_id {{int}},
  contact_id {{int}},
  phone TEXT NOT NULL,
  phone_reversed {{bytes}} NOT NULL,
  partner TEXT NOT NULL,
  lead TEXT NOT NULL,
  created_ms {{int}} NOT NULL,
  changed_ms {{int}} NOT NULL,
  closed_ms {{int}},
  due_ms {{int}} NOT NULL,
  to_tell_ms {{int}},
  merged_into {{int}},
  version {{int}} NOT NULL,
  hash TEXT NOT NULL,
  document TEXT NOT NULL
) {{table}};
CREATE INDEX work_order_owner ON work_order (owner_id, id) WHERE closed = 0;
CREATE INDEX work_order_to_tell ON work_order (owner_id, to_tell_ms) WHERE to_tell_ms IS NOT NULL;
CREATE INDEX work_order_customer ON work_order (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX work_order_contact ON work_order (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX work_order_phone ON work_order (phone_reversed) WHERE phone_reversed <> '';
CREATE INDEX work_order_type ON work_order (type, state, id);
CREATE INDEX work_order_open ON work_order (due_ms, id) WHERE closed = 0;

CREATE TABLE work_order_event (
  order_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  by_agent {{int}} NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (order_id, seq)
) {{keyed}};

-- Of open orders alone: the departments' inboxes.
CREATE TABLE work_order_part (
  order_id {{int}} NOT NULL,
  department {{bytes}} NOT NULL,
  lead {{flag}} NOT NULL,
  done {{flag}} NOT NULL,
  due_ms {{int}} NOT NULL,
  PRIMARY KEY (order_id, department)
) {{keyed}};
CREATE INDEX work_order_part_inbox ON work_order_part (department, due_ms, order_id) WHERE done = 0;

-- When time next has something to say about an order; leased_ms: until then it is somebody's.
CREATE TABLE work_order_deadline (
  order_id {{int}} NOT NULL PRIMARY KEY,
  due_ms {{int}} NOT NULL,
  leased_ms {{int}} NOT NULL
) {{table}};
CREATE INDEX work_order_deadline_due ON work_order_deadline (due_ms, order_id);

CREATE TABLE work_order_command (
  id {{bytes}} NOT NULL PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  order_id {{int}} NOT NULL,
  version {{int}} NOT NULL,
  at_ms {{int}} NOT NULL
) {{keyed}};

-- Orders of one prefix and day ("TS261123"), for their numbers.
CREATE TABLE work_order_count (
  prefix {{bytes}} NOT NULL PRIMARY KEY,
  last {{int}} NOT NULL
) {{keyed}};

CREATE TABLE work_order_attachment (
  id {{int}} NOT NULL PRIMARY KEY,
  order_id {{int}} NOT NULL,
  name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  path TEXT NOT NULL,
  bytes {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  by_agent {{int}} NOT NULL
) {{table}};
CREATE INDEX work_order_attachment_order ON work_order_attachment (order_id, id);

-- What is to leave the program, written with the change it is about. outside: for a partner, and to be delivered; the
-- rest is what people read.
CREATE TABLE outbox (
  id {{serial}},
  recipient {{bytes}} NOT NULL,
  kind TEXT NOT NULL,
  order_id {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  body TEXT NOT NULL,
  outside {{flag}} NOT NULL,
  tries {{int}} NOT NULL,
  next_try_ms {{int}} NOT NULL,
  done_ms {{int}}
) {{table}};
CREATE INDEX outbox_recipient ON outbox (recipient, id);
CREATE INDEX outbox_waiting ON outbox (next_try_ms, id) WHERE outside = 1 AND done_ms IS NULL;
