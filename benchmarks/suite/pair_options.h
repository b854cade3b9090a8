// SPDX-License-Identifier: MIT
// The two sides of --pair: each is the ordinary command line with what the side states itself. Opens nothing; looks
// whether a command that a side names is there.
#pragma once

#include <string>

#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/run/json.h"

namespace assay::suite {

struct PairSideOptions {
  std::string stated;      // as on the command line
  Options options;         // the ordinary ones with what is stated
  run::JsonObject fields;  // of every request, beyond the ordinary ones
};

struct PairOptions {
  PairSideOptions base;
  PairSideOptions head;
  // Both ask one service, of one session: neither side states a service, or both state the same one that runs once.
  bool one_service = false;
};

// `ordinary.pair` is there. kUsage with the side, what is wrong and what a side may state.
base::Result<PairOptions> ReadPairOptions(const Options& ordinary, const Environment& environment);

// "endpoint=URL (or just the URL), command=PATH, ...": what a side may state.
std::string PairSideHelp();

}  // namespace assay::suite
