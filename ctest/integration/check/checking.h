// SPDX-License-Identifier: MIT
// Calls `assay check` and reads what it found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctest/integration/services/services.h"

namespace assay::integration {

inline constexpr const char* kSmallModel = "ember-mini-int8-cpu:1";

struct Found {
  std::string level;
  std::string id;
  std::string subject;
  std::string text;
  std::string next;
};

struct Checked {
  int exit_code = -1;
  bool ready = false;
  std::vector<Found> findings;

  // The first one with this id, about this model where one is named; fails the test when there is none.
  Found Of(const std::string& id, const std::string& subject = "") const;
  // "cli:ok service:ok ..." of the findings that are not ok, or "".
  std::string NotOk() const;
};

class CheckTest : public ServicesTest {
 protected:
  process::Completed Check(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {});
  // With --json.
  Checked Findings(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {});
};

}  // namespace assay::integration
