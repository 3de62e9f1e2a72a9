-- SPDX-License-Identifier: Apache-2.0
-- A department's inbox, newest first: without it all of its thousands of orders are read and sorted for a page of fifty.

CREATE INDEX work_order_part_newest ON work_order_part (department, order_id) WHERE done = 0;
