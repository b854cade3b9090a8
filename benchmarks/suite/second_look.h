// SPDX-License-Identifier: MIT
// The second look of assay-bench --confirm: which cases `assay compare` asks to measure again, and the choice of them
// among the cases of this command line. Reads a file; measures nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/options.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/run/looks.h"
#include "fixtures/run/run_directory.h"

namespace assay::suite {

// "second_look" of what `assay compare --json FILE` wrote.
struct AskedLook {
  run::SecondLook look;
  std::int64_t repetitions = 0;                        // per case
  std::vector<std::filesystem::path> first_runs = {};  // where the verdict found them
  struct Pair {                                        // the sides as they were stated
    std::string base;
    std::string head;
  };
  std::optional<Pair> pair;  // absent: a verdict about runs and their baselines
};

// Absent: the file is a verdict that has nothing to confirm. kUsage when it is no verdict, kNotFound when it is not
// there.
base::Result<std::optional<AskedLook>> ReadAskedLook(const std::filesystem::path& verdict);

// kUsage when a look of a pair is to be taken without --pair, or one of a run with it: `as_pair` = --pair was given.
base::Status CheckKind(const AskedLook& asked, bool as_pair, const std::filesystem::path& verdict);

// kUsage when `directory` holds one of the runs that are to be confirmed: it would be replaced.
base::Status NotAFirstLook(const std::filesystem::path& directory, const run::SecondLook& look);

// Takes the cases of the look out of `cases`. What the look names of models that are none of `models` is left out of
// both: a verdict may be about several runs. Empty when that leaves nothing. kUsage when it names a case of one of
// `models` that `cases` does not have: then this command line does not ask what the first one asked.
base::Result<std::vector<run::PlannedCase>> CasesOfLook(std::vector<run::PlannedCase> cases,
                                                        const std::vector<catalogue::ResolvedModel>& models,
                                                        run::SecondLook& look);

// Of models that ran before this session: by chance of their start both looks may be slow alike.
run::Warning SameProcess(const std::vector<std::string>& variants);

}  // namespace assay::suite
