-- SPDX-License-Identifier: Apache-2.0
-- Command ids are forgotten after a time: found by their age.

CREATE INDEX work_order_command_at ON work_order_command (at_ms);
