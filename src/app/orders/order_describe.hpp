// SPDX-License-Identifier: Apache-2.0
// The members of the work-order domain's values by name, for JSON. Included by order_text.cpp and by the API's bodies.
#pragma once

#include <boost/describe.hpp>

#include "domain/workorder/order.hpp"

namespace hotline::workorder {
BOOST_DESCRIBE_ENUM(Answer, none, satisfied, acceptable, unsatisfied, unreached)
BOOST_DESCRIBE_ENUM(PartState, asked, accepted, replied, released)
BOOST_DESCRIBE_ENUM(ClockPhase, idle, running, paused, done)
BOOST_DESCRIBE_ENUM(Action, create, dispatch, accept, reject, arbitrate, transfer, give_back, reply, solve, move, tell,
                    ask, inspect, report_up, assess, archive, reopen, merge, split, note, chase, hand_over, take_over,
                    wait, resume, ask_extension, approve_extension, refuse_extension, ask_closing, approve_closing,
                    refuse_closing, record_condition, co_reply, release, add_co_handler, set_fields, attach, warn,
                    escalate)
BOOST_DESCRIBE_STRUCT(Part, (), (department, lead, state, since, text, handler))
BOOST_DESCRIBE_STRUCT(Condition, (), (code, text, evidence, at, by))
BOOST_DESCRIBE_STRUCT(Extension, (), (clock, by, text, asked_by, at))
BOOST_DESCRIBE_STRUCT(Leave, (), (text, evidence, asked_by, asked_at, approved_by, approved_at))
BOOST_DESCRIBE_STRUCT(ClockState, (), (clock, phase, calendar, spent, since, limit, granted, warned, escalated, round))
BOOST_DESCRIBE_STRUCT(Opening, (),
                      (id, type, title, text, urgent, owner, customer, contact, person, phone, partner,
                       partner_reference, fields, state))
BOOST_DESCRIBE_STRUCT(Event, (),
                      (seq, at, by, partner, kind, step, state, closed, text, lead, departments, fields, channel,
                       answer, passed, asked_enough, condition, evidence, agent, order, clock, duration, number, level,
                       until, clocks, opening))
BOOST_DESCRIBE_STRUCT(Order, (),
                      (id, type, title, text, urgent, state, closed, created_by, owner, offered_to, customer, contact,
                       person, phone, partner, partner_reference, fields, created_at, changed_at, closed_at, lead,
                       parts, result, result_at, told_at, asked_at, answer, asks, last_ask_at, reopened, returned,
                       chased, extensions, unsatisfied, conditions, extension, leave, waiting_since, waiting_until,
                       merged_into, merged, clocks, version))
}  // namespace hotline::workorder
