-- SPDX-License-Identifier: Apache-2.0
-- The SIP account of an agent's phone: the realm, and H(number:realm:password) in both algorithms of RFC 8760. The password itself
-- is stored nowhere. Empty: the agent has none.

ALTER TABLE agent ADD COLUMN sip_realm TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN sip_ha1_md5 TEXT NOT NULL DEFAULT '';
ALTER TABLE agent ADD COLUMN sip_ha1_sha256 TEXT NOT NULL DEFAULT '';
