-- SPDX-License-Identifier: Apache-2.0
-- Routing and the operation of service lines, set while the hotline runs: JSON documents (src/app/routing.hpp), empty: as usual.

ALTER TABLE queue ADD COLUMN routing TEXT NOT NULL DEFAULT '';
ALTER TABLE service_line ADD COLUMN operation TEXT NOT NULL DEFAULT '';

CREATE TABLE routing_rules (
  only_row {{int}} NOT NULL PRIMARY KEY CHECK (only_row = 1),
  rules TEXT NOT NULL
) {{table}};

CREATE INDEX contact_line ON contact (service_line, started_at) WHERE service_line <> '';
