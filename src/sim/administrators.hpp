// SPDX-License-Identifier: Apache-2.0
// Those who change the routing of a simulated hotline while it runs, and customers who ask on the web page to be
// called.
#pragma once

#include "sim/core_host.hpp"
#include "sim/script.hpp"

namespace hotline::sim {

class Administrators {
 public:
  Administrators(Timeline& time, const WorldScript& script);
  void begin(CoreHost& core);
  /// Nothing is changed and nobody asks any more.
  void stop() { stopped_ = true; }

 private:
  void plan_change();
  void plan_call_back();
  void change();
  void set_queue();
  void set_skills();
  void set_line();
  void cancel_call_back();

  Timeline& time_;
  const WorldScript& script_;
  CoreHost* core_ = nullptr;
  Stream chance_, customers_;
  bool stopped_ = false;
};

}  // namespace hotline::sim
