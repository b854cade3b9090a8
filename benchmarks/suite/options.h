// SPDX-License-Identifier: MIT
// The command line of assay-bench and the workshop's environment variables: a flag beats a variable, a variable beats a
// default. Parsing only: nothing is opened here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/state_folder.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/http/transport.h"
#include "fixtures/session/session.h"
#include "fixtures/session/warmup.h"

namespace assay::suite {

struct Options {
  bool help = false;
  bool version = false;
  bool list_only = false;  // --benchmark_list_tests, --dry-run: find, resolve, list, measure nothing
  bool skip_without_service = false;
  bool allow_failed_cases = false;
  bool check = false;  // look whether the machine is ready instead of measuring
  bool json = false;   // with check: findings as JSON

  session::ServiceChoice service = session::ServiceChoice::kAuto;
  std::optional<std::string> endpoint;
  std::optional<std::string> api_key;
  std::optional<std::string> ca_file;       // certificates for https
  std::string foundry_program = "foundry";  // looked up on PATH
  std::optional<std::string> scenario;      // pacing and faults of the embedded service; how cases are asked: `request`
  std::string played_scenario;  // `scenario`, or without it what an embedded service takes from ASSAY_SCENARIO
  bool unmanaged = false;
  bool probe = true;  // whether models obey their sampling parameters, before they are measured
  std::filesystem::path state_folder;
  std::vector<std::filesystem::path> more_state_folders;  // looked at for services that were left behind
  base::Nanoseconds start_deadline = std::chrono::seconds(60);
  base::Nanoseconds drain_deadline = std::chrono::seconds(60);
  base::Nanoseconds keep_warm_after = std::chrono::seconds(30);
  http::Timeouts timeouts;

  std::optional<std::string> models;  // file or comma list; absent = every model of the embedded service
  std::vector<std::string> devices;   // pins; several = several variants of an alias
  std::vector<std::string> variants;  // ids or globs over ids
  bool download = false;
  std::int64_t min_free_disk_bytes = 15'000'000'000;
  std::optional<std::filesystem::path> prompts;  // absent = the suite that comes with Assay
  std::optional<std::string> prompt_text;        // one prompt instead of a file
  catalogue::RequestOptions request;
  std::string filter;  // of case ids, as Google Benchmark reads it
  std::int64_t repetitions = 10;
  bool repetitions_stated = false;  // by a flag
  // --repetitions=auto: cases that are settled are asked no more, and `repetitions` is the most of any.
  bool in_rounds = false;
  std::vector<std::filesystem::path> baselines;  // with rounds: what the cases are judged by meanwhile
  std::optional<std::filesystem::path> policy;   // with rounds
  std::optional<std::filesystem::path> confirm;  // a verdict: measure again what it is not sure of
  std::int64_t seed = 1;                         // of the order
  session::WarmupLimits warmup;
  // Power of the machine while it works, as its owner states it: where no counter can be read, the energy of a request
  // is estimated as watts x seconds.
  std::optional<double> stated_watts;
  bool self_measurement = true;  // our own overhead, before the first case
  bool anchors = true;           // a yardstick of the machine, asked between rounds
  std::filesystem::path run_directory;

  struct Pair {
    std::string base;
    std::string head;
  };
  std::optional<Pair> pair;              // two sides measured in turns, as stated: pair_options.h reads them
  std::optional<std::int64_t> restarts;  // blocks, what is measured started anew before each but the first

  std::optional<std::filesystem::path> benchmark_out;
  std::string benchmark_format;              // empty = our own summary; json, csv or console
  std::vector<std::string> benchmark_flags;  // handed on

  std::optional<std::vector<std::string>> repeated;  // what a second look is asked with: FlagsToRepeat
};

// kUsage with what was wanted, found and what to do. `args` without the program's name.
base::Result<Options> ParseOptions(const std::vector<std::string>& args, const Environment& environment);

std::string HelpText();

}  // namespace assay::suite
