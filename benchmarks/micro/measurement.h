// SPDX-License-Identifier: MIT
// How far off our stamps are and what they cost: our client and the floor client against the embedded service, in turns
// within one run, because a machine is never as quiet a minute later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/base/result.h"
#include "fixtures/run/json.h"

namespace assay::micro {

struct Plan {
  std::filesystem::path service;  // foundry-embedded
  std::int64_t rounds = 16;       // each has turns of both clients; which one is first alternates
};

// One line of the table.
struct Figure {
  std::string name;
  std::string_view unit;
  std::optional<double> floor;
  std::optional<double> ours;
  std::optional<double> limit;  // of ours / floor; absent where there is no target
  bool higher_is_better = false;
  std::size_t values = 0;  // per client

  std::optional<double> ratio() const;
  // Absent without a target or without enough values.
  std::optional<bool> met() const;
};

// The groups of figures, in the order of the table.
struct Group {
  std::string_view name;
  std::string_view title;
  base::Result<std::vector<Figure>> (*measure)(const Plan& plan);
};
const std::vector<Group>& AllGroups();

std::string FiguresTable(const std::vector<Figure>& figures);
run::Json FiguresJson(const std::vector<Figure>& figures, const Plan& plan);

}  // namespace assay::micro
