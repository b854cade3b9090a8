// SPDX-License-Identifier: MIT
// What a second look has to be asked with besides its verdict and a folder of its own: the flags of the first run that
// choose service, models, requests and how they are asked. run.json keeps them (provenance.arguments).
#pragma once

#include <string>
#include <vector>

#include "benchmarks/suite/options.h"

namespace assay::suite {

struct GivenFlag {
  std::string name;                // without dashes
  std::vector<std::string> words;  // as on the command line, "--name=value" or "--name" and its values
};

// `given` without what belongs to one run alone (its folder, how often, what judges it), and as flags what `options`
// took from variables of the environment. Keys are no flags and never among them.
std::vector<std::string> FlagsToRepeat(const std::vector<GivenFlag>& given, const Options& options);

}  // namespace assay::suite
