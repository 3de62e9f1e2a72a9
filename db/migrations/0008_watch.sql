-- SPDX-License-Identifier: Apache-2.0
-- The watchdog's differences (ADR 22), the recording ledger by day (ADR 23), and what the wallboard warns of.

CREATE TABLE difference (
  id {{serial}},
  at_ms {{int}} NOT NULL,
  kind TEXT NOT NULL,
  node TEXT NOT NULL,
  contact_id {{int}} NOT NULL,
  leg_id {{int}} NOT NULL,
  agent_id {{int}} NOT NULL,
  phone TEXT NOT NULL,
  cause TEXT NOT NULL,
  repair TEXT NOT NULL
) {{table}};
CREATE INDEX difference_at ON difference (at_ms, id);

CREATE TABLE ledger_day (
  day {{bytes}} NOT NULL PRIMARY KEY,
  reconciled_at {{int}} NOT NULL,
  calls {{int}} NOT NULL,
  complete {{int}} NOT NULL,
  due_ms {{int}} NOT NULL,
  recorded_ms {{int}} NOT NULL,
  paused_ms {{int}} NOT NULL
) {{keyed}};

CREATE TABLE ledger_gap (
  day {{bytes}} NOT NULL,
  contact_id {{int}} NOT NULL,
  from_ms {{int}} NOT NULL,
  to_ms {{int}} NOT NULL,
  cause TEXT NOT NULL,
  PRIMARY KEY (day, from_ms, contact_id)
) {{keyed}};

-- One JSON document (src/app/wallboard_settings.hpp); no row: as usual.
CREATE TABLE wallboard_settings (
  only_row {{int}} NOT NULL PRIMARY KEY CHECK (only_row = 1),
  settings TEXT NOT NULL
) {{table}};
