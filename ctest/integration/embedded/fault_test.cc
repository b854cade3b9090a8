// SPDX-License-Identifier: MIT
// Every fault that the service plays, in every generation. The table of faults decides what is tried: a fault without a
// check fails here.
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include "ctest/integration/embedded/fault_checks.h"

namespace assay::embedded {
namespace {

using namespace testing_support;

std::map<FaultKind, FaultCheck> Checks() {
  std::map<FaultKind, FaultCheck> checks = AnswerFaultChecks();
  checks.merge(ServiceFaultChecks());
  return checks;
}

std::vector<std::string> FaultsOfTheService() {
  std::vector<std::string> names;
  for (const FaultInfo& info : Faults()) {
    if (info.layer != FaultLayer::kCommand) names.emplace_back(info.name);
  }
  return names;
}

class ServiceFault : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(ServiceFault, ShowsAsThePageSays) {
  const auto& [name, generation] = GetParam();
  const auto checks = Checks();
  const auto check = std::find_if(checks.begin(), checks.end(), [wanted = std::string_view(name)](const auto& each) {
    return InfoOf(each.first).name == wanted;
  });
  ASSERT_NE(check, checks.end()) << "no check for " << name;
  check->second(ParseDialect(generation));
}

INSTANTIATE_TEST_SUITE_P(Table, ServiceFault,
                         testing::Combine(testing::ValuesIn(FaultsOfTheService()),
                                          testing::Values("g1", "g2", "g3", "plain")),
                         [](const auto& row) { return std::get<0>(row.param) + "_" + std::get<1>(row.param); });

}  // namespace
}  // namespace assay::embedded
