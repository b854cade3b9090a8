// SPDX-License-Identifier: MIT
#include "benchmarks/suite/benchmark_flags.h"

#include <utility>

#include "fixtures/base/text.h"

namespace assay::suite {
namespace {

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

}  // namespace

base::Result<std::vector<std::string>> TakeBenchmarkFlags(const std::vector<std::string>& args, Options& options,
                                                          std::optional<std::int64_t>& repetitions) {
  std::vector<std::string> rest;
  for (const std::string& arg : args) {
    if (!arg.starts_with("--benchmark_")) {
      rest.push_back(arg);
      continue;
    }
    const std::size_t equals = arg.find('=');
    const std::string name = arg.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : arg.substr(equals + 1);
    if (name == "--benchmark_filter") {
      options.filter = value;
    } else if (name == "--benchmark_list_tests") {
      if (!value.empty() && value != "true" && value != "1" && value != "false" && value != "0") {
        return Usage(name + " should be true or false, found '" + base::EscapeForTerminal(value) + "'");
      }
      options.list_only = value != "false" && value != "0";
    } else if (name == "--benchmark_repetitions") {
      repetitions = base::ParseInt(value);
      if (!repetitions) return Usage(name + " should be a whole number, found '" + value + "'");
    } else if (name == "--benchmark_out") {
      if (value.empty()) return Usage(name + " needs a file name");
      options.benchmark_out = value;
    } else if (name == "--benchmark_out_format") {
      if (value != "json")
        return Usage(name + "=" + value + ": the run is JSON; use `assay report --format=csv` for tables");
    } else if (name == "--benchmark_format") {
      if (value != "json" && value != "csv" && value != "console") {
        return Usage(name + " should be console, json or csv, found '" + value + "'");
      }
      options.benchmark_format = value;
    } else if (name == "--benchmark_enable_random_interleaving") {
      return Usage(name + " shuffles without a seed; repetitions are interleaved already, --seed=N chooses the order");
    } else if (name == "--benchmark_min_warmup_time") {
      return Usage(name + " would repeat requests that are recorded; --warmup-limit=N sets the warm-up of every case");
    } else if (name == "--benchmark_time_unit") {
      return Usage(name + ": real time is in milliseconds in every run, so that runs stay comparable");
    } else if (equals != std::string::npos && value.empty()) {
      return Usage(name + " needs a value");
    } else {
      options.benchmark_flags.push_back(arg);
    }
  }
  return rest;
}

}  // namespace assay::suite
