-- SPDX-License-Identifier: Apache-2.0
-- Appointments (docs/adr/0028): crews with their windows, and the visits promised in them.

CREATE TABLE crew (
  id {{int}} NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  department TEXT NOT NULL,
  utc_offset_min {{int}} NOT NULL
) {{table}};

CREATE TABLE crew_can (
  crew_id {{int}} NOT NULL REFERENCES crew (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('area', 'skill')),
  code {{bytes}} NOT NULL,
  PRIMARY KEY (crew_id, kind, code)
) {{keyed}};

-- kind 'week': day 0 Monday to 6 Sunday; 'date': days since 1970, instead of the week's. A date without windows has one
-- row with from_min = to_min = 0.
CREATE TABLE crew_window (
  crew_id {{int}} NOT NULL REFERENCES crew (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('week', 'date')),
  day {{int}} NOT NULL,
  from_min {{int}} NOT NULL,
  to_min {{int}} NOT NULL,
  capacity {{int}} NOT NULL,
  PRIMARY KEY (crew_id, kind, day, from_min)
) {{keyed}};

-- crew_id, day, from_min, begins_ms, ends_ms: of the present visit. takes: it uses room of that slot. due_ms: when time
-- next has something to say, 9007199254740991 for never; leased_ms: until then that is somebody's.
CREATE TABLE appointment (
  id {{int}} NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  area TEXT NOT NULL,
  skills TEXT NOT NULL,
  order_id {{int}},
  customer_id {{int}},
  contact_id {{int}},
  person TEXT NOT NULL,
  phone TEXT NOT NULL,
  place TEXT NOT NULL,
  note TEXT NOT NULL,
  made_by {{int}} NOT NULL,
  crew_id {{int}} NOT NULL,
  day {{int}} NOT NULL,
  from_min {{int}} NOT NULL,
  begins_ms {{int}} NOT NULL,
  ends_ms {{int}} NOT NULL,
  takes {{flag}} NOT NULL,
  held_until_ms {{int}},
  reminded {{flag}} NOT NULL,
  overrun_told {{flag}} NOT NULL,
  created_ms {{int}} NOT NULL,
  changed_ms {{int}} NOT NULL,
  due_ms {{int}} NOT NULL,
  leased_ms {{int}} NOT NULL,
  version {{int}} NOT NULL
) {{table}};
CREATE INDEX appointment_slot ON appointment (day, crew_id, from_min);
CREATE INDEX appointment_due ON appointment (due_ms, id) WHERE due_ms < 9007199254740991;
CREATE INDEX appointment_order ON appointment (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX appointment_customer ON appointment (customer_id, id) WHERE customer_id IS NOT NULL;

CREATE TABLE appointment_visit (
  appointment_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  crew_id {{int}} NOT NULL,
  day {{int}} NOT NULL,
  from_min {{int}} NOT NULL,
  begins_ms {{int}} NOT NULL,
  ends_ms {{int}} NOT NULL,
  outcome TEXT NOT NULL,
  arrived_ms {{int}},
  settled_ms {{int}},
  PRIMARY KEY (appointment_id, seq)
) {{keyed}};
CREATE INDEX appointment_visit_settled ON appointment_visit (settled_ms, crew_id) WHERE settled_ms IS NOT NULL;

CREATE TABLE appointment_event (
  appointment_id {{int}} NOT NULL,
  seq {{int}} NOT NULL,
  at_ms {{int}} NOT NULL,
  kind TEXT NOT NULL,
  side TEXT NOT NULL,
  text TEXT NOT NULL,
  by_agent {{int}} NOT NULL,
  PRIMARY KEY (appointment_id, seq)
) {{keyed}};

CREATE TABLE appointment_command (
  id {{bytes}} NOT NULL PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  appointment_id {{int}} NOT NULL,
  at_ms {{int}} NOT NULL
) {{keyed}};
