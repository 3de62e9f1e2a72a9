-- SPDX-License-Identifier: Apache-2.0
-- A whole name is found at once, however many customers there are and however few have it.

CREATE INDEX customer_name ON customer (name_folded, id);
