// SPDX-License-Identifier: MIT
#include "benchmarks/suite/repeat_flags.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace assay::suite {
namespace {

// A verdict says how often its cases are asked again, and where it lies only who hands it in.
constexpr std::string_view kOfOneRun[] = {"run",   "repetitions", "baselines", "policy",  "confirm",  "dry-run",
                                          "check", "json",        "help",      "version", "download", "min-free-disk"};

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace

std::vector<std::string> FlagsToRepeat(const std::vector<GivenFlag>& given, const Options& options) {
  std::vector<std::string> flags;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(given, name, &GivenFlag::name) != given.end();
  };
  for (const GivenFlag& one : given) {
    if (std::ranges::find(kOfOneRun, one.name) != std::end(kOfOneRun)) continue;
    flags.insert(flags.end(), one.words.begin(), one.words.end());
  }
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!has(name)) flags.push_back("--" + name + "=" + value);
  };
  if (options.endpoint) add("endpoint", *options.endpoint);
  if (options.models) add("models", *options.models);
  if (options.prompt_text) add("prompt", *options.prompt_text);
  if (options.request.max_tokens) add("max-tokens", std::to_string(*options.request.max_tokens));
  if (options.request.temperature != Options().request.temperature) {
    add("temperature", Number(options.request.temperature));
  }
  if (!options.request.stream) add("stream", "off");
  if (!options.filter.empty()) flags.push_back("--benchmark_filter=" + options.filter);
  return flags;
}

}  // namespace assay::suite
